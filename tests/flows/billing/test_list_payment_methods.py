"""GET /v1/payment-methods."""


def test_saved_with_a_payment(shop, customer):
    """The card of a payment with `save` is the customer's default; nothing that could charge it is shown."""
    shop.buy(customer, save=True)
    method = shop.wait_until(lambda: next(iter(customer.api.get("/v1/payment-methods", expect=200)["data"]), None), 20, "the method saved")
    assert (method["status"], method["brand"], method["last4"], method["default"]) == ("active", "visa", "4242", True)
    assert "token" not in method


def test_not_saved_unless_asked(shop, customer):
    shop.buy(customer, save=False)
    assert customer.api.get("/v1/payment-methods", expect=200)["data"] == []


def test_pages(shop, customer):
    for token in ("pm_card_visa", "pm_card_mastercard", "pm_card_amex"):
        customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": token}, expect=201)

    def active():
        methods = customer.api.get("/v1/payment-methods", expect=200)["data"]
        return methods if all(each["status"] == "active" for each in methods) else None
    whole = shop.wait_until(active, 30, "three methods")
    assert len(whole) == 3
    assert list(customer.api.pages("/v1/payment-methods", {"limit": 2})) == whole


def test_staff_names_the_customer(shop, customer, new_customer, staff):
    customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, expect=201)
    assert len(staff.get("/v1/payment-methods", {"customer_id": customer.id}, expect=200)["data"]) == 1
    assert staff.get("/v1/payment-methods", expect=422).pointers == ["query:customer_id"]
    assert new_customer().api.get("/v1/payment-methods", {"customer_id": customer.id}, expect=404).code == "not_found"
