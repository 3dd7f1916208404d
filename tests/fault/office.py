"""What the staff of the shop does: reads, sends goods, makes promotions and plans, writes terms, changes contracts. An operation joins by a line in staff()."""

import datetime

from .accounts import forgive, give_back, keep_books, look_into_books, read_the_bank
from .banking import collect_by_debits, hear_of_debits, record_by_hand
from .client import Client, Person
from .people import an_approver, keep_staff


def staff(world, seed, decide, name="staff"):
    """Somebody in the back office; they share a log-in, and hire others who approve. decide: has a change of a contract computed and confirms it, as customers do."""
    client = Client(name, world, seed, holds_breath=True)
    me = Person(world.staff_login["username"], world.staff_login["password"])
    for first in (lambda: promote(client, me, client.begin()), lambda: change_promotion(client, me, client.begin(), 0.9), lambda: decide_on_credit(client, me, client.begin(), None),
                  lambda: keep_staff(client, me, client.begin())):
        first()
    does = [   # how often, what
        (3, lambda rng, someone: look_up(client, me, rng)), (3, lambda rng, someone: look_at(client, me, rng, someone)), (3, lambda rng, someone: send_goods(client, me, rng)),
        (1, lambda rng, someone: promote(client, me, rng)), (1, lambda rng, someone: change_promotion(client, me, rng, rng.random())),
        (1, lambda rng, someone: rng.choice((keep_plans, keep_legal_rates, keep_terms))(client, me, rng)),
        (1, lambda rng, someone: rng.choice((keep_closures, keep_change_policy))(client, me, rng)), (1, lambda rng, someone: keep_staff(client, me, rng)),
        (3, lambda rng, someone: change_contract(client, me, rng, decide)), (2, lambda rng, someone: decide_on_credit(client, me, rng, someone)),
        (3, lambda rng, someone: quote(client, me, rng, someone)), (2, lambda rng, someone: give_back(client, me, rng)),
        (1, lambda rng, someone: keep_books(client, me, rng)), (1, lambda rng, someone: forgive(client, me, rng, an_approver(client, rng))),
        (1, lambda rng, someone: read_the_bank(client, me, rng)),
        (2, lambda rng, someone: collect_by_debits(client, me, rng)), (3, lambda rng, someone: hear_of_debits(client, me, rng)), (2, lambda rng, someone: record_by_hand(client, me, rng))]
    shares, what = zip(*does)
    while not world.stop.wait(0.2):
        rng = client.begin()
        someone = world.somebody(rng)
        rng.choices(what, shares)[0](rng, someone)
    return client


def look_up(client, me, rng):
    """What lies on the desk."""
    what = rng.randrange(4)
    if what == 0:
        cases = client.get("list_cases", "/v1/collections/cases", me, limit=50)
        if cases and cases.status == 200 and cases["data"]:
            client.get("get_case", f"/v1/collections/cases/{rng.choice(cases['data'])['id']}", me)
    elif what == 1:
        client.get("list_notifications", "/v1/notifications", me, limit=50)
    elif what == 2:
        look_into_books(client, me, rng)
    else:
        client.get("list_orders", "/v1/orders", me, limit=50, status=rng.choice(("pending_payment", "confirmed", "expired")))


def look_at(client, me, rng, someone):
    """What there is about a customer."""
    what = rng.randrange(6)
    if someone is None:
        return
    if what < 2:
        client.get("get_timeline", f"/v1/customers/{someone.id}/timeline", me, limit=50)
    elif what == 2:
        keep_segments(client, me, rng, someone)
    elif what == 3:
        client.get("get_statement", f"/v1/customers/{someone.id}/statement", me, limit=50)
    else:
        client.get("list_payment_methods", "/v1/payment-methods", me, customer_id=someone.id)


def send_goods(client, me, rng):
    """Part of an order, or one step more of what was sent of it; now and then some comes back."""
    page = client.get("list_orders", "/v1/orders", me, limit=20, fulfilment_status=rng.choice(("unfulfilled", "partially_fulfilled", "fulfilled")))
    if not page or page.status != 200 or not page["data"]:
        return
    order = rng.choice(page["data"])["id"]
    seen = client.get("get_order_fulfilment", f"/v1/orders/{order}/fulfilment", me)
    if not seen or seen.status != 200:
        return
    under_way = [each for each in seen["shipments"] if each["status"] not in ("returned", "canceled")]
    waiting = [line for line in seen["lines"] if line["open"] > 0]
    if waiting and (not under_way or rng.random() < 0.5):
        line = rng.choice(waiting)
        units = [{"line": line["line"], "quantity": rng.randint(1, line["open"])}]
        how = {"status": "delivered"} if line["kind"] != "physical" else {"status": rng.choice(("picking", "shipped")), "carrier": "Envíos de prueba"}
        client.post("create_shipment", f"/v1/orders/{order}/shipments", {**how, "lines": units}, me)
    elif under_way:
        shipment = rng.choice(under_way)
        step = {"picking": "delivered" if shipment["kind"] == "service" else "shipped", "shipped": "in_transit", "in_transit": "delivered", "delivered": "returned"}[shipment["status"]]
        if step != "returned" or shipment["kind"] == "parcel" and rng.random() < 0.1:
            client.post("add_shipment_event", f"/v1/shipments/{shipment['id']}/events", {"step": step}, me)


def change_contract(client, me, rng, decide):
    """What only the shop may do to a contract. A write-off wants a second pair of eyes: of who asked for it it must be refused."""
    kind = rng.choices(("reschedule", "refinance", "skip", "return", "withdrawal", "acceleration", "write_off"), (5, 3, 4, 4, 1, 1, 1))[0]
    place = rng.random()
    members = {"reschedule": {"installments": rng.randrange(2, 19), "arrears": rng.choice(("keep", "spread"))}, "refinance": {"annual_rate": rng.choice(("0.06", "0.12"))},
               "skip": {"periods": 1}, "return": {"lines": [{"line": 1, "quantity": 1}], "restock": place < 0.5}}.get(kind, {})
    page = client.get("list_orders", "/v1/orders", me, limit=50, status="confirmed")
    if page is None or page.status != 200 or not page["data"]:
        return
    order = page["data"][int(place * len(page["data"]))]
    if kind == "write_off":
        return write_off(client, me, rng, order["contract"]["id"])
    decide(client, me, rng, order["contract"]["id"], {"kind": kind, "reason": "agreed by telephone", **members})


def write_off(client, me, rng, contract):
    approver, path = an_approver(client, rng), f"/v1/contracts/{contract}/changes"
    computed = client.post("compute_change", path, {"kind": "write_off", "reason": "cannot be found"}, me)
    if computed is None or computed.status != 201:
        return
    for who in (me, approver) if approver else (me,):
        client.post("confirm_change", f"{path}/{computed['id']}/confirm", {}, who, version=computed["version"])
    client.get("get_change", f"{path}/{computed['id']}", me)


# What people look at: in each currency some of the orders, and nobody may owe everything. Two must agree on the dearest; while nobody is hired they wait until it is too late.
CREDIT_LIMITS = [{"currency": "USD", "max_exposure": 4000000, "review_above": 150000, "two_approvers_above": 300000},
                 {"currency": "COP", "max_exposure": 5000000000, "review_above": 400000000, "two_approvers_above": 800000000}]


def decide_on_credit(client, me, rng, someone):
    """The policy once and now and then again, then the orders that wait for somebody."""
    changes, approves, hours = rng.random() < 0.05, rng.random() < 0.7, rng.choice((24, 48))
    policy = client.get("get_credit_policy", "/v1/credit-policy", me)
    if policy is not None and policy.status == 200 and (changes or policy["version"] == 0):
        client.put("put_credit_policy", "/v1/credit-policy", {"limits": CREDIT_LIMITS, "max_dpd": 20, "review_hours": hours}, me, policy["version"])
    approver = an_approver(client, rng)
    waiting = client.get("list_credit_reviews", "/v1/credit-reviews", me, status="open", limit=5)
    for review in waiting["data"] if waiting is not None and waiting.status == 200 else []:
        for who in (me, approver) if approver else (me,):
            decided = client.post("review_credit", f"/v1/orders/{review['order_id']}/credit-review",
                                  {"decision": "approve" if approves else "decline", "reason": "Paga a tiempo"}, who)
            if decided is None or decided.status == 200 and decided["status"] != "open":
                break
    if someone is not None:
        client.get("list_credit_refusals", "/v1/credit-refusals", me, customer_id=someone.id, limit=10)


def quote(client, me, rng, someone):
    """A price of its own for somebody, made again before it is approved, and now and then taken back."""
    product, quantity, again, void, days = rng.choice(client.world.products), rng.choice((1, 2)), rng.random() < 0.4, rng.random() < 0.15, rng.randrange(3, 12)
    offers = client.get("list_offers", f"/v1/products/{product['id']}/offers")
    if someone is None or offers is None or offers.status != 200 or not offers["data"]:
        return
    body = {"lines": [{"product_id": product["id"], "quantity": quantity, "unit_price": product["price"] * 9 // 10}],
            "offer_id": rng.choice(offers["data"])["id"], "valid_until": "2030-01-01T00:00:00Z"}
    made = client.post("create_quote", "/v1/quotes", {"customer_id": someone.id, **body}, me)
    if made is None or made.status != 201:
        return
    path, version = f"/v1/quotes/{made['id']}", 1
    if again:
        body["lines"][0]["unit_price"] -= 1
        body["valid_until"] = (datetime.datetime.fromisoformat(made["made_at"]) + datetime.timedelta(days=days)).isoformat()   # the last ones expire while the run lasts
        revised = client.post("revise_quote", f"{path}/versions", body, me)
        version = revised["version"] if revised is not None and revised.status == 201 else 1
    client.post("approve_quote", f"{path}/approve", {"version": version, "reason": "As agreed"}, me)
    if void:
        client.world.stop.wait(1)
        client.post("void_quote", f"{path}/void", {"reason": "Too late"}, me)
    client.get("get_quote", path, me)


def promote(client, me, rng):
    """A code for few, so that they race for it."""
    number, share = client.key().replace(".", "-"), rng.random()
    takes_off = {"type": "percent", "value": rng.choice(("0.05", "0.1234", "0.30"))} if share < 0.7 else {"type": "fixed", "amount": rng.randrange(100, 5000), "currency": "USD"}
    body = {"code": f"P-{number}".upper(), **takes_off, "max_uses": rng.randrange(1, 7), "max_uses_per_customer": rng.choice((1, 2))}
    made = client.post("create_promotion", "/v1/promotions", body, me)
    if made is not None and made.status == 201:
        client.world.promotions.append(made["code"])
        client.get("get_promotion", f"/v1/promotions/{made['id']}", me)


def change_promotion(client, me, rng, share):
    """One of the last: a limit that may be below what is used, or its end, for good."""
    body = {"active": False} if share < 0.5 else {"name": f"Campaña {client.key()}", "max_uses": rng.randrange(1, 9), "max_uses_per_customer": rng.choice((1, 2, None))}
    page = client.get("list_promotions", "/v1/promotions", me, limit=4)
    if page is not None and page.status == 200 and page["data"]:
        promotion = page["data"][int(share * len(page["data"]))]
        client.patch("change_promotion", f"/v1/promotions/{promotion['id']}", body, me, promotion["version"])


def keep_plans(client, me, rng):
    """A plan for one product, and later another rate: what was offered at the old one is not to be had any more."""
    product, rate, limit = rng.choice(client.world.products)["id"], rng.choice(("0.12", "0.24")), rng.choice((2, 50))
    plans = client.get("list_plans", "/v1/plans", me, limit=limit)
    ours = [each for each in plans["data"] if each["code"].startswith("fault-")] if plans is not None and plans.status == 200 else []
    if len(ours) < 3:
        client.post("create_plan", "/v1/plans", {
            "code": f"fault-{client.key()}", "name": {"es": "Plan de prueba", "en": "Test plan"}, "terms": {"method": "annuity", "annual_rate": rate, "installments": 6, "due_dates": {"business_day": "following", "calendar": "UY"}},
            "eligibility": {"products": [product]}}, me)
        return
    plan = client.get("get_plan", f"/v1/plans/{rng.choice(ours)['id']}", me)
    if plan is not None and plan.status == 200:
        client.patch("change_plan", f"/v1/plans/{plan['id']}", {"terms": {"annual_rate": rate}, "position": 100 + limit}, me, plan["version"])


def keep_legal_rates(client, me, rng):
    """Of a country the shop does not sell in: nobody's offer is another because of it."""
    rate, month = rng.choice(("0.8", "0.95")), rng.randrange(1, 13)
    client.post("create_legal_rate", "/v1/legal-rates", {"country": "PE", "valid_from": f"2031-{month:02}-01", "max_rate": rate, "source": "Prueba"}, me)
    client.get("list_legal_rates", "/v1/legal-rates", me, country="PE", limit=10)


def keep_closures(client, me, rng):
    """Days on which due dates of the plans above may lie; some are taken back."""
    today, removes, ahead = rng.randrange(1, 29), rng.random() < 0.5, rng.randrange(1, 8)
    page = client.get("list_closures", "/v1/closures", me, limit=50)
    if page is None or page.status != 200:
        return
    if removes and page["data"]:
        client.delete("remove_closure", f"/v1/closures/{rng.choice(page['data'])['id']}", me)
    else:
        day = f"2027-{ahead:02}-{today:02}"
        client.post("create_closure", "/v1/closures", {"calendar": rng.choice(("UY", None)), "from": day, "to": day, "reason": "Prueba"}, me)


def keep_change_policy(client, me, rng):
    policy = {"withdrawal_days": rng.choice((None, 10, 30)), "due_day_later": rng.choice((15, 20)), "due_day_months": rng.choice((0, 6))}
    read = client.get("get_change_policy", "/v1/change-policy", me)
    if read is not None and read.status == 200:
        client.put("put_change_policy", "/v1/change-policy", policy, me, read["version"])


def keep_terms(client, me, rng):
    """A draft, and now and then its publication: for a day far away, so that what customers accept meanwhile is what they read."""
    version, publishes = f"f-{client.key()}"[:40], rng.random() < 0.5
    text = {"title": "Condiciones", "body": f"# Condiciones {version}\n\n1. Una.\n"}
    made = client.post("create_terms", "/v1/terms", {"version": version, "es": text, "en": text}, me)
    if made is None or made.status != 201:
        return
    if publishes:
        client.post("publish_terms", f"/v1/terms/{version}/publish", {"in_force_from": "2190-01-01"}, me)
    client.get("get_terms_version", f"/v1/terms/versions/{version}", me)
    client.get("list_terms_versions", "/v1/terms/versions", me)


def keep_segments(client, me, rng, someone):
    segments = rng.choice((["vip"], ["vip", "b2b"], []))
    read = client.get("get_segments", f"/v1/customers/{someone.id}/segments", me)
    if read is not None and read.status == 200:
        client.put("put_segments", f"/v1/customers/{someone.id}/segments", {"segments": segments}, me, read["version"])
