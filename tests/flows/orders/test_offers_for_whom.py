"""Which plans are offered for what and to whom; deposits of mixed carts."""

import datetime
import uuid


def offered(shop, product, caller=None, **query):
    return [offer["plan_id"] for offer in (caller or shop.api).get(f"/v1/products/{product['id']}/offers", query, expect=200)["data"]]


def test_product_before_category_before_all(shop, new_product):
    category = f"C-{uuid.uuid4().hex[:8]}"
    plain, named = new_product(category=category), new_product(category=category)
    everybody = offered(shop, plain)
    assert len(everybody) == 4
    of_category = [shop.new_plan(eligibility={"categories": [category, "Other"]}, position=position)["id"] for position in (2, 1)]
    assert offered(shop, plain) == offered(shop, named) == of_category[::-1]
    of_product = shop.new_plan(named)["id"]
    assert offered(shop, named) == [of_product] and offered(shop, plain) == of_category[::-1]
    assert offered(shop, new_product()) == everybody


def test_a_cart_has_what_all_its_lines_have(customer, shop, new_product):
    first, second, third = (new_product(price="50.00") for _ in range(3))
    both, alone = shop.new_plan(first, second)["id"], shop.new_plan(first)["id"]
    offers = {offer["plan_id"]: offer["id"] for offer in shop.offers(first)}
    assert set(offers) == {both, alone}
    assert customer.place_order(customer.cart((first, 1), (second, 1))["id"], offers[alone], expect=409).code == "offer_not_available"
    order = customer.place_order(customer.cart((first, 1), (second, 1))["id"], offers[both]).json
    assert order["goods_total"] == 10000 and order["contract"]["plan_id"] == both
    for offer in (*offers.values(), shop.offers(third)[0]["id"]):   # nothing is for both of these
        assert customer.place_order(customer.cart((first, 1), (third, 1))["id"], offer, expect=409).code == "offer_not_available"


def test_channels(customer, shop, staff, new_product):
    product = new_product(price="50.00")
    web, app = (shop.new_plan(product, eligibility={"channels": [channel, "agent"]})["id"] for channel in ("web", "app"))
    agent = shop.new_plan(product, eligibility={"channels": ["agent"]})["id"]
    assert offered(shop, product) == offered(shop, product, channel="web") == [web] and offered(shop, product, channel="app") == [app]
    assert sorted(offered(shop, product, staff, channel="agent")) == sorted([web, app, agent])
    offer = shop.api.get(f"/v1/products/{product['id']}/offers", {"channel": "app"}, expect=200)["data"][0]
    assert customer.place_order(customer.cart((product, 1))["id"], offer["id"], expect=409).code == "offer_not_available"
    cart = customer.api.post("/v1/carts", {"channel": "app"}, expect=201).json
    assert cart["channel"] == "app"
    customer.add_line(cart["id"], product, 1, expect=200)
    assert customer.place_order(cart["id"], offer["id"])["contract"]["plan_id"] == app


def test_channels_that_are_not_public_are_not_the_buyers_to_say(customer, shop, product):
    for channel in ("agent", "we", "web,app", " web", "Web"):
        for caller in (shop.api, customer.api):
            assert caller.get(f"/v1/products/{product['id']}/offers", {"channel": channel}, expect=422).pointers == ["query:channel"]
        assert customer.api.post("/v1/carts", {"channel": channel}, expect=422).pointers == ["/channel"]
        assert shop.api.post("/v1/guest-carts", {"channel": channel}, expect=422).pointers == ["/channel"]


def test_segments(customer, new_customer, shop, staff, new_product, wait_until):
    product, vip = new_product(price="50.00"), f"vip-{uuid.uuid4().hex[:8]}"
    plan = shop.new_plan(product, eligibility={"segments": [vip, "friends"]})["id"]
    assert plan not in offered(shop, product, customer.api)
    shop.put_segments(customer, vip, "others")
    wait_until(lambda: offered(shop, product, customer.api) == [plan], 20, "the plan for the segment")
    assert plan not in offered(shop, product) and plan not in offered(shop, product, new_customer().api)
    offer = customer.api.get(f"/v1/products/{product['id']}/offers", expect=200)["data"][0]
    stranger = new_customer()
    assert stranger.place_order(stranger.cart((product, 1))["id"], offer["id"], expect=409).code == "offer_not_available"
    assert customer.place_order(customer.cart((product, 1))["id"], offer["id"])["contract"]["plan_id"] == plan
    shop.put_segments(customer, "others")
    wait_until(lambda: plan not in offered(shop, product, customer.api), 20, "the plan gone with the segment")


def test_days(shop, new_product):
    product, today = new_product(price="50.00"), shop.today()
    day = lambda n: str(today + datetime.timedelta(days=n))   # noqa: E731
    shop.new_plan(product, eligibility={"valid_until": day(-1)})
    shop.new_plan(product, eligibility={"valid_from": day(1)})
    now = shop.new_plan(product, eligibility={"valid_from": day(0), "valid_until": day(0)})["id"]
    assert offered(shop, product) == [now]


def test_amounts_and_currencies(shop, new_product):
    product = new_product(price="50.00")
    shop.new_plan(product, eligibility={"limits": [{"currency": "USD", "max_amount": 4999}]})
    shop.new_plan(product, eligibility={"limits": [{"currency": "USD", "min_amount": 5001}]})
    shop.new_plan(product, currency="COP")
    assert offered(shop, product) == []   # they are the ones for this product, and for other amounts: nothing comes in their place
    fits = shop.new_plan(product, currency="USD", eligibility={"limits": [{"currency": "USD", "min_amount": 5000, "max_amount": 5000, "rounding_unit": 100}]})["id"]
    offer, = shop.offers(product)
    assert offer["plan_id"] == fits and offer["installment_amount"] % 100 == 0


def test_deposits_of_a_mixed_cart_are_one(customer, shop, new_product):
    """30 % of the fridge, 5 dollars for each of two warranties (by category), the plan's 10 % of the rest."""
    category = f"C-{uuid.uuid4().hex[:8]}"
    fridge, warranty, toaster = new_product(price="1000.01"), new_product(price="200.00", category=category), new_product(price="250.05")
    shop.new_plan(fridge, warranty, toaster, currency="USD", deposit_rules=[
        {"category": category, "type": "fixed", "amount": 500}, {"product_id": fridge["id"].upper(), "type": "percent", "value": "0.30"}],
        terms={"method": "annuity", "annual_rate": "0.24", "installments": 6, "deposit": {"type": "percent", "value": "0.1"}})
    alone = {name: shop.offers(product)[0] for name, product in (("fridge", fridge), ("warranty", warranty), ("toaster", toaster))}
    assert {name: offer["deposit"] for name, offer in alone.items()} == {"fridge": 30000, "warranty": 500, "toaster": 2500}
    assert alone["fridge"]["deposit_lines"] == [{"product_id": fridge["id"], "line_total": 100001, "rule": "product", "type": "percent", "value": "0.30",
                                                 "amount": None, "deposit": 30000}]
    assert (alone["warranty"]["deposit_lines"][0]["rule"], alone["toaster"]["deposit_lines"][0]["rule"]) == ("category", "plan")
    cart = customer.cart((fridge, 1), (warranty, 2), (toaster, 1))
    order = customer.place_order(cart["id"], alone["fridge"]["id"]).json
    # 30000.3 + 2500.5 rounded once, and 2 x 500
    assert order["contract"]["deposit"] == 32501 + 1000 and order["contract"]["plan"]["deposit"] == {"type": "fixed", "amount": 33501}
    first, *rows = customer.schedule(order["id"])
    assert first["total"] == 33501 and rows[0]["opening_balance"] == 100001 + 40000 + 25005 - 33501 == order["contract"]["amount_financed"]


def test_lines_that_leave_nothing_to_finance(customer, shop, new_product):
    paid_at_once, other = new_product(price="30.00"), new_product(price="70.00")
    shop.new_plan(paid_at_once, other, deposit_rules=[{"product_id": paid_at_once["id"], "type": "percent", "value": "1"}])
    assert shop.offers(paid_at_once) == []
    offer, = shop.offers(other)
    assert offer["deposit"] == 0
    order = customer.place_order(customer.cart((paid_at_once, 1), (other, 1))["id"], offer["id"]).json
    assert (order["contract"]["deposit"], order["contract"]["amount_financed"]) == (3000, 7000)


def test_prices_that_move_a_deposit_are_asked_again(customer, shop, staff, new_product):
    """The same total by other prices of lines with deposits of their own is another offer."""
    first, second = new_product(price="60.00"), new_product(price="40.00")
    shop.new_plan(first, second, deposit_rules=[{"product_id": first["id"], "type": "percent", "value": "0.5"}])
    cart, offer = customer.cart((first, 1), (second, 1)), shop.offers(first)[0]
    for product, price in ((first, "40.00"), (second, "60.00")):
        staff.post("/v1/products/import", {"sku": product["sku"], "name": product["name"], "price": price, "currency": "USD", "stock": 10, "category": "Test"}, expect=200)
    assert customer.place_order(cart["id"], offer["id"], expect=409).code == "price_changed"
    assert customer.place_order(cart["id"], offer["id"])["contract"]["deposit"] == 2000
