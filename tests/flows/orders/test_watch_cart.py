"""Event cart.abandoned: a customer's cart that was left is told of, once."""

import contextlib

import psycopg2


def test_a_cart_left_with_something_in_it_is_told_of_once(shop, customer, product, database):
    def told(cart):
        return [row[0] for row in database("orders", "SELECT data FROM outbox WHERE type = 'cart.abandoned' AND subject = %s", (cart["id"],))]
    left, empty, ordered = customer.cart((product, 2)), customer.cart(), customer.cart((product, 1))
    touched = customer.cart((product, 1))
    guest = shop.api.post("/v1/guest-carts", expect=201).json
    shop.api.request("PUT", f"/v1/guest-carts/{guest['token']}/lines/{product['id']}", {"quantity": 1}, expect=200)
    customer.place_order(ordered["id"], shop.offers(product)[0]["id"])
    assert told(left) == []
    shop.advance(1)
    customer.add_line(touched["id"], product, 1, expect=200)
    shop.advance(1)
    [event] = told(left)
    assert {name: event[name] for name in ("cart_id", "customer_id", "currency", "total")} == {
        "cart_id": left["id"], "customer_id": customer.id, "currency": "USD", "total": 2 * product["price"]}
    customer.add_line(left["id"], product, 1, expect=200)
    shop.advance(3)
    assert len(told(left)) == 1 and told(empty) == told(ordered) == told(guest["cart"]) == []
    assert len(told(touched)) <= 1


def test_a_cart_is_told_of_whenever_it_was_filled(shop, customer, new_customer, product, database):
    """The first look was over when something came in: by adding, by setting, by a guest's cart; again after it was empty, and by taking a guest's cart over."""
    def told(cart_id):
        return database("orders", "SELECT count(*) FROM outbox WHERE type = 'cart.abandoned' AND subject = %s", (cart_id,))[0][0]

    def put(path, quantity):
        return customer.api.request("PUT", f"{path}/lines/{product['id']}", {"quantity": quantity}, expect=200)
    added, was_set, merged, refilled, empty = (customer.cart()["id"] for _ in range(5))
    put(f"/v1/carts/{refilled}", 1)
    put(f"/v1/carts/{refilled}", 0)
    guests = []
    for _ in range(2):
        guests.append(shop.api.post("/v1/guest-carts", expect=201).json)
        put(f"/v1/guest-carts/{guests[-1]['token']}", 1)
    shop.advance(3)
    assert not any(told(cart) for cart in (added, was_set, merged, refilled))
    customer.add_line(added, product, 1, expect=200)
    put(f"/v1/carts/{was_set}", 1)
    put(f"/v1/carts/{refilled}", 1)
    customer.api.post(f"/v1/guest-carts/{guests[0]['token']}/merge", {"cart_id": merged}, expect=200)
    customer.api.post(f"/v1/guest-carts/{guests[1]['token']}/merge", {}, expect=200)
    shop.advance(2)
    assert [told(cart) for cart in (added, was_set, merged, refilled, guests[1]["cart"]["id"])] == [1] * 5
    shop.advance(2)
    assert [told(cart) for cart in (added, was_set, merged, refilled, guests[1]["cart"]["id"])] == [1] * 5 and told(empty) == 0


def test_carts_of_before_are_found(shop, customer, product, stack, database):
    """Two rounds of them and more, as a version that knew of no looks leaves them (no API of this one does): each gets one, and what was left is told of."""
    left, ordered, guest = customer.cart((product, 1)), customer.cart((product, 1)), shop.api.post("/v1/guest-carts", expect=201).json
    customer.place_order(ordered["id"], shop.offers(product)[0]["id"])
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("""INSERT INTO cart (id, customer_id, created_at, updated_at, expires_at)
                          SELECT gen_random_uuid(), customer_id, created_at, updated_at, expires_at FROM cart, generate_series(1, 1010) WHERE id = %s
                          RETURNING id::text""", (left["id"],))
        many = [row[0] for row in cursor.fetchall()]
        mine = [left["id"], ordered["id"], guest["cart"]["id"]]
        cursor.execute("UPDATE cart SET watched = false WHERE id = ANY (%s::uuid[])", (mine,))
        cursor.execute("DELETE FROM job WHERE kind = 'watch_cart' AND payload ->> 'cart_id' = ANY (%s)", (mine,))
        assert cursor.rowcount >= 3
    looks = "SELECT count(DISTINCT payload ->> 'cart_id') FROM job WHERE kind = 'watch_cart' AND payload ->> 'cart_id' = ANY (%s)"
    assert database("orders", looks, ([*many, *mine],)) == [(0,)]
    shop.advance(2)
    assert database("orders", looks, ([*many, *mine],)) == [(1011,)]   # but for the order's and the guest's, which is over
    assert database("orders", "SELECT subject FROM outbox WHERE type = 'cart.abandoned' AND subject = ANY (%s)", ([*many, *mine],)) == [(left["id"],)]
    assert shop.api.get(f"/v1/guest-carts/{guest['token']}", expect=404).code == "not_found"
    assert database("orders", "SELECT count(*) FROM cart WHERE NOT watched") == [(0,)]
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM cart WHERE id = ANY (%s::uuid[])", (many,))
