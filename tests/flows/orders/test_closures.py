"""Days the shop is closed (/v1/closures): due dates move off them from then on, what was agreed keeps its own. All in calendars no other test names, since they count
for the whole shop."""

import datetime
import uuid

import pytest

CALENDAR = "UY"


def plus(date, days):
    return (date + datetime.timedelta(days=days)).isoformat()


@pytest.fixture
def close(staff):
    """close(from, to, ...): the closure; taken back after the test."""
    made = []

    def create(first, last, expect=201, **changes):
        body = {"calendar": CALENDAR, "from": str(first), "to": str(last), "reason": "Inventario", **changes}
        reply = staff.post("/v1/closures", {name: value for name, value in body.items() if value is not None}, expect=expect)
        if reply.status == 201:
            made.append(reply["id"])
        return reply
    yield create
    for each in made:
        staff.request("DELETE", f"/v1/closures/{each}", expect=200)


@pytest.fixture
def open_day(api):
    """The first open day of the calendar from a date on, as the engine says; asked with no closures."""
    def ask(date, closures=()):
        terms = {"currency": "USD", "principal": 1000, "method": "interest_free", "installments": 1, "start_date": plus(date, -1), "first_due_date": date.isoformat(),
                 "due_dates": {"business_day": "following", "calendar": CALENDAR, "closures": list(closures)}}
        return datetime.date.fromisoformat(api.post("/v1/simulations", terms, expect=200)["installments"][0]["due_date"])
    return ask


def simulate(api, start, first, **due_dates):
    terms = {"currency": "USD", "principal": 120000, "method": "annuity", "annual_rate": "0.24", "installments": 6, "start_date": str(start), "first_due_date": str(first),
             "due_dates": {"business_day": "following", "calendar": CALENDAR, **due_dates}}
    return api.post("/v1/simulations", terms, expect=200)


def test_as_it_was_said(staff, close, shop):
    first = shop.today() + datetime.timedelta(days=300)
    made = close(first, plus(first, 2)).json
    assert (made["calendar"], made["from"], made["to"], made["reason"]) == (CALENDAR, str(first), plus(first, 2), "Inventario")
    assert made["created_by"] and made["removed_at"] is None and made["removed_by"] is None
    listed = list(staff.pages("/v1/closures", {"calendar": CALENDAR, "limit": 1}))
    assert made in listed
    assert made not in list(staff.pages("/v1/closures", {"calendar": "EC"}))
    removed = staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200).json
    assert removed["removed_at"] and removed["removed_by"] and {**removed, "removed_at": None, "removed_by": None} == made
    assert staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200).json == removed
    assert made["id"] not in [each["id"] for each in staff.pages("/v1/closures")]
    assert staff.request("DELETE", f"/v1/closures/{uuid.uuid4()}", expect=404).code == "not_found"


def test_the_latest_days_first_page_by_page(staff, close, shop):
    start = shop.today() + datetime.timedelta(days=400)
    made = [close(plus(start, n % 3), plus(start, n % 3))["id"] for n in range(5)]
    seen = [(each["to"], each["id"]) for each in staff.pages("/v1/closures", {"calendar": CALENDAR, "limit": 2})]
    assert seen == sorted(seen, reverse=True) and set(made) <= {each for _, each in seen}


def test_the_same_key_says_it_once(staff, close, shop):
    first, key = shop.today() + datetime.timedelta(days=500), str(uuid.uuid4())
    body = {"calendar": CALENDAR, "from": str(first), "to": str(first), "reason": "x"}
    made, again = staff.post("/v1/closures", body, key=key, expect=201), staff.post("/v1/closures", body, key=key, expect=201)
    assert made.body == again.body
    staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200)


@pytest.mark.parametrize("change, pointer", [
    ({"calendar": "ZZ"}, "/calendar"), ({"calendar": "UYU"}, "/calendar"), ({"last": -1}, "/to"), ({"last": 92}, "/to"), ({"first": -10, "last": -9}, "/to"),
    ({"reason": ""}, "/reason"), ({"reason": None}, "/reason")])
def test_wrong_ones(close, shop, change, pointer):
    start = shop.today()
    first, last = (plus(start, change.pop(name, 0)) for name in ("first", "last"))
    assert close(first, last, expect=422, **change).pointers == [pointer]


def test_not_without_end(staff, close, shop):
    first = shop.today() + datetime.timedelta(days=600)
    known = sum(each["to"] > plus(shop.today(), 2) for each in staff.pages("/v1/closures"))   # what has passed does not count, by the day it is where the shop is or in UTC
    replies = []
    while len(replies) <= 100 - known and (not replies or replies[-1].status == 201):
        replies.append(close(first, first, expect=(201, 409)))
    assert replies[-1].code == "too_many_closures" and known + len(replies) - 1 <= 100


def test_who_may(api, customer, shop):
    body = {"from": str(shop.today()), "to": str(shop.today()), "reason": "x"}
    assert api.post("/v1/closures", body, expect=401).code == "unauthenticated"
    assert customer.api.post("/v1/closures", body, expect=403).code == "forbidden"
    assert customer.api.get("/v1/closures", expect=403).code == "forbidden"


def test_simulations_count_them(api, shop, close, staff, open_day):
    start = shop.today()
    first = open_day(start + datetime.timedelta(days=40))
    plain = simulate(api, start, first)
    assert plain["installments"][0]["due_date"] == str(first)
    made = close(first, first)
    moved = open_day(first, [{"from": str(first), "to": str(first)}])
    assert moved > first
    counted = simulate(api, start, first)
    assert counted["installments"][0]["due_date"] == str(moved)
    assert counted.body == simulate(api, start, first, closures=[{"from": str(first), "to": str(first)}]).body, "as if they had been named"
    assert simulate(api, start, first, closures=[]).body == plain.body, "whoever says which days are closed is taken at their word"
    assert simulate(api, start, first, calendar="EC").body == simulate(api, start, first, calendar="EC", closures=[]).body, "of another calendar"
    staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200)
    assert simulate(api, start, first).body == plain.body


@pytest.mark.parametrize("due_dates, pointer", [
    ({"closures": [{"from": "2026-12-02", "to": "2026-12-01"}]}, "/due_dates/closures/0/to"), ({"closures": [{"from": "2026-12-02"}]}, "/due_dates/closures/0/to"),
    ({"closures": [{"from": "2026-01-01", "to": "2026-04-03"}]}, "/due_dates/closures/0/to"), ({"closures": [{"from": "x", "to": "2026-04-03"}]}, "/due_dates/closures/0/from")])
def test_wrong_ones_in_terms(api, due_dates, pointer):
    terms = {"currency": "USD", "principal": 120000, "method": "interest_free", "installments": 6, "due_dates": {"business_day": "following", **due_dates}}
    assert api.post("/v1/simulations", terms, expect=422).pointers == [pointer]


@pytest.fixture
def plan(shop, new_product, open_day):
    """(product, offer, first due date): a plan whose dates move off closed days, its first due date open."""
    first = open_day(shop.today() + datetime.timedelta(days=33))
    product = new_product(price="600.00")
    shop.new_plan(product, terms={"method": "annuity", "annual_rate": "0.24", "installments": 6, "first_due_date": str(first), "day_count": "actual/365",
                                  "due_dates": {"business_day": "following", "calendar": CALENDAR}})
    return product, shop.offer(product), first


def test_what_was_shown_is_what_is_sold(shop, staff, customer, plan, close, open_day):
    product, offer, first = plan
    assert offer["first_due_date"] == str(first)
    cart = customer.cart((product, 1))
    def preview():
        return customer.api.post(f"/v1/carts/{cart['id']}/contract-preview", {"offer_id": offer["id"]}, expect=200)
    shown = preview()["sha256"]
    made = close(first, plus(first, 1), calendar=None)
    moved = open_day(first, [{"from": str(first), "to": plus(first, 1)}])
    assert shop.offer(product)["first_due_date"] == str(moved)
    assert customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"][0]["first_due_date"] == str(moved)
    assert customer.place_order(cart["id"], offer["id"], contract_sha256=shown, expect=409).code == "contract_changed"
    order = customer.place_order(cart["id"], offer["id"], contract_sha256=preview()["sha256"]).json
    assert str(moved) in [row["due_date"] for row in customer.schedule(order["id"])]
    staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200)
    assert str(moved) in [row["due_date"] for row in customer.schedule(order["id"])], "what was agreed keeps its dates"


def test_quotes_count_them_when_accepted(shop, customer, plan, close, open_day):
    product, offer, first = plan
    quote = shop.quote(customer, (product, 1), offer=offer)
    close(first, first)
    moved = open_day(first, [{"from": str(first), "to": str(first)}])
    order = customer.api.post(f"/v1/quotes/{quote['id']}/accept", {"version": 1, "terms_version": "v1", "terms_accepted": True}, key=True, expect=201).json
    assert str(moved) in [row["due_date"] for row in customer.schedule(order["id"])]


def test_contracts_keep_theirs_and_changes_count_them(shop, staff, customer, plan, close, change, confirm, open_day, agrees):
    """Sold with one closure; then another stands in the way of the third installment. A prepayment that leaves the dates leaves them; a new schedule does not."""
    product, offer, first = plan
    sold_with = close(first, first)
    order, _ = shop.buy(customer, product, offer=shop.offer(product))
    dates = [row["due_date"] for row in customer.schedule(order["id"]) if row["number"] > 0]
    assert dates[0] == str(open_day(first, [{"from": str(first), "to": str(first)}]))
    staff.request("DELETE", f"/v1/closures/{sold_with['id']}", expect=200)
    third = datetime.date.fromisoformat(dates[2])
    close(third, plus(third, 3))
    prepaid = change(customer.api, order, "prepayment", amount=10000, choice="lower_installment").json
    confirm(customer.api, prepaid)
    assert str(third) in [row["due_date"] for row in customer.schedule(order["id"])], "rows with dates of their own keep them"
    pay = customer.pay(order["id"], amount=10000).json
    shop.wait_payment(customer, pay["id"])
    longer = change(staff, order, "reschedule", installments=7, reason="agreed").json
    confirm(staff, longer)
    now = [row["due_date"] for row in agrees(order)["installments"] if row["number"] > 0 and row["status"] != "paid"]
    assert str(third) not in now and str(open_day(third, [{"from": str(third), "to": plus(third, 3)}])) in now
    again = change(staff, order, "skip", periods=1, reason="agreed").json
    confirm(staff, again)
    agrees(order)


@pytest.mark.parametrize("quoted", [False, True])
def test_what_a_plan_says_is_closed_stays_with_its_contracts(api, shop, staff, customer, new_product, close, change, confirm, open_day, agrees, quoted):
    """The plan's days are in force in every version of a contract, and the shop's in none, whatever the plan says since."""
    first = open_day(shop.today() + datetime.timedelta(days=33))
    fourth = datetime.date.fromisoformat(simulate(api, shop.today(), first, closures=[])["installments"][3]["due_date"])
    own = [{"from": str(fourth), "to": plus(fourth, 2)}]
    product = new_product(price="600.00")
    plan = shop.new_plan(product, terms={"method": "annuity", "annual_rate": "0.24", "installments": 6, "first_due_date": str(first), "day_count": "actual/365",
                                         "due_dates": {"business_day": "following", "calendar": CALENDAR, "closures": own}}).json
    offer = shop.offer(product)
    if quoted:
        quote = shop.quote(customer, (product, 1), offer=offer)
        order = customer.api.post(f"/v1/quotes/{quote['id']}/accept", {"version": 1, "terms_version": "v1", "terms_accepted": True}, key=True, expect=201).json
        shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    else:
        order, _ = shop.buy(customer, product, offer=offer)
    shop.change_plan(plan, {"terms": {**plan["terms"], "due_dates": {"business_day": "following", "calendar": CALENDAR, "closures": []}}})

    def dates():
        return [row["due_date"] for row in agrees(order)["installments"] if row["number"] > 0 and row["status"] != "rescheduled"]
    moved = open_day(fourth, own)
    assert str(moved) in dates() and str(fourth) not in dates()
    made = close(moved, plus(moved, 4))
    for installments in (7, 8):   # the second is a change of what the first kept
        confirm(staff, change(staff, order, "reschedule", installments=installments, reason="agreed").json)
        assert str(moved) in dates() and str(fourth) not in dates(), f"{installments} installments"
    staff.request("DELETE", f"/v1/closures/{made['id']}", expect=200)


def test_the_last_closure_taken_back_counts_no_more(shop, staff, customer, plan, close, change, open_day):
    """Sold with the only closure there is, which is taken back: new dates are those of a shop that is never closed."""
    product, offer, first = plan
    for other in list(staff.pages("/v1/closures")):   # of other tests
        staff.request("DELETE", f"/v1/closures/{other['id']}", expect=200)
    second = open_day(datetime.date.fromisoformat(offer["first_due_date"]) + datetime.timedelta(days=31))
    only = close(second - datetime.timedelta(days=10), plus(second, 10))
    order, _ = shop.buy(customer, product, offer=shop.offer(product))
    sold = [row["due_date"] for row in customer.schedule(order["id"]) if row["number"] > 0]
    staff.request("DELETE", f"/v1/closures/{only['id']}", expect=200)
    assert not list(staff.pages("/v1/closures")), "no other is in force"
    longer = change(staff, order, "reschedule", installments=7, reason="agreed").json
    now = [row["due_date"] for row in longer["result"]["installments"] if row["change"] == "new"]
    assert sold[1] > plus(second, 10) and sold[1] not in now and any(plus(second, -10) <= date <= plus(second, 10) for date in now)
