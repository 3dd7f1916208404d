"""PUT and GET /v1/customers/{id}/segments: staff's groups of customers, each change over the one that was read."""

import uuid


def test_put_and_read(staff, shop, customer):
    empty = staff.get(f"/v1/customers/{customer.id}/segments", expect=200)
    assert empty.json == {"customer_id": customer.id, "segments": [], "version": 0} and empty.headers["ETag"] == '"0"'
    put = shop.put_segments(customer, "vip", "b2b", "vip")
    assert put.json == {"customer_id": customer.id, "segments": ["b2b", "vip"], "version": 1} and put.headers["ETag"] == '"1"'
    assert staff.get(f"/v1/customers/{customer.id}/segments", expect=200).json == put.json
    assert shop.put_segments(customer)["segments"] == []


def test_over_what_was_read(staff, customer):
    path, body = f"/v1/customers/{customer.id}/segments", {"segments": ["vip"]}
    assert staff.request("PUT", path, json=body, expect=428).code == "precondition_required"
    staff.request("PUT", path, json=body, headers={"If-Match": '"0"'}, expect=200)
    assert staff.request("PUT", path, json=body, headers={"If-Match": '"0"'}, expect=412).code == "precondition_failed"
    assert staff.request("PUT", f"/v1/customers/{uuid.uuid4()}/segments", json=body, headers={"If-Match": "*"}, expect=404).code == "not_found"


def test_customers_do_not_see_them(customer, staff):
    path = f"/v1/customers/{customer.id}/segments"
    assert customer.api.get(path, expect=403).code == "forbidden"
    assert customer.api.request("PUT", path, json={"segments": []}, headers={"If-Match": "*"}, expect=403).code == "forbidden"
    assert staff.get(f"/v1/customers/{uuid.uuid4()}/segments", expect=404).code == "not_found"
