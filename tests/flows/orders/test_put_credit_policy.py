"""GET and PUT /v1/credit-policy: what limits credit, version by version."""

import threading

import pytest


def put(staff, policy, version, expect=200):
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return staff.request("PUT", "/v1/credit-policy", json=policy, headers=headers, expect=expect)


def test_version_by_version(staff, set_policy, database):
    first = set_policy(max_dpd=3)["version"]
    policy = {"limits": [{"currency": "UYU", "max_exposure": 100000, "review_above": 50000}], "max_open_contracts": 4, "review_hours": 12}
    reply = put(staff, policy, first)
    assert reply.headers["ETag"] == f'"{first + 1}"'
    read = staff.get("/v1/credit-policy", expect=200)
    assert read.json == reply.json and read.headers["ETag"] == reply.headers["ETag"]
    assert (reply["limits"], reply["max_dpd"], reply["max_open_contracts"]) == (policy["limits"], None, 4)
    assert (reply["review_hours"], reply["payment_hours"]) == (12, 24) and reply["changed_by"] and reply["changed_at"]
    assert database("orders", "SELECT policy ->> 'max_dpd' FROM credit_policy WHERE version = %s", (first,)) == [("3",)]


def test_what_was_read_must_be_what_is_there(staff, set_policy):
    version = set_policy()["version"]
    assert put(staff, {"limits": []}, None, 428).code == "precondition_required"
    assert put(staff, {"limits": []}, version + 1, 412).code == "precondition_failed"
    replies = []
    threads = [threading.Thread(target=lambda n=n: replies.append(put(staff, {"limits": [], "max_dpd": n}, version, (200, 412)).status)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5


@pytest.mark.parametrize("policy, pointer", (
    ({}, "/limits"), ({"limits": [{"currency": "UYU"}, {"currency": "UYU"}]}, "/limits/1/currency"), ({"limits": [], "max_dpd": -1}, "/max_dpd"),
    ({"limits": [], "review_hours": 0}, "/review_hours"), ({"limits": [{"currency": "UYU", "max_exposure": "1"}]}, "/limits/0/max_exposure")))
def test_wrong_policies(staff, set_policy, policy, pointer):
    version = set_policy()["version"]
    assert put(staff, policy, version, 422).pointers == [pointer]


def test_who_may(staff, customer, approver, set_policy):
    version = set_policy()["version"]
    assert put(approver("orders.write orders.read"), {"limits": []}, version, 403).code == "forbidden"
    assert put(customer.api, {"limits": []}, version, 403).code == "forbidden"
    assert customer.api.get("/v1/credit-policy", expect=403).code == "forbidden"
    put(approver(), {"limits": []}, version)
