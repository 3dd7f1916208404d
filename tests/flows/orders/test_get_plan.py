"""GET /v1/plans/{id}: the plans a shop begins with."""

import uuid


def test_a_plan_of_the_beginning(staff, shop, product):
    offer = next(each for each in shop.offers(product) if each["installments"] == 12)
    reply = staff.get(f"/v1/plans/{offer['plan_id']}", expect=200)
    plan = reply.json
    assert (plan["code"], plan["version"], plan["updated_by"]) == ("credito-12", 1, None) and reply.headers["ETag"] == '"1"'
    assert plan["terms"]["deposit"] == {"type": "percent", "value": "0.20"} and plan["release"] == {"policy": "immediate"}


def test_no_such_plan_or_version(staff, shop, product):
    assert staff.get(f"/v1/plans/{uuid.uuid4()}", expect=404).code == "not_found"
    assert staff.get(f"/v1/plans/{shop.offers(product)[0]['plan_id']}", {"version": 99}, expect=404).code == "not_found"
