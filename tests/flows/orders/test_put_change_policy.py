"""GET and PUT /v1/change-policy: what customers may change by themselves, version by version, never less than the law gives."""

import threading

import pytest

LAW = 5   # days of the Colombian law, where the tests' shop sells


def put(staff, policy, version, expect=200):
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return staff.request("PUT", "/v1/change-policy", json=policy, headers=headers, expect=expect)


@pytest.fixture
def set_change_policy(staff):
    """The whole shop's: put back after each test."""
    def now(**policy):
        return put(staff, policy, staff.get("/v1/change-policy", expect=200)["version"]).json
    yield now
    now()


def test_version_by_version(staff, set_change_policy, database):
    first = set_change_policy(withdrawal_days=9, due_day_later=3, due_day_months=1, refund_interest="earned")
    read = staff.get("/v1/change-policy", expect=200)
    assert read.json == first and read.headers["ETag"] == f'"{first["version"]}"'
    assert (first["country"], first["withdrawal_days"], first["open_days"], first["due_day_later"], first["due_day_months"], first["refund_interest"]) == ("CO", 9, True, 3, 1, "earned")
    assert first["law"]["withdrawal_days"] == LAW and "1480" in first["law"]["basis"] and first["changed_by"] and first["changed_at"]
    second = put(staff, {}, first["version"])
    assert second.headers["ETag"] == f'"{first["version"] + 1}"'
    assert (second["withdrawal_days"], second["due_day_later"], second["due_day_months"], second["refund_interest"]) == (LAW, 20, 6, "unearned")
    assert database("orders", "SELECT withdrawal_days, due_day_later FROM shop_change_policy WHERE version = %s", (first["version"],)) == [(9, 3)], "kept for ever"


def test_what_was_read_must_be_what_is_there(staff, set_change_policy):
    version = set_change_policy()["version"]
    assert put(staff, {}, None, 428).code == "precondition_required"
    assert put(staff, {}, version + 1, 412).code == "precondition_failed"
    replies = []
    threads = [threading.Thread(target=lambda n=n: replies.append(put(staff, {"due_day_later": n}, version, (200, 412)).status)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5


@pytest.mark.parametrize("policy, pointer", (
    ({"withdrawal_days": LAW - 1}, "/withdrawal_days"), ({"withdrawal_days": 0}, "/withdrawal_days"), ({"withdrawal_days": 367}, "/withdrawal_days"),
    ({"due_day_later": 61}, "/due_day_later"), ({"due_day_months": -1}, "/due_day_months"), ({"open_days": False}, "/open_days"),
    ({"refund_interest": "half"}, "/refund_interest")))
def test_wrong_policies(staff, set_change_policy, policy, pointer):
    version = set_change_policy()["version"]
    assert put(staff, policy, version, 422).pointers == [pointer]


def test_who_may(staff, customer, approver, set_change_policy):
    version = set_change_policy()["version"]
    assert put(approver("orders.write orders.read"), {}, version, 403).code == "forbidden"
    assert put(customer.api, {}, version, 403).code == "forbidden"
    assert customer.api.get("/v1/change-policy", expect=403).code == "forbidden"
    put(approver(), {}, version)


def test_due_days_by_the_policy_of_the_day_it_is_computed(customer, credit, change, confirm, set_change_policy):
    order = credit()
    due = int(customer.schedule(order["id"])[-1]["due_date"][8:])
    later = (due + 4) % 28 + 1   # 5 days, or a few more where a month ends
    set_change_policy(due_day_later=1)
    assert change(customer.api, order, "due_day", days=[later], expect=409).code == "not_by_policy"
    set_change_policy(due_day_later=20, due_day_months=0)
    computed = change(customer.api, order, "due_day", days=[later]).json
    set_change_policy(due_day_later=0)
    assert confirm(customer.api, computed)["status"] == "confirmed", "what was shown is what happens"
    assert change(customer.api, order, "due_day", days=[(later + 4) % 28 + 1], expect=409).code == "not_by_policy"


def test_more_days_of_withdrawal_than_the_law(shop, customer, credit, change, set_change_policy):
    order = credit()
    unit = {"lines": [{"line": 1, "quantity": 1}], "status": "delivered", "carrier": "x"}
    shop.staff.post(f"/v1/orders/{order['id']}/shipments", unit, key=True, expect=201)
    shop.advance(16)   # ten open days or more
    assert change(customer.api, order, "withdrawal", expect=409).code == "not_by_policy"
    set_change_policy(withdrawal_days=40)
    change(customer.api, order, "withdrawal")


def test_interest_of_returns_by_the_policy(shop, customer, credit, change, set_change_policy):
    order = credit()
    asked = {"lines": [{"line": 1, "quantity": 1}], "reason": "broken"}
    set_change_policy(refund_interest="earned")
    assert change(shop.staff, order, "return", **asked)["result"]["refund_interest"] == "earned"
    assert change(shop.staff, order, "return", **asked, refund_interest="unearned")["result"]["refund_interest"] == "unearned", "unless it says otherwise"
    set_change_policy()
    assert change(shop.staff, order, "return", **asked)["result"]["refund_interest"] == "unearned"
