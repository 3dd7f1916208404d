"""Several buyers, one unit: one order, and a clear 409 for everyone else."""

import threading


def place_at_once(buyers, carts, offer_id):
    """Everybody orders in the same moment; the replies."""
    barrier, replies = threading.Barrier(len(buyers)), [None] * len(buyers)

    def place(index):
        barrier.wait()
        replies[index] = buyers[index].place_order(carts[index]["id"], offer_id, expect=None)
    threads = [threading.Thread(target=place, args=(index,)) for index in range(len(buyers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def assert_one_winner(shop, product, buyers):
    offer = shop.offers(product)[0]
    carts = [buyer.cart((product, 1)) for buyer in buyers]
    replies = place_at_once(buyers, carts, offer["id"])
    assert sorted(reply.status for reply in replies) == [201] + [409] * (len(buyers) - 1), replies
    for reply in replies:
        if reply.status == 409:
            assert reply.code == "out_of_stock", reply
            assert reply.pointers == ["/lines/0/quantity"], reply
    orders = [order for buyer in buyers for order in buyer.api.pages("/v1/orders")]
    assert len(orders) == 1
    assert shop.product_by_sku(product["sku"])["available"] == 0


def test_two_buyers(shop, new_customer, new_product):
    assert_one_winner(shop, new_product(stock=1), [new_customer(), new_customer()])


def test_ten_buyers(shop, new_customer, new_product):
    assert_one_winner(shop, new_product(stock=1), [new_customer() for _ in range(10)])


def test_the_loser_can_buy_once_the_unit_is_free_again(shop, new_customer, new_product, wait_until):
    """An order that is never paid expires, and its unit goes back on sale."""
    product = new_product(stock=1)
    first, second = new_customer(), new_customer()
    order = shop.order(first, product)
    cart = second.cart((product, 1))
    assert second.place_order(cart["id"], shop.offers(product)[0]["id"], expect=409).code == "out_of_stock"
    shop.advance(1)
    shop.wait_order(first, order["id"], "expired")
    wait_until(lambda: shop.product_by_sku(product["sku"])["available"] == 1, 10, "the unit free again")
    second.place_order(cart["id"], shop.offers(product)[0]["id"])
