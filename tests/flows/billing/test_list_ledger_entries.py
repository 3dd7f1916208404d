"""GET /v1/ledger/entries: the journal."""

import itertools

import pytest

PATH = "/v1/ledger/entries"


@pytest.fixture
def journal(staff):
    return lambda limit=20, **filters: list(staff.pages(PATH, {"limit": limit, **filters}))


def test_a_sale_and_its_payment(shop, customer, journal):
    product = shop.new_product()
    shop.new_plan(product)
    order, payment = shop.buy(customer, product, offer=shop.offer(product, 6))
    sale, paid = journal(order_id=order["id"])
    assert (sale["id"], sale["kind"], sale["order_id"], sale["customer_id"], sale["payment_id"]) == (order["id"], "sale", order["id"], customer.id, None)
    assert sale["amount"] == order["total_payable"] == sum(line["amount"] for line in sale["lines"])
    assert [(line["line"], line["debit"], line["credit"]) for line in sale["lines"]] == [(1, "receivable", "sales"), (2, "receivable", "deferred_interest")]
    assert (paid["id"], paid["kind"], paid["amount"], paid["payment_id"]) == (payment["id"], "payment", payment["amount"], payment["id"])
    assert {(line["debit"], line["credit"]) for line in paid["lines"]} == {("cash_at_provider", "receivable")}


def test_by_what_it_is_about(shop, customer, journal):
    orders = [shop.buy(customer) for _ in range(2)]
    (first, payment), (second, _) = orders
    whole = journal(customer_id=customer.id)
    assert [each["kind"] for each in whole] == ["sale", "payment", "sale", "payment"]
    assert journal(order_id=second["id"]) == whole[2:]
    assert journal(payment_id=payment["id"]) == whole[1:2]
    assert journal(customer_id=customer.id, kind="sale") == whole[::2]
    assert journal(customer_id=customer.id, account="sales") == whole[::2]
    assert journal(customer_id=customer.id, account="receivable", order_id=first["id"]) == whole[:2]
    assert journal(customer_id=customer.id, limit=1) == journal(customer_id=customer.id, limit=3) == whole
    day = whole[0]["effective_on"]
    assert journal(customer_id=customer.id, **{"from": day}) == whole and journal(customer_id=customer.id, to="2020-01-01") == []
    assert journal(customer_id=first["id"]) == journal(order_id=customer.id) == journal(payment_id=customer.id) == []


def test_of_a_day(shop, customer, journal, database):
    """Each entry once, whatever the page, in order; its place is that of its first line that is looked for."""
    shop.buy(customer)
    day = journal(customer_id=customer.id)[0]["effective_on"]
    whole = journal(100, **{"from": day, "to": day})
    ids = [each["id"] for each in whole]
    assert ids == [each[0] for each in database("billing", """
        SELECT entry_id::text FROM posting WHERE effective_on = %s AND recorded_at <= %s GROUP BY entry_id ORDER BY min(id)""", (day, whole[-1]["recorded_at"]))][:len(ids)]
    assert len(set(ids)) == len(ids)
    assert [each["id"] for each in itertools.islice(journal(7, **{"from": day, "to": day}), len(ids))] == ids
    of_kind = journal(3, kind="payment", account="cash_at_provider", **{"from": day, "to": day})
    assert [each["id"] for each in of_kind][:len(ids)] == [each["id"] for each in whole if each["kind"] == "payment"]


def test_over_all_days(shop, customer, journal, database):
    product = shop.new_product()
    shop.new_plan(product)
    order, _ = shop.buy(customer, product, offer=shop.offer(product, 6))
    shop.advance(40)
    interest = [each for each in journal(100, kind="interest") if each["order_id"] == order["id"]]
    assert len(interest) == 1 and [(line["debit"], line["credit"]) for line in interest[0]["lines"]] == [("deferred_interest", "interest_income")]
    days = [(each["effective_on"], each["lines"][0]["lane"]) for each in journal(100)]
    assert [day for day, _ in days] == sorted(day for day, _ in days)
    assert len(days) == database("billing", "SELECT count(DISTINCT entry_id) FROM posting")[0][0]


def test_what_is_refused(staff):
    reply = staff.get(PATH, {"kind": "gift", "account": "pocket", "from": "today", "cursor": "MQ"}, expect=422)
    assert sorted(reply.pointers) == ["query:account", "query:from", "query:kind"]
    assert staff.get(PATH, {"cursor": "MQ"}, expect=422).pointers == ["query:cursor"]


def test_for_staff_only(customer, api):
    customer.api.get(PATH, {"customer_id": customer.id}, expect=403)
    api.get(PATH, expect=401)
