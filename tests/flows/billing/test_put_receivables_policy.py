"""GET and PUT /v1/receivables-policy: how money is spread over what is owed, version by version."""

import threading

import pytest

from support.waterfall import ORDER, STAGES, rule

PATH = "/v1/receivables-policy"


def test_what_holds_while_nothing_was_said(staff, set_receivables_policy):
    policy = set_receivables_policy()
    assert [each["transaction"] for each in policy["allocation"]] == ["payment", "autopay", "link", "credit"]
    for each in policy["allocation"]:
        assert {name: each[name] for name in ("processing", "future", "order")} == rule()


def test_version_by_version(staff, set_receivables_policy):
    backwards = rule(*[ORDER[::-1]] * 3)
    first = set_receivables_policy(allocation=[{"transaction": "payment", **rule()}, {"transaction": "autopay", **backwards}])
    read = staff.get(PATH, expect=200)
    assert read.json == first and read.headers["ETag"] == f'"{first["version"]}"'
    orders = {each["transaction"]: each["order"] for each in first["allocation"]}
    assert orders == {"payment": rule()["order"], "autopay": backwards["order"], "link": rule()["order"], "credit": rule()["order"]}
    assert first["changed_by"] and first["changed_at"]
    assert set_receivables_policy()["version"] == first["version"] + 1


def test_what_was_read_must_be_what_is_there(staff, set_receivables_policy):
    version = set_receivables_policy()["version"]
    body = {"allocation": [{"transaction": "payment", **rule()}]}
    put = lambda version, expect: staff.request("PUT", PATH, json=body, headers={} if version is None else {"If-Match": f'"{version}"'}, expect=expect)
    assert put(None, 428).code == "precondition_required"
    assert put(version + 1, 412).code == "precondition_failed"
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(put(version, (200, 412)).status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5


@pytest.mark.parametrize("allocation, pointer", (
    ([], "/allocation"),
    ([{"transaction": "link", **rule()}], "/allocation"),
    ([{"transaction": "payment", **rule()}] * 2, "/allocation/1/transaction"),
    ([{"transaction": "payment", **rule(), "order": [{"due": "due", "parts": list(ORDER)}] * 3}], "/allocation/0/order/1/due"),
    ([{"transaction": "payment", **rule(), "order": [{"due": stage, "parts": ["tax"] * 5} for stage in STAGES]}], "/allocation/0/order/0/parts"),
    ([{"transaction": "payment", **rule(processing="diagonal")}], "/allocation/0/processing")))
def test_wrong_policies(staff, set_receivables_policy, allocation, pointer):
    version = set_receivables_policy()["version"]
    refused = staff.request("PUT", PATH, json={"allocation": allocation}, headers={"If-Match": f'"{version}"'}, expect=422)
    assert pointer in refused.pointers


def test_who_may(staff, customer, hire, set_receivables_policy):
    version = set_receivables_policy()["version"]
    assert customer.api.get(PATH, expect=403).code == "forbidden"
    assert customer.api.request("PUT", PATH, json={"allocation": [{"transaction": "payment", **rule()}]}, headers={"If-Match": f'"{version}"'}, expect=403).code == "forbidden"
