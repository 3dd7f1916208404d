"""GET /v1/orders"""

import base64
import datetime


def test_newest_first_page_by_page(customer, shop, new_product):
    product = new_product(stock=10)
    placed = [shop.order(customer, product)["id"] for _ in range(5)]
    page = customer.api.get("/v1/orders", {"limit": 2}, expect=200).json
    assert [order["id"] for order in page["data"]] == placed[:-3:-1]
    assert page["data"][0] == customer.order(placed[-1])
    assert [order["id"] for order in customer.api.pages("/v1/orders", {"limit": 2})] == placed[::-1]


def test_by_state(customer, shop, new_product, staff):
    product = new_product(stock=10)
    waiting = shop.order(customer, product)["id"]
    confirmed = shop.buy(customer, product)[0]["id"]
    assert [order["id"] for order in customer.api.pages("/v1/orders", {"status": "confirmed"})] == [confirmed]
    for query, expected in (({"status": "pending_payment"}, [waiting]), ({}, [confirmed, waiting])):
        assert [order["id"] for order in staff.pages("/v1/orders", {"customer_id": customer.id, **query})] == expected
    assert confirmed in [order["id"] for order in staff.pages("/v1/orders", {"status": "confirmed", "limit": 100})]
    assert staff.get("/v1/orders", {"limit": 1}, expect=200)["data"][0]["id"] >= confirmed


def test_customers_see_their_own(customer, new_customer, shop, product, api):
    shop.order(customer, product)
    other = new_customer()
    assert other.api.get("/v1/orders", expect=200).json == {"data": [], "next_cursor": None}
    assert other.api.get("/v1/orders", {"customer_id": customer.id}, expect=200)["data"] == []
    assert api.get("/v1/orders", expect=401).code == "unauthenticated"


def test_wrong_queries(customer):
    for query, pointer in (({"status": "lost"}, "query:status"), ({"limit": 0}, "query:limit"), ({"limit": 101}, "query:limit"),
                           ({"customer_id": "me"}, "query:customer_id"), ({"cursor": "!"}, "query:cursor"),
                           ({"cursor": base64.urlsafe_b64encode(b"not an id").decode()}, "query:cursor"), ({"page": 2}, "query:page")):
        reply = customer.api.get("/v1/orders", query, expect=422)
        assert pointer in reply.pointers, reply


def ids(api, **query):
    return [order["id"] for order in api.pages("/v1/orders", {"limit": 1, **query})]


def test_by_how_far_they_are(customer, shop, new_product, staff):
    product = new_product(stock=10)
    shop.order(customer, product)
    waiting, sent, done, also_done = (shop.buy(customer, product)[0]["id"] for _ in range(4))
    for order, status in ((sent, "shipped"), (done, "delivered"), (also_done, "delivered")):
        staff.request("POST", f"/v1/orders/{order}/shipments", json={"status": status, "carrier": "Servientrega"}, key=True, expect=201)
    assert ids(customer.api, fulfilment_status="fulfilled") == [also_done, done]
    for query in ({}, {"status": "confirmed"}):
        assert ids(staff, customer_id=customer.id, fulfilment_status="unfulfilled", **query) == [sent, waiting]
        everybodys = ids(staff, fulfilment_status="fulfilled", **query)
        assert everybodys[:2] == [also_done, done] and everybodys == sorted(set(everybodys), reverse=True)
    assert not ids(customer.api, fulfilment_status="returned") and not ids(customer.api, fulfilment_status="fulfilled", status="completed")
    assert not set(ids(staff, fulfilment_status="fulfilled", status="completed")) & {done, also_done}


def test_by_date(customer, shop, new_product, staff):
    product = new_product(stock=10)
    first = shop.order(customer, product)["id"]
    day = shop.today()
    shop.advance(2)
    second = shop.order(customer, product)["id"]
    later = shop.today()
    assert (later - day).days == 2
    for caller, query in ((customer.api, {}), (staff, {"customer_id": customer.id})):
        assert ids(caller, placed_from=day, placed_to=day, **query) == [first]
        assert ids(caller, placed_from=later, **query) == [second]
        assert ids(caller, placed_to=later, **query) == [second, first]
        assert not ids(caller, placed_from=later + (later - day), **query)
    assert second in ids(staff, placed_from=later, limit=100) and first not in ids(staff, placed_from=later, limit=100)
    state = customer.order(second)["status"]
    assert second in ids(staff, placed_from=later, placed_to=later, status=state, limit=100)


def test_the_longest_past_due_first(new_customer, shop, new_product, staff, wait_until):
    """Three installments a month apart, of which the first is paid: past due from a month and a day on. Paying ends it."""
    customer, product = new_customer(), new_product(stock=10)

    def buy():
        return shop.buy(customer, product, save=False)[0]
    early = buy()
    shop.advance(2)
    late = buy()
    due = {order["id"]: customer.schedule(order["id"])[1]["due_date"] for order in (early, late)}
    shop.advance_to(datetime.date.fromisoformat(max(due.values())) + datetime.timedelta(days=3))
    wait_until(lambda: len(ids(customer.api, dpd_min=1)) == 2, 20, "both past due")
    assert [customer.order(order["id"])["overdue_since"] for order in (early, late)] == list(due.values())
    today = shop.today()
    dpd = {order: (today - datetime.date.fromisoformat(date)).days for order, date in due.items()}
    assert ids(customer.api, dpd_min=1) == [early["id"], late["id"]]
    assert ids(customer.api, dpd_min=dpd[early["id"]]) == [early["id"]]
    assert ids(customer.api, dpd_max=dpd[late["id"]]) == [late["id"]]
    mine = {"customer_id": customer.id}
    assert ids(staff, dpd_min=1, fulfilment_status="unfulfilled", status="confirmed", **mine) == [early["id"], late["id"]]
    assert not ids(staff, dpd_min=1, fulfilment_status="fulfilled", **mine) and not ids(staff, dpd_min=1, status="canceled", **mine)
    for query in ({}, {"status": "confirmed"}, {"fulfilment_status": "unfulfilled"}):
        everybodys = list(staff.pages("/v1/orders", {"dpd_min": 1, "limit": 1, **query}))
        assert [order["overdue_since"] for order in everybodys] == sorted(order["overdue_since"] for order in everybodys)
        assert [order["id"] for order in everybodys if order["customer_id"] == customer.id] == [early["id"], late["id"]]
        assert len({order["id"] for order in everybodys}) == len(everybodys)
    row = next(row for row in customer.schedule(early["id"]) if row["status"] == "overdue")
    payment = customer.pay(early["id"], amount=row["outstanding"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    wait_until(lambda: ids(customer.api, dpd_min=1) == [late["id"]], 20, "one of them up to date")
    assert customer.order(early["id"])["overdue_since"] is None


def test_wrong_filters(customer, staff):
    for query, pointer in (({"fulfilment_status": "lost"}, "query:fulfilment_status"), ({"placed_from": "2026-13-01"}, "query:placed_from"),
                           ({"dpd_min": 0}, "query:dpd_min"), ({"dpd_max": "x"}, "query:dpd_max"),
                           ({"dpd_min": 1, "cursor": base64.urlsafe_b64encode(b"x|y").decode()}, "query:cursor")):
        assert pointer in customer.api.get("/v1/orders", query, expect=422).pointers
    assert staff.get("/v1/orders", {"placed_from": "9999-12-31", "placed_to": "0001-01-01"}, expect=200)["data"] == []
