"""The provider's events: signed or refused, however often and in whatever order they come: one effect, or none."""

import json
import threading
import time
import uuid

import pytest

from support.stripe_event import deliver, signature


@pytest.fixture
def paid(shop, customer):
    """(order, payment) of a confirmed order."""
    return shop.buy(customer)


@pytest.fixture
def events_of(database):
    """The events the provider sent about a payment, oldest first: (type, payload as it came, signature)."""
    def find(payment_id, kind="payment_intent.succeeded"):
        return database("billing", "SELECT type, payload, signature FROM webhook_event WHERE payload LIKE %s AND type = %s ORDER BY received_at",
                        (f"%{payment_id}%", kind))
    return find


@pytest.fixture
def state(shop, customer, database):
    """Everything an event could have changed about an order."""
    def read(order_id):
        return {
            "order": customer.order(order_id)["status"],
            "schedule": [(row["number"], row["paid"], row["status"]) for row in customer.schedule(order_id)],
            "payments": [(each["id"], each["status"], each["refunded"]) for each in customer.api.pages("/v1/payments", {"order_id": order_id})],
            "postings": database("billing", "SELECT count(*), coalesce(sum(amount), 0) FROM posting WHERE order_id = %s", (order_id,)),
            "invoices": [(each["number"], each["paid"]) for each in shop.invoices(customer, order_id)],
            "receipts": sum(each["template"] == "receipt" for each in shop.notifications(customer)),
        }
    return read


@pytest.fixture
def at_rest(wait_until, database):
    """Waits until every event that mentions this has been acted on."""
    def wait(mentioned):
        undone = "SELECT count(*) FROM webhook_event WHERE verdict IS NULL AND payload LIKE %s"
        wait_until(lambda: database("billing", undone, (f"%{mentioned}%",)) == [(0,)], 20, "the events acted on")
    return wait


def test_delivered_again_as_it_was(stack, api, paid, events_of, state, at_rest):
    order, payment = paid
    before = state(order["id"])
    kind, payload, header = events_of(payment["id"])[0]
    for _ in range(3):
        assert deliver(api, None, payload.encode(), 200, header=header).json == {"received": True}
    at_rest(payment["id"])
    assert state(order["id"]) == before
    assert len(events_of(payment["id"])) == 1


def test_delivered_again_with_a_fresh_signature(stack, api, paid, events_of, state, at_rest):
    order, payment = paid
    before = state(order["id"])
    payload = events_of(payment["id"])[0][1].encode()
    deliver(api, stack.webhook_secret, payload, 200)
    at_rest(payment["id"])
    assert state(order["id"]) == before


def test_twenty_deliveries_at_once(stack, api, paid, events_of, state, at_rest):
    order, payment = paid
    before = state(order["id"])
    event = {**json.loads(events_of(payment["id"])[0][1]), "id": "evt_" + uuid.uuid4().hex}
    barrier, replies = threading.Barrier(20), []

    def run():
        barrier.wait()
        replies.append(deliver(api, stack.webhook_secret, event).status)
    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 20
    at_rest(payment["id"])
    assert state(order["id"]) == before


def test_the_same_news_under_another_event_id(stack, api, paid, events_of, state, at_rest):
    """Providers send the same fact twice under two ids; the payment is completed once."""
    order, payment = paid
    before = state(order["id"])
    event = {**json.loads(events_of(payment["id"])[0][1]), "id": "evt_" + uuid.uuid4().hex}
    deliver(api, stack.webhook_secret, event, 200)
    at_rest(payment["id"])
    assert state(order["id"]) == before


@pytest.mark.parametrize("kind", ["payment_intent.created", "payment_intent.processing", "payment_intent.payment_failed", "payment_intent.requires_action"])
def test_old_news_after_the_end(kind, stack, api, paid, events_of, state, at_rest):
    """Out of order: what was true earlier arrives last. A payment that succeeded stays so."""
    order, payment = paid
    before = state(order["id"])
    event = json.loads(events_of(payment["id"])[0][1])
    event.update(id="evt_" + uuid.uuid4().hex, type=kind, created=event["created"] - 60)
    event["data"]["object"]["status"] = {"payment_intent.processing": "processing", "payment_intent.requires_action": "requires_action"}.get(kind, "requires_payment_method")
    deliver(api, stack.webhook_secret, event, 200)
    at_rest(payment["id"])
    assert state(order["id"]) == before


def test_late_and_more_than_once(shop, customer, sandbox, state, at_rest):
    """The provider's event comes long after its answer, and three times: the order is confirmed once, when it comes."""
    sandbox.plan(webhook={"delay_ms": 1500, "copies": 3})
    order, payment = shop.buy(customer)
    at_rest(payment["id"])
    assert customer.payment(payment["id"])["status"] == "succeeded"
    after = state(order["id"])
    assert after["receipts"] <= 1
    assert sum(status == "succeeded" for _, status, _ in after["payments"]) == 1


def refused(reply, code):
    assert (reply.status, reply.code) == (400, code), reply


def test_bad_signatures(stack, api, paid, events_of, state, database):
    order, payment = paid
    before = state(order["id"])
    body = json.dumps({**json.loads(events_of(payment["id"])[0][1]), "id": "evt_" + uuid.uuid4().hex}).encode()
    secret, now = stack.webhook_secret, int(time.time())
    good = signature(secret, body)
    for header in (
        "",                                              # none at all
        signature("whsec_" + "x" * 32, body),            # another secret
        signature(secret, body + b" "),                  # of another body
        good.replace("v1=", "v0="),                      # of a scheme we do not take
        good[:-1], good + "0", "v1=" + good.split("v1=")[1], f"t={now}", "t=,v1=", "t=abc,v1=" + good.split("v1=")[1], ",,,", "v1", "t=1" * 200,
    ):
        refused(deliver(api, secret, body, header=header), "webhook_signature_invalid")
    assert database("billing", "SELECT count(*) FROM webhook_event WHERE event_id = %s", (json.loads(body)["id"],)) == [(0,)]
    assert state(order["id"]) == before


@pytest.mark.parametrize("away_s", [-86400, -301 - 5, 301 + 5, 86400])
def test_old_and_future_timestamps(away_s, stack, api, paid, events_of, database):
    event = {**json.loads(events_of(paid[1]["id"])[0][1]), "id": "evt_" + uuid.uuid4().hex}
    reply = deliver(api, stack.webhook_secret, event, timestamp=time.time() + away_s)
    refused(reply, "webhook_stale")
    assert database("billing", "SELECT count(*) FROM webhook_event WHERE event_id = %s", (event["id"],)) == [(0,)]


def test_one_of_two_signatures_is_enough(stack, api, paid, events_of):
    """As while a secret is being changed: two v1, one of them good."""
    body = events_of(paid[1]["id"])[0][1].encode()
    header = signature(stack.webhook_secret, body)
    deliver(api, None, body, 200, header=header.replace(",v1=", ",v1=" + "0" * 64 + ",v1="))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"id":7}', b'{"id":"evt_1","type":"payment_intent.succeeded"}',
                                  b'{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":null}}', b"\xff\xfe", b"[" * 5000])
def test_well_signed_nonsense(body, stack, api, database):
    reply = deliver(api, stack.webhook_secret, body)
    assert reply.status in (200, 400), reply
    if reply.status == 400:
        assert reply.code == "webhook_malformed", reply


def test_an_event_about_nothing_we_know(stack, api, at_rest, database):
    """A payment of some other system on the same provider account, or a type of event we do not use: taken, and left alone."""
    for kind in ("payment_intent.succeeded", "charge.refunded", "invoice.created"):
        event = {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": kind, "created": int(time.time()),
                 "data": {"object": {"id": "pi_" + uuid.uuid4().hex, "object": "payment_intent", "status": "succeeded", "amount": 100,
                                     "amount_received": 100, "currency": "usd", "metadata": {}}}}
        deliver(api, stack.webhook_secret, event, 200)
        at_rest(event["id"])
        assert database("billing", "SELECT verdict FROM webhook_event WHERE event_id = %s", (event["id"],)) == [("ignored",)]


def test_unknown_provider(api):
    assert api.request("POST", "/v1/webhooks/nobody", data=b"{}", content_type="application/json").status == 404
