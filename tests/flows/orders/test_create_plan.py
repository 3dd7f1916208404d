"""POST /v1/plans: what a plan is, what it is refused for, and that what it says is what is offered and sold."""

import uuid

import pytest

from support.shop import plan_definition as definition


def test_a_plan_is_what_was_given(staff, shop, new_product):
    reply = shop.new_plan(new_product(), counts=[3, 6], release={"policy": "layaway", "percent": "0.5"}, position=7)
    plan = reply.json
    assert (plan["version"], plan["active"], plan["position"], plan["counts"]) == (1, True, 7, [3, 6])
    assert plan["terms"] == {"method": "annuity", "annual_rate": "0.24", "installments": 6} and plan["updated_by"]
    assert reply.headers["Location"] == f"/v1/plans/{plan['id']}" and reply.headers["ETag"] == '"1"'
    read = staff.get(f"/v1/plans/{plan['id']}", expect=200)
    assert read.json == plan and read.headers["ETag"] == '"1"'


def test_the_same_key_makes_one_plan(staff, product):
    body, key = definition(eligibility={"products": [product["id"]]}, active=False), str(uuid.uuid4())
    first, again = staff.post("/v1/plans", body, key=key, expect=201), staff.post("/v1/plans", body, key=key, expect=201)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true" and again.headers["ETag"] == '"1"'
    assert staff.post("/v1/plans", body, expect=409).code == "plan_code_taken"


def test_each_count_is_an_offer(shop, new_product):
    product = new_product(price="90.00")
    plan = shop.new_plan(product, counts=[6, 3])
    offers = shop.offers(product)
    assert [offer["installments"] for offer in offers] == [3, 6] and len({offer["id"] for offer in offers}) == 2
    assert {(offer["plan_id"], offer["plan_version"], offer["name"]) for offer in offers} == {(plan["id"], 1, "Plan de prueba")}
    assert offers[0]["release"] == {"policy": "immediate"} and offers[0]["deposit_lines"] == [] and offers[0]["upfront"] == 0


def test_numbers_and_ids_are_kept_in_one_way(shop, staff, customer, new_product, wait_until):
    """JSON's 2.0 is an integer, but none to SQL, which reads what was kept: offers of its currency, and the gate of a layaway."""
    product = new_product(price="90.00")
    plan = staff.post("/v1/plans", definition(
        position=1.0, currency="USD", counts=[3.0, 6], release={"policy": "layaway", "installments": 2.0}, deposit_rules=[
            {"product_id": product["id"].upper(), "type": "fixed", "amount": 1000.0}],
        eligibility={"products": [product["id"].upper()], "limits": [{"currency": "USD", "min_amount": 1.0, "max_amount": 99999999.0, "rounding_unit": 1.0}]}),
        expect=201)
    numbers = [plan.json["position"], *plan.json["counts"], plan.json["release"]["installments"], *plan.json["eligibility"]["limits"][0].values()]
    assert str(numbers) == "[1, 3, 6, 2, 'USD', 99999999, 1, 1]" and plan.json["eligibility"]["products"] == [product["id"]]
    assert plan.json["deposit_rules"][0]["product_id"] == product["id"]
    assert [(offer["plan_id"], offer["installments"], offer["deposit"]) for offer in shop.offers(product)] == [(plan.json["id"], n, 1000) for n in (3, 6)]
    order = shop.order(customer, product)
    for _ in range(3):   # the deposit, then two installments
        shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    wait_until(lambda: customer.order(order["id"])["fulfilment_status"] == "unfulfilled", 20, "the goods released")
    other = new_product()
    changed = shop.change_plan(plan.json, {"counts": [6.0], "eligibility": {"products": [other["id"].upper()]}})
    assert str(changed.json["counts"]) == "[6]" and changed.json["eligibility"]["products"] == [other["id"]]
    assert [offer["plan_id"] for offer in shop.offers(other)] == [plan.json["id"]]


def test_what_is_offered_is_sold(customer, shop, new_product):
    """Every kind of term at once: fees of each kind, taxes, grace, a fixed deposit; the order agrees to what the offer showed, and billing to the order."""
    product = new_product(price="900.00")
    shop.new_plan(product, currency="USD", release={"policy": "layaway", "installments": 2}, terms={
        "method": "annuity", "annual_rate": "0.30", "installments": 6, "day_count": "actual/365", "deposit": {"type": "fixed", "amount": 9000},
        "grace": {"principal": 1}, "tax_rate_on_interest": "0.19", "tax_rate_on_fees": "0.19", "fees": [
            {"code": "study", "type": "fixed", "amount": 1000, "charged": "upfront"}, {"code": "opening", "type": "percent", "value": "0.01", "charged": "financed"},
            {"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]})
    offer, = shop.offers(product)
    assert offer["deposit"] == 9000 and offer["upfront"] == 1190 and offer["amount_financed"] == 81000 + 810 + 154
    order = shop.order(customer, product, offer=offer)
    assert order["release"] == {"policy": "layaway", "installments": 2} and order["total_payable"] == offer["total_payable"]
    contract = order["contract"]
    assert (contract["offer_id"], contract["plan_id"], contract["plan_version"]) == (offer["id"], offer["plan_id"], 1)
    first, *rows = customer.schedule(order["id"])
    assert (first["number"], first["principal"], first["fees"], first["tax"], first["total"]) == (0, 9000, 1000, 190, 10190)
    assert first["closing_balance"] == offer["amount_financed"] == rows[0]["opening_balance"]
    simulated = shop.api.post("/v1/simulations", contract["plan"], expect=200).json
    assert [{name: row[name] for name in simulated["installments"][0]} for row in rows] == simulated["installments"]
    assert simulated["total_payable"] == order["total_payable"] == first["total"] + sum(row["total"] for row in rows)
    payment = shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    assert payment["amount"] == 10190 and shop.wait_order(customer, order["id"], "confirmed")


def test_installments_of_nothing_in_a_grace(customer, shop, new_product):
    product = new_product(price="900.00")
    shop.new_plan(product, terms={"method": "interest_free", "installments": 4, "grace": {"principal": 2}})
    offer, = shop.offers(product)
    assert offer["installment_amount"] == 45000
    order, _ = shop.buy(customer, product, offer=offer)
    rows = customer.schedule(order["id"])
    assert [row["total"] for row in rows] == [0, 0, 45000, 45000] and offer["first_due_date"] == rows[2]["due_date"]
    assert [row["status"] for row in rows][:2] == ["paid", "paid"]


def test_custom_rows_and_a_season(shop, new_product):
    product, year = new_product(price="900.00"), int(str(shop.today())[:4]) + 1
    shop.new_plan(product, terms={"method": "custom", "annual_rate": "0.12", "rows": [{"due_date": f"{year}-06-30", "percent": "0.4"}, {"due_date": f"{year}-12-31", "percent": "0.6"}]})
    shop.new_plan(product, terms={"method": "interest_free", "installments": 3, "first_due_date": "2020-01-31"})   # over
    offer, = shop.offers(product)
    assert (offer["method"], offer["installments"], offer["first_due_date"]) == ("custom", 2, f"{year}-06-30")


WRONG = [
    ({"code": ""}, "/code"), ({"name": {"es": "Sin inglés"}}, "/name/en"), ({"terms": {"annual_rate": "0.1"}}, "/terms/method"), ({"terms": None}, "/terms"),
    ({"terms": {"method": "annuity", "installments": 3}}, "/terms/annual_rate"), ({"terms": {"method": "annuity", "annual_rate": "11", "installments": 3}}, "/terms/annual_rate"),
    ({"terms": {"method": "interest_free"}}, "/terms/installments"), ({"terms": {"method": "interest_free", "installments": 3, "start_date": "2026-01-01"}}, "/terms/start_date"),
    ({"terms": {"method": "interest_free", "installments": 3, "rounding": {"carry": "unrounded"}}}, "/terms/rounding/carry"),
    ({"terms": {"method": "interest_free", "installments": 3, "due_dates": {"business_day": "following", "calendar": "ZZ"}}}, "/terms/due_dates/calendar"),
    ({"terms": {"method": "interest_free", "installments": 9, "grace": {"principal": 3}}, "counts": [6, 3]}, "/terms/grace/principal"),
    ({"terms": {"method": "interest_free", "installments": 3, "deposit": {"type": "fixed", "amount": 100}}}, "/currency"),
    ({"terms": {"method": "balloon", "annual_rate": "0.1", "installments": 3, "balloon": 500}}, "/currency"),
    ({"terms": {"method": "custom", "annual_rate": "0", "rows": [{"due_date": "2030-01-01", "percent": "1"}]}, "counts": [1]}, "/counts"),
    ({"counts": [3, 6, 3]}, "/counts/2"), ({"counts": []}, "/counts"), ({"counts": [601]}, "/counts/0"),
    ({"deposit_rules": [{"type": "percent", "value": "0.1"}]}, "/deposit_rules/0"),
    ({"deposit_rules": [{"category": "A", "type": "percent", "value": "1.01"}]}, "/deposit_rules/0/value"),
    ({"deposit_rules": [{"category": "A", "type": "fixed", "amount": 5}]}, "/currency"),
    ({"deposit_rules": [{"category": "A", "type": "fixed"}]}, "/deposit_rules/0/amount"),
    ({"deposit_rules": [{"category": "A", "type": "percent", "value": "0.1"}] * 2}, "/deposit_rules/1"),
    ({"release": {"policy": "layaway"}}, "/release"), ({"release": {"policy": "layaway", "percent": "0"}}, "/release/percent"),
    ({"release": {"policy": "layaway", "installments": 7}}, "/release/installments"), ({"release": {"policy": "immediate", "percent": "0.5"}}, "/release/policy"),
    ({"release": {}}, "/release/policy"), ({"release": {"policy": "later"}}, "/release/policy"),
    ({"eligibility": {"limits": [{"currency": "USD", "min_amount": 5, "max_amount": 4}]}}, "/eligibility/limits/0/max_amount"),
    ({"eligibility": {"limits": [{"currency": "USD"}, {"currency": "USD"}]}}, "/eligibility/limits/1/currency"),
    ({"eligibility": {"valid_from": "2027-01-02", "valid_until": "2027-01-01"}}, "/eligibility/valid_until"), ({"version": 3}, "/version"),
]


@pytest.mark.parametrize("change, pointer", WRONG)
def test_wrong_definitions(staff, change, pointer):
    assert pointer in staff.post("/v1/plans", definition(**change) if change != {"terms": None} else {"code": "x", "name": {}}, expect=422).pointers


def test_who_may(api, customer, staff):
    assert api.post("/v1/plans", definition(), expect=401).code == "unauthenticated"
    assert customer.api.post("/v1/plans", definition(), expect=403).code == "forbidden"
    assert staff.post("/v1/plans", data="{", content_type="application/json", expect=400).code == "malformed_json"
