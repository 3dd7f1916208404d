"""PATCH /v1/plans/{id}: a merge patch over the version that was read; contracts keep theirs."""

import threading
import uuid

import pytest

def test_a_change_is_a_new_version(staff, shop, product):
    plan = shop.new_plan(product, counts=[3], deposit_rules=[{"category": "A", "type": "percent", "value": "0.5"}], active=False).json
    reply = shop.change_plan(plan, {"name": {"en": "Another"}, "terms": {"annual_rate": "0.36", "grace": {"principal": 1}}, "deposit_rules": None, "counts": [6, 3]})
    now = reply.json
    assert (now["version"], reply.headers["ETag"], now["name"]) == (2, '"2"', {"es": "Plan de prueba", "en": "Another"})
    assert now["terms"] == {"method": "annuity", "annual_rate": "0.36", "installments": 6, "grace": {"principal": 1}}
    assert "deposit_rules" not in now and now["counts"] == [6, 3] and now["created_at"] == plan["created_at"]
    then = staff.get(f"/v1/plans/{plan['id']}", {"version": 1}, expect=200)
    assert then.json == plan and then.headers["ETag"] == '"1"'
    assert staff.get(f"/v1/plans/{plan['id']}", expect=200).json == now
    assert "grace" not in shop.change_plan(now, {"terms": {"grace": None}})["terms"]


def test_what_was_read_must_be_what_is_there(staff, shop, product):
    plan = shop.new_plan(product, active=False).json
    assert staff.request("PATCH", f"/v1/plans/{plan['id']}", json={"position": 1}, expect=428).code == "precondition_required"
    assert shop.change_plan(plan, {"position": 1}, version=2, expect=412).code == "precondition_failed"
    shop.change_plan(plan, {"position": 1})
    assert "version 2" in shop.change_plan(plan, {"position": 2}, expect=412)["detail"]
    anyhow = staff.request("PATCH", f"/v1/plans/{plan['id']}", json={"position": 3}, headers={"If-Match": '"9", *'}, expect=200)
    assert (anyhow["version"], anyhow["position"]) == (3, 3)
    assert staff.request("PATCH", f"/v1/plans/{uuid.uuid4()}", json={}, headers={"If-Match": "*"}, expect=404).code == "not_found"


def test_another_plans_code(shop, product):
    other, plan = shop.new_plan(product, active=False), shop.new_plan(product, active=False).json
    assert shop.change_plan(plan, {"code": other["code"]}, expect=409).code == "plan_code_taken"


def test_of_two_at_once_one_is_told(staff, shop, product):
    plan, replies = shop.new_plan(product, active=False).json, []
    threads = [threading.Thread(target=lambda n=n: replies.append(shop.change_plan(plan, {"position": n}, expect=(200, 412)).status)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5 and staff.get(f"/v1/plans/{plan['id']}", expect=200)["version"] == 2


@pytest.mark.parametrize("body, pointer", [
    ({"terms": {"annual_rate": "11"}}, "/terms/annual_rate"), ({"terms": {"method": None}}, "/terms/method"), ({"name": {"es": None}}, "/name/es"),
    ({"no_such": 1}, "/no_such"), ({"terms": {"no_such": 1}}, "/terms/no_such"), ({"counts": []}, "/counts"), ({"version": 4}, "/version"),
    ({"release": {"percent": "0.5"}}, "/release/policy")])
def test_the_result_must_be_a_plan(staff, shop, product, body, pointer):
    plan = shop.new_plan(product, active=False).json
    assert pointer in shop.change_plan(plan, body, expect=422).pointers
    assert staff.get(f"/v1/plans/{plan['id']}", expect=200).json == plan


def test_an_offer_of_before_is_refused(customer, shop, new_product):
    """What was shown is what is bought: other terms are another offer. What a buyer does not agree to changes no offer."""
    product = new_product(price="90.00")
    plan = shop.new_plan(product).json
    shown, = shop.offers(product)
    plan = shop.change_plan(plan, {"name": {"es": "Otro nombre"}, "position": 3, "eligibility": {"limits": [{"currency": "USD", "min_amount": 100}]}}).json
    assert shop.offers(product)[0] == {**shown, "name": "Otro nombre", "plan_version": 2}
    order = shop.order(customer, product, offer=shown)
    plan = shop.change_plan(plan, {"terms": {"annual_rate": "0.30"}}).json
    cart = customer.cart((product, 1))
    assert customer.place_order(cart["id"], shown["id"], expect=409).code == "offer_not_available"
    dearer, = shop.offers(product)
    assert dearer["id"] != shown["id"] and dearer["total_payable"] > shown["total_payable"]
    assert customer.place_order(cart["id"], dearer["id"])["total_payable"] == dearer["total_payable"]
    assert customer.order(order["id"])["contract"] == order["contract"]
    shop.change_plan(plan, {"terms": {"annual_rate": "0.24"}})
    assert shop.offers(product)[0]["id"] == shown["id"]   # the very same terms again


def test_a_plan_that_is_put_away(customer, shop, new_product):
    product = new_product(price="90.00")
    plan = shop.new_plan(product).json
    offer, = shop.offers(product)
    shop.change_plan(plan, {"active": False})
    assert offer["id"] not in {each["id"] for each in shop.offers(product)} and shop.offers(product)   # those for everything are back
    assert customer.place_order(customer.cart((product, 1))["id"], offer["id"], expect=409).code == "offer_not_available"
