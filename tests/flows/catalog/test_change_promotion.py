"""PATCH /v1/promotions/{id}: over the version that was read; what has a use keeps it, and who comes after an end gets none."""

import threading
import uuid

import pytest


@pytest.fixture
def promotion(staff):
    def make(**members):
        return staff.post("/v1/promotions", {"code": f"C-{uuid.uuid4().hex[:10]}", "type": "percent", "value": "0.10", **members}, expect=201).json
    return make


@pytest.fixture
def change(staff):
    def patch(promotion, body, version=None, expect=200):
        tag = version or f'"{promotion["version"]}"'
        return staff.request("PATCH", f"/v1/promotions/{promotion['id']}", json=body, headers={"If-Match": tag}, expect=expect)
    return patch


def cart_with(customer, product, promotion, expect=200):
    cart = customer.cart((product, 1))
    return customer.api.request("PUT", f"/v1/carts/{cart['id']}/promotion", {"code": promotion["code"]}, expect=expect)


def test_a_change_is_a_new_version(staff, promotion, change):
    made = promotion(name="Christmas", max_uses=3, valid_until="2199-01-01T00:00:00Z")
    assert (made["version"], made["active"], made["name"], made["updated_at"], made["updated_by"]) == (1, True, "Christmas", None, None)
    reply = change(made, {"name": None, "max_uses": 5, "max_uses_per_customer": 2, "valid_from": "2026-01-01T00:00:00Z", "valid_until": None})
    now = reply.json
    assert reply.headers["ETag"] == '"2"' and now["updated_at"] and now["updated_by"] == made["created_by"]
    assert {name: value for name, value in now.items() if made[name] != value} == {
        "version": 2, "name": None, "max_uses": 5, "max_uses_per_customer": 2, "valid_from": "2026-01-01T00:00:00+00:00", "valid_until": None,
        "updated_at": now["updated_at"], "updated_by": now["updated_by"]}
    read = staff.get(f"/v1/promotions/{made['id']}", expect=200)
    assert read.json == now and read.headers["ETag"] == '"2"'
    again = change(now, {"valid_until": "2198-01-01T00:00:00Z"}).json
    assert (again["max_uses"], again["name"], again["version"]) == (5, None, 3), "what is not named stays"
    assert change(again, {"max_uses": None}, version="*")["max_uses"] is None


def test_what_was_read_must_be_what_is_there(staff, promotion, change):
    made, replies = promotion(), []
    assert staff.request("PATCH", f"/v1/promotions/{made['id']}", json={"name": "x"}, expect=428).code == "precondition_required"
    assert change(made, {"name": "x"}, version='"2"', expect=412).code == "precondition_failed"
    threads = [threading.Thread(target=lambda n=n: replies.append(change(made, {"max_uses": n}, expect=(200, 412)).status)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5 and staff.get(f"/v1/promotions/{made['id']}", expect=200)["version"] == 2
    assert staff.request("PATCH", f"/v1/promotions/{uuid.uuid4()}", json={}, headers={"If-Match": "*"}, expect=404).code == "not_found"


def test_ended_at_once(customer, shop, promotion, change):
    """What is ordered keeps its price; what is only in a cart is told when it is ordered; and it can be put back."""
    product = shop.new_product(price="100.00")
    made, offer = promotion(), shop.offers(product)[0]
    ordered, waiting = cart_with(customer, product, made).json, cart_with(customer, product, made).json
    order = customer.place_order(ordered["id"], offer["id"]).json
    ended = change(made, {"active": False}).json
    assert (ended["active"], ended["used"]) == (False, 1)
    assert customer.place_order(waiting["id"], offer["id"], expect=409).code == "promotion_not_valid"
    assert cart_with(customer, product, made, expect=409).code == "promotion_not_valid"
    assert shop.wait_payment(customer, customer.pay(order["id"]).json["id"])["status"] == "succeeded"
    assert shop.wait_order(customer, order["id"], "confirmed")["goods_total"] == 9000
    change(ended, {"active": True})
    assert customer.place_order(waiting["id"], offer["id"])["goods_total"] == 9000


def test_a_hold_keeps_its_price(customer, shop, stack, promotion, change, database):
    """The stock is held and the order not written when the catalog's shop ends the code: whoever asks again with the same cart has the price of the hold."""
    product = shop.new_product(price="100.00", stock=5)
    made, offer = promotion(), shop.offers(product)[0]
    cart = cart_with(customer, product, made).json
    gone = customer.place_order(cart["id"], offer["id"], contract_sha256="0" * 64, expect=409)
    assert gone.code == "contract_changed", "held, and not ordered"
    assert database("catalog", "SELECT used FROM promotion WHERE id = %s", (made["id"],)) == [(1,)]
    change(made, {"active": False})
    order = customer.place_order(cart["id"], offer["id"]).json
    assert order["goods_total"] == 9000 and database("catalog", "SELECT used FROM promotion WHERE id = %s", (made["id"],)) == [(1,)]


def test_limits_follow(customer, new_customer, shop, promotion, change):
    product = shop.new_product(price="100.00", stock=20)
    made, offer = promotion(), shop.offers(product)[0]
    for _ in range(2):
        customer.place_order(cart_with(customer, product, made)["id"], offer["id"])
    assert change(made, {"max_uses": 1}, expect=409).code == "promotion_used_up"
    waiting = cart_with(customer, product, made).json
    now = change(made, {"max_uses": 4, "max_uses_per_customer": 1}).json
    assert (now["used"], now["max_uses"]) == (2, 4)
    assert customer.place_order(waiting["id"], offer["id"], expect=409).code == "promotion_used_up", "two are more than one"
    assert cart_with(customer, product, made, expect=409).code == "promotion_used_up"
    other = new_customer()
    other.place_order(cart_with(other, product, made)["id"], offer["id"])
    now = change(now, {"max_uses_per_customer": None}).json
    customer.place_order(waiting["id"], offer["id"])
    assert cart_with(other, product, made, expect=409).code == "promotion_used_up", "four of four"
    change(now, {"max_uses": None})
    other.place_order(cart_with(other, product, made)["id"], offer["id"])


def test_validity_follows(customer, shop, promotion, change):
    product = shop.new_product(price="100.00")
    made, offer = promotion(valid_from="2199-01-01T00:00:00Z"), shop.offers(product)[0]
    assert cart_with(customer, product, made, expect=409).code == "promotion_not_valid"
    now = change(made, {"valid_from": "2026-01-01T00:00:00Z"}).json
    cart = cart_with(customer, product, made).json
    change(now, {"valid_until": "2026-01-02T00:00:00Z"})
    assert customer.place_order(cart["id"], offer["id"], expect=409).code == "promotion_not_valid"


def test_nobody_uses_it_after_its_end(new_customer, shop, staff, promotion, change):
    """Twenty buyers while it is ended: the uses there are when the answer comes are all there will be, and those who were told of the end paid nothing less."""
    product = shop.new_product(price="100.00", stock=50)
    made, offer, replies, ends = promotion(), shop.offers(product)[0], [], []
    buyers = [new_customer() for _ in range(20)]
    carts = [cart_with(buyer, product, made)["id"] for buyer in buyers]
    calls = [lambda buyer=buyer, cart=cart: replies.append(buyer.place_order(cart, offer["id"], expect=(201, 409))) for buyer, cart in zip(buyers, carts)]
    calls.insert(8, lambda: ends.append(change(made, {"active": False}).json))
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sold = [reply for reply in replies if reply.status == 201]
    assert {reply["goods_total"] for reply in sold} <= {9000} and {reply.code for reply in replies if reply.status == 409} <= {"promotion_not_valid"}
    assert staff.get(f"/v1/promotions/{made['id']}", expect=200)["used"] == len(sold) == ends[0]["used"]


@pytest.mark.parametrize("body, pointer", [
    ({"code": "OTHER"}, "/code"), ({"value": "0.5"}, "/value"), ({"products": []}, "/products"), ({"min_amount": 5}, "/min_amount"), ({"active": None}, "/active"),
    ({"valid_from": None}, "/valid_from"), ({"max_uses": 0}, "/max_uses"), ({"version": 3}, "/version"), ({"name": ""}, "/name"),
    ({"valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z"}, "/valid_until"), ({"valid_until": "2001-01-01T00:00:00Z"}, "/valid_until")])
def test_what_cannot_be_changed(staff, promotion, change, body, pointer):
    made = promotion()
    assert change(made, body, expect=422).pointers == [pointer]
    assert staff.get(f"/v1/promotions/{made['id']}", expect=200).json == made


def test_nobody_else(customer, promotion):
    made = promotion()
    assert customer.api.request("PATCH", f"/v1/promotions/{made['id']}", json={"active": False}, headers={"If-Match": "*"}, expect=403).code == "forbidden"
