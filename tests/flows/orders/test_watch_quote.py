"""What is told of quotes: events in their order, each once; drafts are in nobody's history but the shop's; one that has expired is over until it is made again."""

import pytest


@pytest.fixture
def told(database):
    def read(quote):
        return [(type.removeprefix("quote."), data) for type, data in database(
            "orders", "SELECT type, data FROM outbox WHERE type LIKE 'quote.%%' AND subject = %s ORDER BY xid, id", (quote["id"],))]
    return read


@pytest.fixture
def until(shop):
    return shop.day_begins


def names(events):
    return [name for name, _ in events]


def revise(staff, quote, product, **changes):
    body = {"lines": [{"product_id": product["id"], "quantity": 1, "unit_price": 8000}], "offer_id": quote["offer"]["id"], "valid_until": quote["valid_until"], **changes}
    return staff.post(f"/v1/quotes/{quote['id']}/versions", body, expect=201).json


def decide(staff, quote, what, **body):
    return staff.post(f"/v1/quotes/{quote['id']}/{what}", {"reason": "As agreed", **body}, expect=200).json


def test_from_draft_to_order(customer, shop, staff, new_product, told, wait_until):
    product = new_product(price="100.00")
    quote = shop.quote(customer, (product, (2, 9000)))
    again = revise(staff, quote, product)
    decide(staff, again, "approve", version=2)
    order = customer.api.post(f"/v1/quotes/{quote['id']}/accept", {"version": 2, "terms_version": "v1", "terms_accepted": True}, key=True, expect=201).json
    events = told(quote)
    assert names(events) == ["created", "approved", "revised", "approved", "accepted"]
    assert [data["total"] for _, data in events] == [18000, 18000, 8000, 8000, 8000] and [data["draft"] for _, data in events] == [True, False, True, False, False]
    assert events[-1][1]["order_id"] == order["id"] and {data["customer_id"] for _, data in events} == {customer.id}
    mine = wait_until(lambda: [e for e in customer.timeline() if e["type"] == "quote.accepted"] and customer.timeline(), 20, "the timeline")
    titles = [entry["title"] for entry in mine if entry["type"].startswith("quote.")]
    assert sorted(titles) == ["Cotización aceptada: USD 80.00", "Cotización aprobada: USD 180.00", "Cotización aprobada: USD 80.00"]
    shops = [entry["title"] for entry in staff.pages(f"/v1/customers/{customer.id}/timeline")]
    assert {"Cotización en borrador: USD 180.00", "Cotización en borrador, versión 2: USD 80.00", *titles} <= set(shops)
    assert len(list(customer.api.pages(f"/v1/customers/{customer.id}/timeline", {"limit": 1}))) == len(customer.timeline())


def test_reminded_then_expired(customer, shop, staff, new_product, told, until):
    product = new_product()
    long, short = shop.quote(customer, (product, 1), valid_until=until(6)), shop.quote(customer, (product, 1), valid_until=until(2))
    taken, draft = shop.quote(customer, (product, 1), valid_until=until(6)), shop.quote(customer, (product, 1), valid_until=until(6), approve=False)
    customer.api.post(f"/v1/quotes/{taken['id']}/accept", {"version": 1, "terms_version": "v1", "terms_accepted": True}, key=True, expect=201)
    shop.advance(3)
    assert names(told(long)) == ["created", "approved"] and names(told(short)) == ["created", "approved", "expired"]
    shop.advance(2)
    assert names(told(long)) == ["created", "approved", "expiring"]
    assert customer.api.get(f"/v1/quotes/{long['id']}", expect=200)["status"] == "approved"
    shop.advance(3)
    assert names(told(long)) == ["created", "approved", "expiring", "expired"]
    assert names(told(taken)) == ["created", "approved", "accepted"] and names(told(draft)) == ["created"]
    late = customer.api.post(f"/v1/quotes/{long['id']}/accept", {"version": 1, "terms_version": "v1", "terms_accepted": True}, key=True, expect=409)
    assert late.code == "quote_expired" and customer.api.get(f"/v1/quotes/{long['id']}", expect=200)["status"] == "expired"
    # Made again it can be accepted, and void it is void.
    again = revise(staff, long, product, valid_until=until(9))
    decide(staff, again, "approve", version=2)
    customer.api.post(f"/v1/quotes/{long['id']}/accept", {"version": 2, "terms_version": "v1", "terms_accepted": True}, key=True, expect=201)
    assert decide(staff, short, "void")["status"] == "void"
    assert names(told(long))[4:] == ["revised", "approved", "accepted"] and told(short)[-1][1]["withdrawn"] is False


def test_what_is_withdrawn_does_not_expire(customer, shop, staff, new_product, told, until):
    product = new_product()
    void, revised, drafted = (shop.quote(customer, (product, 1), valid_until=until(4), approve=approve) for approve in (True, True, False))
    decide(staff, void, "void")
    decide(staff, drafted, "void")
    revise(staff, revised, product, valid_until=until(30))
    shop.advance(6)
    assert names(told(void)) == ["created", "approved", "voided"] and told(void)[-1][1]["withdrawn"] is True
    assert names(told(revised)) == ["created", "approved", "revised"]
    assert names(told(drafted)) == ["created", "voided"] and told(drafted)[-1][1]["draft"] is True
    assert not any(entry["type"] == "quote.voided" and entry["data"]["quote_id"] == drafted["id"] for entry in customer.timeline())
