"""What belongs to somebody else does not exist: whose the ids of a request are, the contract says (`x-owner`); here a customer sends another's, and ids
near them, in every place, and gets word for word what somebody gets who asks for what never was. Lists, cursors and Idempotency-Keys too."""

import base64
import json
import uuid

import pytest

from support.access import OPERATIONS, Request, request

OWNED = [(name, place) for name, rule in OPERATIONS.items() if rule.for_customers for place in rule.owned]
LISTS = [name for name, rule in OPERATIONS.items() if rule.is_list and name not in ("export_ledger", "verify_ledger")]   # these have no rows of anybody's
NAMES_MORE = {"set_cart_promotion"}
SAME = {("cart", "quote"), ("quote", "cart"), ("payment_method", "sepa_mandate")}   # a quote goes by its cart's id; a mandate is a payment method
NIL, LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.fixture(scope="module", autouse=True)
def nothing_happened(owner, stranger):
    owner.pay_once_more()
    stranger.pay_once_more()
    before = owner.state(), stranger.state()["customer"]
    yield
    assert (owner.state(), stranger.state()["customer"]) == before


def next_to(text, step):
    """A UUID right beside another, as ids made in a row are."""
    return str(uuid.UUID(int=(uuid.UUID(text).int + step) % 2 ** 128))


def told(reply, *ids):
    """All of an answer but what differs by nature: the trace, and the ids asked for."""
    text = reply.body.decode()
    for each in ids:
        text = text.replace(each, "<id>").replace(each.upper(), "<id>")
    document = json.loads(text)
    if isinstance(document, dict):
        document.pop("trace_id", None)
    headers = {name.lower(): value for name, value in reply.headers.items()
               if name.lower() not in ("date", "x-request-id", "content-length", "ratelimit-remaining", "ratelimit-reset")}
    return reply.status, document, headers


@pytest.mark.parametrize("name, place", OWNED)
def test_anothers_and_guessed_ids(name, place, owner, stranger):
    rule = OPERATIONS[name]
    kind = rule.owned[place]
    theirs = owner.things[kind]

    def ask(value):
        return stranger.api.request(**vars(request(rule, stranger.things, foreign={place: value})))
    if rule.method == "GET":
        own = ask(stranger.things[kind])
        is_json = own.headers["Content-Type"].startswith("application/json")
        assert own.status == 200 and own.body and not (is_json and own.json.get("data") == []), f"their own is there: {own}"
    reply, never = ask(theirs), ask(str(uuid.uuid4()))
    empty = reply.status == 200 and place.startswith("query:") and reply["data"] == [] and reply["next_cursor"] is None
    named = place.startswith("/payment_method") or name in NAMES_MORE   # what else the body names is looked for first
    assert empty or reply.status == (422 if named else 404), reply
    assert empty or named or reply.code == "not_found", reply
    assert not any(each in reply.body.decode() for each in (owner.customer.id, owner.customer.email) if each != theirs), reply
    guesses = {"a neighbour": next_to(theirs, 1), "another neighbour": next_to(theirs, -1), "nil": NIL, "the last": LAST, "in capitals": theirs.upper(),
               **{f"a {other}": value for other, value in owner.things.items() if other != kind and (kind, other) not in SAME},
               **{f"an own {other}": value for other, value in stranger.things.items() if other != kind and (kind, other) not in SAME}}
    expected = told(never) if place.startswith("query:") or place.startswith("/") else told(reply, theirs)
    beside = {stranger.things[each] for at, each in rule.owned.items() if at != place}   # ids that the answer may have because they are asked for in another place
    wrong = [f"{what}: {answer}" for what, value in guesses.items() if told(answer := ask(value), *{value} - beside) != expected]
    assert told(reply, theirs) == told(never), (reply, never)
    assert not wrong, f"unlike {expected}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, rule in OPERATIONS.items() if rule.for_customers and rule.method == "GET"])
def test_every_answer_is_about_whoever_asks(name, owner, stranger):
    """Nothing of the other customer in any answer, whatever the way it was asked for."""
    reply = stranger.api.request(**vars(request(OPERATIONS[name], stranger.things)))
    assert reply.status == 200, reply
    marks = [owner.customer.id, owner.customer.email, owner.customer.body["tax_id"], owner.bought[0]["id"], *(owner.things[kind] for kind in ("cart", "order", "payment"))]
    assert not [mark for mark in marks if mark.encode() in reply.body], reply


# ---- cursors

def encoded(*parts):
    return base64.urlsafe_b64encode("|".join(parts).encode()).rstrip(b"=").decode()


def rows(page):
    return [json.dumps(each, sort_keys=True) for each in page["data"]]


class Lists:
    """All lists as one caller sees them."""

    def __init__(self, api, things):
        self.api, self.things = api, things

    def ask(self, name, **query):
        asked = request(OPERATIONS[name], self.things)
        return self.api.request(asked.method, asked.path, query={**asked.query, **query})

    def all(self, name):
        asked = request(OPERATIONS[name], self.things)
        return rows({"data": list(self.api.pages(asked.path, {**asked.query, "limit": 100}))})

    def cursor(self, name):
        """None where there is no second page."""
        return self.ask(name, limit=1).json["next_cursor"]


@pytest.fixture(scope="module")
def lists(owner, stranger, staff):
    """name: (of the owner, of the stranger); of staff where customers have no such list."""
    as_staff = Lists(staff, {"customer": owner.customer.id, "order": owner.things["order"]})
    mine, other = Lists(owner.api, owner.things), Lists(stranger.api, stranger.things)
    return {name: (mine, other) if OPERATIONS[name].for_customers or OPERATIONS[name].public else (as_staff, as_staff) for name in LISTS}


@pytest.fixture(scope="module")
def cursors(lists):
    """A cursor of each list that has two pages, by (list, whose)."""
    found = {(name, whose): callers.cursor(name) for name, pair in lists.items() for whose, callers in zip(("owner", "stranger"), pair)}
    found = {key: value for key, value in found.items() if value}
    assert len({name for name, _ in found}) >= 6, f"too few lists have two pages: {found}"
    return found


def mutations(cursor):
    """The cursor with a bit changed here and there, cut, doubled, and given what no cursor has."""
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for at in range(0, len(raw), max(1, len(raw) // 6)):
        for bit in (0x01, 0x10, 0x80):
            changed = bytearray(raw)
            changed[at] ^= bit
            yield base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    yield from (cursor[:-1], cursor[:-4], cursor[1:], cursor + "A", cursor + "=", cursor + "====", cursor * 2, cursor + cursor[:4], cursor.swapcase(), " " + cursor, cursor + "\n")
    yield from (base64.urlsafe_b64encode(bytes(raw) + extra).rstrip(b"=").decode() for extra in (b"|", b"|x", b"\x00", b"\x00|x", b"'", b" OR 1=1", b"\xff", b"\xc3"))


MADE_UP = ["!", "====", "%", "%00", "../..", "a" * 512, "a" * 513, "a" * 1900, "null", "0", "-1", "{}", "[]", "eyJpZCI6MX0", "ñ", "\u0000", "'", "' OR '1'='1", "1;DROP TABLE sales_order",
           encoded("' OR 1=1 --"), encoded("x'; DROP TABLE payment; --"), encoded(NIL), encoded(LAST), encoded("infinity", LAST), encoded("-infinity", NIL),
           encoded("now", NIL), encoded("2026-13-45T00:00:00Z", NIL), encoded("9999-12-31T23:59:59.999999Z", LAST), encoded("0001-01-01T00:00:00Z", NIL),
           encoded("9223372036854775807"), encoded("9223372036854775808"), encoded("-9223372036854775808"), encoded("1e9"), encoded("0x10"), encoded("NaN"), encoded(""), encoded("|"),
           encoded("||||||"), encoded(NIL, ""), encoded(NIL, "x" * 300), encoded(NIL, "0.1e400"), encoded(NIL, "\u0000"), encoded(NIL, "%"), encoded(NIL, "NaN")]


@pytest.mark.parametrize("name", LISTS)
def test_cursors(name, lists, cursors):
    """A cursor is a place in a list and opens nothing: what is none is refused by name; whatever is taken for one shows rows of the asker's own list only."""
    mine, other = lists[name]
    own, wrong = mine.all(name), []
    attempts = {**{f"made up {text[:60]!r}": text for text in MADE_UP}, **{f"of {whose}'s {each}": text for (each, whose), text in cursors.items()}}
    attempts.update({f"changed {text[:60]!r}": text for text in mutations(cursors.get((name, "owner")) or encoded(NIL))})
    refused = 0
    for what, text in attempts.items():
        reply = mine.ask(name, cursor=text)
        if reply.status == 200:
            # Another's row, or one that is not in the list, is the failure; an own one may be there from any place on.
            if not OPERATIONS[name].public and not set(rows(reply)) <= set(own):
                wrong.append(f"{what}: rows that are not in the list: {reply}")
        elif reply.status not in (400, 414, 422) or reply.status == 422 and "query:cursor" not in reply.pointers:
            wrong.append(f"{what}: {reply}")
        else:
            refused += 1
    assert not wrong, "\n".join(wrong)
    assert refused > len(MADE_UP) / 2


@pytest.mark.parametrize("name", [name for name in LISTS if OPERATIONS[name].for_customers and OPERATIONS[name].owned])
def test_a_good_cursor_of_another_customers_list(name, lists, cursors, owner, stranger):
    """With the other's cursor and the other's ids: as without it."""
    mine, other = lists[name]
    text = cursors.get((name, "owner")) or encoded(NIL)
    as_other = Lists(stranger.api, mine.things).ask(name, cursor=text)
    assert as_other.status in (200, 404, 422), as_other
    assert as_other.status != 200 or as_other["data"] == [], as_other


# ---- Idempotency-Keys

KEYED = [name for name, rule in OPERATIONS.items() if rule.takes_key]


@pytest.mark.parametrize("name", [name for name in KEYED if OPERATIONS[name].for_customers])
def test_anothers_idempotency_key(name, shop, new_customer, api, staff):
    """A key is its owner's: the same key and the same words from somebody else are a request of their own."""
    rule, one, other = OPERATIONS[name], new_customer(), new_customer()
    product = shop.new_product()
    order = shop.order(one, product)
    things = {"cart": one.cart((product, 1))["id"], "order": order["id"], "product": product["id"], "offer": shop.offers(product)[0]["id"]}
    asked = request(rule, things)
    first = one.api.request(**vars(asked))
    again = one.api.request(**vars(asked))
    assert again.headers.get("Idempotent-Replayed") == "true" and again.body == first.body, (first, again)
    for caller in (other.api, staff, api):
        reply = caller.request(**vars(asked))
        assert "Idempotent-Replayed" not in reply.headers, reply
        assert first.status >= 400 or reply.status in (401, 403) or reply.body != first.body and one.id not in reply.body.decode(), reply


def test_an_anonymous_key_replays_nothing_to_whoever_knows_less(api):
    """Registering again with somebody's key but not their words tells nothing."""
    body = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "password": "una clave muy larga", "full_name": "Ana Cliente", "tax_id": "CC 1020304059"}
    key = str(uuid.uuid4())
    first = api.post("/v1/customers", body, key=key, expect=201)
    for change in ({"password": "otra clave muy larga"}, {"full_name": "Ana"}, {"tax_id": "CC 1020304058"}, {"email": f"{uuid.uuid4().hex[:12]}@example.com"}):
        reply = api.post("/v1/customers", {**body, **change}, key=key, expect=422)
        assert reply.code == "idempotency_key_reused" and first["id"] not in reply.body.decode()


def test_one_key_for_two_operations(customer, shop):
    """They are two requests."""
    key, product = str(uuid.uuid4()), shop.new_product()
    cart = customer.api.post("/v1/carts", {}, key=key, expect=201).json
    line = customer.api.post(f"/v1/carts/{cart['id']}/lines", {"product_id": product["id"], "quantity": 1}, key=key, expect=200)
    assert "Idempotent-Replayed" not in line.headers
