"""GET /v1/payments?order_id=."""


def test_pages(shop, customer):
    order = shop.order(customer)
    made = []
    for _ in range(3):
        payment = customer.pay(order["id"], "pm_card_chargeDeclined").json
        shop.wait_payment(customer, payment["id"])
        made.append(payment["id"])
    whole = customer.api.get("/v1/payments", {"order_id": order["id"]}, expect=200).json
    assert [each["id"] for each in whole["data"]] == made[::-1] and whole["next_cursor"] is None
    assert list(customer.api.pages("/v1/payments", {"order_id": order["id"], "limit": 1})) == whole["data"]
    assert list(customer.api.pages("/v1/payments", {"order_id": order["id"], "limit": 2})) == whole["data"]


def test_staff_sees_them(shop, customer, staff):
    order, payment = shop.buy(customer)
    assert [each["id"] for each in staff.get("/v1/payments", {"order_id": order["id"]}, expect=200)["data"]] == [payment["id"]]


def test_the_order_must_be_named(customer):
    assert customer.api.get("/v1/payments", expect=422).pointers == ["query:order_id"]


def test_a_cursor_of_another_list(shop, customer):
    order, _ = shop.buy(customer)
    for cursor in ("MQ", "x", "MjAyNi0xMS0yMnx4"):
        assert customer.api.get("/v1/payments", {"order_id": order["id"], "cursor": cursor}, expect=422).pointers == ["query:cursor"]
