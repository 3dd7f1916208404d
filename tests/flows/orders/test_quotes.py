"""/v1/quotes: what staff offers one customer, approved, accepted once."""

import datetime
import threading
import uuid

import pytest


def accept(customer, quote, key=True, expect=201, **changes):
    body = {"version": quote["version"], "terms_version": "v1", "terms_accepted": True, **changes}
    return customer.api.post(f"/v1/quotes/{quote['id']}/accept", body, key=key, expect=expect)


def decide(staff, quote, what, expect=200, **body):
    return staff.post(f"/v1/quotes/{quote['id']}/{what}", {"reason": "As agreed", **body}, expect=expect)


def test_prices_and_terms_of_its_own_become_the_order(customer, shop, staff, new_product):
    one, two = new_product(stock=5, price="100.00"), new_product(stock=5, price="50.00")
    plan = shop.offer(one, installments=12)
    first = (shop.today() + datetime.timedelta(days=45)).isoformat()
    quote = shop.quote(customer, (one, (2, 9000)), (two, 1), offer=plan, note="Two for less", approve=False,
                       terms={"annual_rate": "0.06", "installments": 12, "deposit": {"type": "fixed", "amount": 3000}, "first_due_date": first})
    assert (quote["status"], quote["version"], quote["total"], quote["note"]) == ("draft", 1, 23000, "Two for less")
    assert [(line["unit_price"], line["line_total"]) for line in quote["lines"]] == [(9000, 18000), (5000, 5000)]
    assert (quote["offer"]["deposit"], quote["offer"]["annual_rate"], quote["offer"]["first_due_date"]) == (3000, "0.06", first)
    assert customer.api.get(f"/v1/quotes/{quote['id']}", expect=404).code == "not_found"      # a draft is the shop's own
    assert accept(customer, quote, expect=404).code == "not_found"
    quote = decide(staff, quote, "approve", version=1).json
    assert (quote["status"], quote["reason"]) == ("approved", "As agreed")
    assert customer.api.get(f"/v1/quotes/{quote['id']}", expect=200).json == quote == list(customer.api.pages("/v1/quotes"))[0]
    staff.post("/v1/products/import", {"sku": one["sku"], "name": one["name"], "price": "999.00", "currency": "USD", "category": one["category"]}, expect=200)
    key = str(uuid.uuid4())
    order = accept(customer, quote, key=key).json
    assert accept(customer, quote, key=key).json == order
    assert (order["goods_total"], order["contract"]["deposit"], order["total_payable"]) == (23000, 3000, quote["offer"]["total_payable"])
    assert order["lines"] == quote["lines"] and order["contract"]["plan"]["annual_rate"] == "0.06"
    assert customer.schedule(order["id"])[1]["due_date"] == first
    quote = customer.api.get(f"/v1/quotes/{quote['id']}", expect=200).json
    assert (quote["status"], quote["order_id"]) == ("converted", order["id"])
    assert shop.api.get(f"/v1/products/{one['id']}", expect=200)["available"] == 3
    payment = shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    assert (payment["status"], payment["amount"]) == ("succeeded", 3000)
    shop.wait_order(customer, order["id"], "confirmed")


def test_from_a_cart(customer, new_customer, shop, staff, product):
    cart = customer.cart((product, 2))
    until = shop.day_begins(3)
    body = {"customer_id": customer.id, "cart_id": cart["id"], "offer_id": shop.offers(product)[0]["id"], "valid_until": until}
    quote = staff.post("/v1/quotes", body, expect=201).json
    assert quote["lines"] == cart["lines"]
    assert staff.post("/v1/quotes", {**body, "customer_id": new_customer().id}, expect=422).pointers == ["/cart_id"]
    assert staff.post("/v1/quotes", {**body, "lines": [{"product_id": product["id"], "quantity": 1}]}, expect=422).pointers == ["/lines"]
    assert staff.post("/v1/quotes", {**body, "valid_until": "2020-01-01T00:00:00Z"}, expect=422).pointers == ["/valid_until"]
    assert staff.post("/v1/quotes", {**body, "offer_id": str(uuid.uuid4())}, expect=422).code == "offer_not_found"


def test_a_plan_that_is_not_for_so_little(customer, shop, staff, new_product):
    dear, cheap = new_product(price="500.00"), new_product(price="5.00")
    plan = shop.new_plan(dear, cheap, eligibility={"limits": [{"currency": "USD", "min_amount": 10000}]}).json
    body = {"customer_id": customer.id, "offer_id": next(each["id"] for each in shop.offers(dear) if each["plan_id"] == plan["id"]),
            "valid_until": shop.day_begins(3)}
    assert staff.post("/v1/quotes", {**body, "lines": [{"product_id": cheap["id"], "quantity": 1}]}, expect=409).code == "offer_not_available"
    assert staff.post("/v1/quotes", {**body, "lines": [{"product_id": cheap["id"], "quantity": 20}]}, expect=201)["total"] == 10000


def test_versions_never_change_and_only_the_last_counts(customer, shop, staff, product):
    quote = shop.quote(customer, (product, (1, 10000)))
    body = {"lines": [{"product_id": product["id"], "quantity": 1, "unit_price": 9000}], "offer_id": quote["offer"]["id"], "valid_until": quote["valid_until"]}
    again = staff.post(f"/v1/quotes/{quote['id']}/versions", body, expect=201).json
    assert (again["status"], again["version"], again["total"]) == ("draft", 2, 9000)
    assert staff.get(f"/v1/quotes/{quote['id']}", {"version": 1}, expect=200)["lines"] == quote["lines"]
    assert accept(customer, quote, expect=409).code == "quote_changed"
    assert decide(staff, quote, "approve", version=1, expect=409).code == "quote_changed"
    decide(staff, quote, "approve", version=2)
    assert decide(staff, quote, "approve", version=2, expect=409).code == "quote_approved"
    assert accept(customer, quote, expect=409).code == "quote_changed"
    assert accept(customer, again)["goods_total"] == 9000
    assert staff.post(f"/v1/quotes/{quote['id']}/versions", body, expect=409).code == "quote_converted"
    assert decide(staff, quote, "void", expect=409).code == "quote_converted"


def test_void_and_expired_quotes(customer, shop, staff, product):
    void, drafted = shop.quote(customer, (product, 1)), shop.quote(customer, (product, 1), approve=False)
    assert decide(staff, void, "void")["status"] == decide(staff, drafted, "void")["status"] == "void"
    assert accept(customer, void, expect=409).code == "quote_void"
    assert decide(staff, void, "void", expect=409).code == "quote_void"
    assert decide(staff, drafted, "approve", version=1, expect=409).code == "quote_void"
    tomorrow = shop.day_begins(1)
    late = shop.quote(customer, (product, 1), valid_until=tomorrow)
    never = shop.quote(customer, (product, 1), valid_until=tomorrow, approve=False)
    shop.advance(2)
    assert accept(customer, late, expect=409).code == "quote_expired"
    assert customer.api.get(f"/v1/quotes/{late['id']}", expect=200)["status"] == "expired"
    assert decide(staff, never, "approve", version=1, expect=409).code == "quote_expired"


def test_whose_it_is(customer, new_customer, shop, staff, product):
    quote, other = shop.quote(customer, (product, 1)), new_customer()
    assert other.api.get(f"/v1/quotes/{quote['id']}", expect=404).code == "not_found"
    assert accept(other, quote, expect=404).code == "not_found" and list(other.api.pages("/v1/quotes")) == []
    assert customer.api.post(f"/v1/quotes/{quote['id']}/approve", {"version": 1, "reason": "x"}, expect=403).code == "forbidden"
    assert accept(customer, quote, terms_accepted=False, expect=422).pointers == ["/terms_accepted"]
    # Its cart is nobody's to fill or to order by itself.
    assert customer.add_line(quote["id"], product, 1, expect=409).code == "cart_quoted"
    assert customer.api.request("PUT", f"/v1/carts/{quote['id']}/lines/{product['id']}", {"quantity": 5}, expect=409).code == "cart_quoted"
    assert customer.api.request("PUT", f"/v1/carts/{quote['id']}/promotion", {}, expect=409).code == "cart_quoted"
    assert customer.place_order(quote["id"], quote["offer"]["id"], expect=409).code == "cart_quoted"


@pytest.mark.parametrize("rival", ["accept", "void"])
def test_it_is_ordered_once_or_void(customer, shop, staff, new_product, rival):
    product = new_product(stock=20)
    quote, replies = shop.quote(customer, (product, 1)), []
    calls = [lambda: replies.append(accept(customer, quote, expect=None)) for _ in range(8)]
    if rival == "void":
        calls.insert(2, lambda: replies.append(decide(staff, quote, "void", expect=None)))
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    orders = list(customer.api.pages("/v1/orders"))
    won = [reply for reply in replies if reply.status in (200, 201)]
    assert len(won) == 1 and {reply.status for reply in replies if reply not in won} <= {404, 409}
    stands = customer.api.get(f"/v1/quotes/{quote['id']}", expect=200)
    if won[0].status == 201:
        assert [order["id"] for order in orders] == [won[0]["id"]] == [stands["order_id"]] and stands["status"] == "converted"
    else:
        assert orders == [] and stands["status"] == "void"
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 19 or won[0].status == 200
