"""POST /internal/reservations, by way of the orders that use it: stock is held, sold and given back."""


def test_an_order_holds_and_a_payment_sells(shop, customer, new_product, api, database, wait_until):
    product = new_product(stock=5)
    order = shop.order(customer, product, quantity=2)
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 3
    assert database("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", (product["id"],)) == [(5, 2)]
    payment = customer.pay(order["id"]).json
    shop.wait_payment(customer, payment["id"])
    wait_until(lambda: database("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", (product["id"],)) == [(3, 0)], 20, "the stock sold")
    moved = database("catalog", "SELECT sum(quantity)::int FROM stock_movement WHERE product_id = %s", (product["id"],))
    assert moved == [(3,)], "stock is the sum of its movements"


def test_more_than_there_is(shop, customer, new_product):
    product = new_product(stock=2)
    cart = customer.cart((product, 3))
    reply = customer.place_order(cart["id"], shop.offers(product)[0]["id"], expect=409)
    assert reply.code == "out_of_stock" and reply.pointers == ["/lines/0/quantity"]


def test_an_expired_order_gives_back(shop, customer, new_product, api):
    product = new_product(stock=2)
    order = shop.order(customer, product, quantity=2)
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 0
    shop.advance(1)
    assert customer.order(order["id"])["status"] == "expired"
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 2
