"""429 too_many_declines: who tries stolen cards has most of them declined, and is stopped for a day."""

import uuid

DECLINED, GOOD, ASKS = "pm_card_chargeDeclined", "pm_card_visa", "pm_card_threeDSecure2Required"
DAY_S = 24 * 3600


def save(customer, token, **options):
    return customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": token}, **{"expect": 201, **options})


def of_order(customer, order):
    return list(customer.api.pages("/v1/payments", {"order_id": order["id"]}))


def refused(reply):
    assert reply.status == 429 and reply.code == "too_many_declines" and 0 < int(reply.headers["Retry-After"]) <= DAY_S, reply
    return int(reply.headers["Retry-After"])


def test_of_a_customer(shop, customer, staff, books_agree):
    """Payments and set-ups of methods count together, those removed and those under way, too. What the shop charges by itself goes on, and so does money that is recorded by hand."""
    product = shop.new_product(price="120.00")
    order, _ = shop.buy(customer, product, offer=next(each for each in shop.offers(product) if each["frequency"]["unit"] == "week"))
    shop.wait_until(lambda: list(customer.api.pages("/v1/payment-methods")), 30, "the card kept")
    for token, status in ((ASKS, "requires_action"), (DECLINED, "failed")):   # the first is left where the bank asks, and canceled by the second
        assert shop.wait_payment(customer, customer.pay(order["id"], token, amount=100).json["id"])["status"] == status
    assert shop.wait_payment(customer, customer.pay(order["id"], "pm_card_chargeDeclinedProcessingError", amount=100).json["id"])["status"] == "failed"   # says nothing about the card
    made = [save(customer, DECLINED).json for _ in range(8)]
    wait_s = refused(save(customer, GOOD, expect=429))
    shop.wait_until(lambda: all(each["status"] == "failed" for each in customer.api.pages("/v1/payment-methods") if not each["default"]), 30, "the cards declined")
    customer.api.request("DELETE", f"/v1/payment-methods/{made[0]['id']}", expect=200)
    key = str(uuid.uuid4())
    assert refused(customer.pay(order["id"], GOOD, amount=100, key=key, expect=429)) <= wait_s
    refused(staff.post("/v1/payments", {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": GOOD}}, key=True, expect=429))
    assert len(of_order(customer, order)) == 4 and len(list(customer.api.pages("/v1/payment-methods"))) == 8   # nothing came of what was refused

    recorded = staff.post("/v1/manual-payments", {"order_id": order["id"], "amount": 100, "currency": "USD", "method": "cash", "reference": f"RC-{uuid.uuid4()}"}, key=True, expect=201).json
    assert recorded["status"] == "applied"
    shop.advance_to(next(each for each in customer.schedule(order["id"]) if each["outstanding"])["due_date"])
    shop.wait_until(lambda: [each["status"] for each in of_order(customer, order) if each["source"] == "autopay"] == ["succeeded"], 30, "the automatic payment")
    assert shop.wait_payment(customer, customer.pay(order["id"], GOOD, amount=100, key=key).json["id"])["status"] == "succeeded"   # that it was refused is not kept
    books_agree()


def test_of_payment_links(shop, customer, api, make_link):
    """They are an order's: a stranger who has one does not keep its customer from paying. That a bank asks for its customer tells a thief as much as a decline."""
    order, _ = shop.buy(customer)
    path = make_link(order["id"], customer.id)

    def pay(token, expect=201):
        return api.post(path, {"amount": 100, "payment_method": {"provider": "stripe", "token": token}}, key=True, expect=expect)
    for token in (ASKS, *[DECLINED] * 8, ASKS):
        assert shop.wait_payment(customer, pay(token).json["id"])["status"] == ("failed" if token == DECLINED else "requires_action")
    refused(pay(GOOD, expect=429))
    refused(api.post(make_link(order["id"], customer.id, expires_at=4102444800), {"payment_method": {"provider": "stripe", "token": GOOD}}, key=True, expect=429))   # another link of it
    assert shop.wait_payment(customer, customer.pay(order["id"], GOOD, amount=100).json["id"])["status"] == "succeeded"
