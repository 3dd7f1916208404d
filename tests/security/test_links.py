"""Payment links: whoever has one may pay that one order, until it ends. Made under a key of their own purpose; nothing else is one, and one is nothing else."""

import datetime
import time
import uuid

import pytest

from support import tokens

PURPOSE = "payment-link"


@pytest.fixture(scope="module")
def ends(shop):
    """A time ahead by the test clock, which may be years ahead."""
    moved = shop.today() - datetime.date.today()
    return int(time.time()) + (moved.days + 40) * 86400


@pytest.fixture(scope="module")
def payload(owner, ends):
    return {"order_id": owner.things["order"], "customer_id": owner.customer.id, "exp": ends}


def see(api, token):
    return api.get(f"/v1/payment-links/{token}")


def pay(api, token):
    return api.post(f"/v1/payment-links/{token}", {"payment_method": {"provider": "stripe", "token": "pm_card_visa"}}, key=True)


def test_the_right_one(api, secret, payload):
    reply = see(api, tokens.link_token(secret, PURPOSE, payload))
    assert reply.status == 200 and reply["order_id"] == payload["order_id"], reply


def forged(secret, payload, stranger):
    good = tokens.link_token(secret, PURPOSE, payload)
    text, mark = good.split(".")
    identity = tokens.identity(secret, "customer", payload["customer_id"], "customer")
    other = {**payload, "order_id": stranger.things["order"]}
    made = {
        "another secret": tokens.link_token("x" * 43, PURPOSE, payload),
        **{f"of the purpose {purpose!r}": tokens.link_token(secret, purpose, payload) for purpose in ("request", "password-reset", "unsubscribe", "", "payment-link ", "Payment-Link")},
        "the identity's key": tokens.part(payload) + "." + identity.rsplit(";", 1)[1],
        "another order put in": tokens.part(other) + "." + mark, "a later end put in": tokens.part({**payload, "exp": payload["exp"] + 1}) + "." + mark,
        "the other's order, signed": tokens.link_token(secret, PURPOSE, other), "the other customer, signed": tokens.link_token(secret, PURPOSE, {**payload, "customer_id": stranger.customer.id}),
        "an order that never was": tokens.link_token(secret, PURPOSE, {**payload, "order_id": str(uuid.uuid4())}),
        "no end": tokens.link_token(secret, PURPOSE, {name: value for name, value in payload.items() if name != "exp"}),
        "an end as text": tokens.link_token(secret, PURPOSE, {**payload, "exp": str(payload["exp"])}), "a negative end": tokens.link_token(secret, PURPOSE, {**payload, "exp": -1}),
        "an end that overflows": tokens.link_token(secret, PURPOSE, {**payload, "exp": 2 ** 62}), "an end beyond numbers": tokens.link_token(secret, PURPOSE, {**payload, "exp": 1e300}),
        "no customer": tokens.link_token(secret, PURPOSE, {"order_id": payload["order_id"], "exp": payload["exp"]}),
        "ids that are none": tokens.link_token(secret, PURPOSE, {**payload, "order_id": "' OR 1=1 --"}), "a list": tokens.link_token(secret, PURPOSE, [payload]),
        "no JSON": tokens.link_token(secret, PURPOSE, b"order"), "bytes": tokens.link_token(secret, PURPOSE, b"\xff" * 40), "empty": tokens.link_token(secret, PURPOSE, b""),
        "no mark": text + ".", "no text": "." + mark, "no dot": text + mark, "twice": good + "." + mark, "half": good[:-10], "longer": good + "AA", "padded": good + "=", "in capitals": good.upper(),
    }
    for at in (0, len(text) // 2, len(text) + 1, len(good) - 2):
        made[f"flipped at {at}"] = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1:]
    return made


def test_anything_else(api, secret, payload, owner, stranger):
    before, wrong = owner.state(), []
    never = see(api, "x" * 40)
    for what, token in forged(secret, payload, stranger).items():
        signed = "signed" in what or "never was" in what   # only we could have made it: it may say a little more
        for reply in (see(api, token), pay(api, token)):
            if (reply.status, reply.code) != (404, "not_found") or not signed and {**reply.json, "trace_id": 0} != {**never.json, "trace_id": 0}:
                wrong.append(f"{what}: {reply}")
    assert not wrong, "\n".join(wrong)
    assert owner.state() == before


def test_after_its_end(api, secret, payload, owner):
    before = owner.state()
    for end in (0, 1, int(time.time()) - 10):
        token = tokens.link_token(secret, PURPOSE, {**payload, "exp": end})
        assert (see(api, token).code, pay(api, token).code) == ("payment_link_expired", "payment_link_expired")
    assert owner.state() == before


def test_a_link_is_no_token_and_a_token_no_link(api, owner, secret, payload):
    link = tokens.link_token(secret, PURPOSE, payload)
    assert api.get(f"/v1/orders/{payload['order_id']}", token=link).status == 401
    assert api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": link[:200]}).status == 401
    token = owner.customer.token
    for text in (token, ".".join(token.split(".")[:2]), ".".join(token.split(".")[1:])):
        assert see(api, text).status == 404


def test_what_a_link_shows(api, secret, payload, owner):
    """What is owed, and nothing about who owes it."""
    text = see(api, tokens.link_token(secret, PURPOSE, payload)).body.decode()
    assert not [each for each in (owner.customer.id, owner.customer.email, owner.customer.body["full_name"], owner.customer.body["tax_id"]) if each in text]
