"""What automatic payments would charge, and how far they are."""

import collections
import datetime

CURRENCY = "PEN"   # of this test alone, so that its sums are


def of_mine(shown):
    return [each for each in shown["data"] if each["currency"] == CURRENCY]


def test_told_before_and_while_they_are_made(shop, staff, database):
    """One is charged, one declined, one has no card: the plan says so the day before, charges nothing, and is what the day makes."""
    product = shop.new_product(price="160.00", currency=CURRENCY)
    offer = next(offer for offer in shop.offers(product) if offer["frequency"]["unit"] == "week")
    orders = {}
    for card in ("pm_card_visa", "pm_card_chargeCustomerFail", None):
        customer = shop.new_customer()
        order, _ = shop.buy(customer, product, offer=offer, save=False)
        orders[card] = order, next(each for each in customer.schedule(order["id"]) if each["number"] == 1)
        if card:
            method = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": card}, expect=201).json
            shop.wait_until(lambda: any(each["id"] == method["id"] and each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
    due, amount = orders[None][1]["due_date"], orders[None][1]["total"]
    day = {"date": due}
    shop.advance_to(datetime.date.fromisoformat(due) - datetime.timedelta(days=1))

    plan = of_mine(staff.get("/v1/autopay/plan", day, expect=200).json)
    assert plan == [{"currency": CURRENCY, "provider": "stripe", "passed_by": None, "count": 2, "amount": 2 * amount},
                    {"currency": CURRENCY, "provider": None, "passed_by": "no_method", "count": 1, "amount": amount}]
    charges = {each["order_id"]: each for each in staff.pages("/v1/autopay/plan/charges", {**day, "limit": 7}) if each["currency"] == CURRENCY}
    for card, (order, row) in orders.items():
        charge = charges.pop(order["id"])
        assert (charge["number"], charge["amount"], charge["planned_on"], charge["attempt"]) == (1, row["total"], due, 1)
        assert (charge["provider"], charge["passed_by"]) == (("stripe", None) if card else (None, "no_method"))
    assert charges == {}
    assert database("billing", "SELECT 1 FROM payment WHERE source = 'autopay' AND currency = %s", (CURRENCY,)) == []
    before = staff.get("/v1/autopay/progress", day, expect=200).json
    assert (before["started_at"], before["ended_at"], before["data"]) == (None, None, [])

    shop.advance(1)
    progress = staff.get("/v1/autopay/progress", day, expect=200).json
    assert progress["started_at"] <= progress["planned_at"] <= progress["ended_at"]
    made, = of_mine(progress)
    one, none = {"count": 1, "amount": amount}, {"count": 0, "amount": 0}
    assert made == {"currency": CURRENCY, "provider": "stripe", "planned": {"count": 2, "amount": 2 * amount}, "charged": one,
                    "failed": {"retry_later": one, "update_method": none, "do_not_retry": none, "authenticate": none}, "canceled": none, "unknown": none, "waiting": none, "to_do": none}
    # The one that was declined is tried again the next day; the one without a card not.
    assert of_mine(staff.get("/v1/autopay/plan", day, expect=200).json) == []
    again = datetime.date.fromisoformat(due) + datetime.timedelta(days=1)
    charge, = [each for each in staff.pages("/v1/autopay/plan/charges", {"date": str(again)}) if each["currency"] == CURRENCY]
    assert (charge["order_id"], charge["attempt"], charge["passed_by"]) == (orders["pm_card_chargeCustomerFail"][0]["id"], 2, None)


def test_one_a_day_and_none_while_another_is_paid(shop, customer, staff, sandbox):
    """Two installments of an order are to be tried: the older one is, the other waits; and both while the customer is paying."""
    product = shop.new_product(price="160.00")
    offer = next(offer for offer in shop.offers(product) if offer["frequency"]["unit"] == "week")
    order, _ = shop.buy(customer, product, offer=offer, save=True)
    shop.wait_until(lambda: any(each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
    second = next(each for each in customer.schedule(order["id"]) if each["number"] == 2)["due_date"]

    def passed_by():
        shown = staff.pages("/v1/autopay/plan/charges", {"date": second, "limit": 50})
        return {each["number"]: each["passed_by"] for each in shown if each["order_id"] == order["id"]}
    assert passed_by() == {1: None, 2: "one_a_day"}
    sandbox.plan(webhook={"delay_ms": 10000})
    payment = customer.pay(order["id"], amount=500).json
    sandbox.clear()
    assert collections.Counter(passed_by().values()) == {"payment_in_progress": 2}
    shop.wait_payment(customer, payment["id"])
    assert passed_by() == {1: None, 2: "one_a_day"}


def test_no_more_than_a_month_ahead(staff, shop):
    far = {"date": str(shop.today() + datetime.timedelta(days=40))}
    for path in ("/v1/autopay/plan", "/v1/autopay/plan/charges", "/v1/autopay/progress"):
        staff.get(path, far, expect=422)
        staff.get(path, expect=200)
