"""Changes because goods do not go, or are all given back: cancellation, withdrawal; and what customers may do about due days."""

import datetime

import pytest


def ship(shop, order, status="delivered", **members):
    return shop.staff.post(f"/v1/orders/{order['id']}/shipments", {"status": status, **members}, key=True, expect=201).json


@pytest.fixture
def undone(customer, account, agrees, given_back):
    def check(order, paid):
        assert (account(order)["status"], account(order)["total"]) == ("closed", 0)
        assert given_back(order) == paid
        now = customer.order(order["id"])
        assert (now["status"], now["contract"]["status"]) == ("canceled", "terminated")
        assert agrees(order)["installments"] == []
    return check


def test_canceled_before_anything_is_sent(shop, customer, change, confirm, undone, books):
    product = shop.new_product(price="1200.00", stock=3)
    order, payment = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    shop.wait_until(lambda: shop.product_by_sku(product["sku"])["available"] == 2, 20, "the unit sold")
    computed = change(customer.api, order, "cancellation").json
    assert computed["result"]["refund"] == payment["amount"] == 24000 and computed["result"]["total_after"] == 0
    confirm(customer.api, computed)
    undone(order, 24000)
    shop.wait_until(lambda: shop.product_by_sku(product["sku"])["available"] == 3, 20, "the unit for sale again")
    books()


def test_a_gate_stays_closed_to_what_was_canceled(shop, customer, change, confirm, undone, new_product, database):
    """Nothing is owed of it, and nothing of it is to be sent."""
    product = new_product(price="900.00")
    shop.new_plan(product, release={"policy": "layaway", "percent": "0.5"}, terms={"method": "interest_free", "installments": 3})
    order, payment = shop.buy(customer, product, offer=shop.offers(product)[0])
    confirm(customer.api, change(customer.api, order, "cancellation").json)
    undone(order, payment["amount"])
    applied = "SELECT count(*) FROM job WHERE kind = 'apply_change' AND payload ->> 'change_id' IN (SELECT id::text FROM contract_change WHERE order_id = %s)"
    shop.wait_until(lambda: database("orders", applied, (order["id"],)) == [(0,)], 20, "all that follows done")
    told = "SELECT count(*) FROM outbox WHERE type = 'fulfillment.updated' AND subject = %s"
    assert database("orders", told, (order["id"],)) == [(0,)] and customer.order(order["id"])["fulfilment_status"] == "awaiting_release"


def test_sent_is_not_canceled_but_withdrawn_from(shop, customer, credit, change, confirm, undone, books):
    order = credit()
    shown = change(customer.api, order, "cancellation").json
    ship(shop, order)
    assert "sent" in confirm(customer.api, shown, expect=412)["detail"]
    assert change(customer.api, order, "cancellation", expect=409).code == "not_by_policy"
    computed = change(customer.api, order, "withdrawal").json
    confirm(customer.api, computed)
    undone(order, 24000)
    for document in ("document", "document.pdf"):   # for ever: what was agreed, since nothing is any more
        customer.api.get(f"/v1/contracts/{order['contract_id']}/{document}", expect=200)
    books()


def test_withdrawal_ends(shop, customer, credit, change):
    """Five open days after the delivery, in Colombia; not before it."""
    order = credit()
    shop.advance(12)
    change(customer.api, order, "withdrawal")
    ship(shop, order)
    shop.advance(5)
    change(customer.api, order, "withdrawal")
    shop.advance(9)
    refused = change(customer.api, order, "withdrawal", expect=409)
    assert refused.code == "not_by_policy" and "1480" in refused["detail"]
    change(shop.staff, order, "withdrawal", reason="as a favour")


def test_due_days_within_the_shops_rules(shop, customer, credit, agrees, change, confirm):
    order = credit()
    first = datetime.date.fromisoformat(agrees(order)["installments"][1]["due_date"])
    confirm(customer.api, change(customer.api, order, "due_day", days=[(first + datetime.timedelta(days=6)).day]).json)
    moved = [row for row in agrees(order)["installments"] if row["outstanding"]]
    assert moved[0]["due_date"] == str(first + datetime.timedelta(days=6))
    assert change(customer.api, order, "due_day", days=[(first + datetime.timedelta(days=9)).day], expect=409).code == "not_by_policy"
    change(shop.staff, order, "due_day", days=[(first + datetime.timedelta(days=9)).day], reason="asked twice")


def test_due_days_are_not_moved_without_end(shop, customer, credit, agrees, change, confirm):
    """A day earlier is a day earlier, not a month later; and what was moved before counts, whenever that was."""
    order = credit()
    last = datetime.date.fromisoformat(agrees(order)["installments"][-1]["due_date"])
    first = datetime.date.fromisoformat(agrees(order)["installments"][1]["due_date"])
    confirm(customer.api, change(customer.api, order, "due_day", days=[(first + datetime.timedelta(days=12)).day]).json)
    moved = [row for row in agrees(order)["installments"] if row["outstanding"]]
    assert (datetime.date.fromisoformat(moved[-1]["due_date"]) - last).days <= 14
    shop.advance(190)   # longer than the policy looks back
    ahead = [row for row in agrees(order)["installments"] if row["due_date"] > str(shop.today())]
    again = datetime.date.fromisoformat(ahead[0]["due_date"]) + datetime.timedelta(days=12)
    refused = change(customer.api, order, "due_day", days=[again.day], expect=409)
    assert refused.code == "not_by_policy" and "in all" in refused["detail"]
    back = datetime.date.fromisoformat(ahead[1]["due_date"]) - datetime.timedelta(days=1)
    confirm(customer.api, change(customer.api, order, "due_day", days=[back.day]).json)
    now = [row for row in agrees(order)["installments"] if row["due_date"] > str(shop.today())]
    assert str(back) in [row["due_date"] for row in now] and now[-1]["due_date"] <= ahead[-1]["due_date"]   # a short month may end both
