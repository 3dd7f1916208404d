"""The contract check itself: a good exchange holds, and every way of being wrong is seen. And the table of excuses: one too few or too many is."""

import collections
import copy
import json

import pytest

from calls import DOCUMENT
from validate import check_exchange, declared_statuses, unseen

GOOD = {
    "test": "", "method": "GET", "target": "/v1/products/019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10", "request_headers": {}, "authorized": False, "request": {"text": ""},
    "status": 200, "response_headers": {"content-type": "application/json", "content-length": "1", "date": "x", "x-request-id": "0" * 32, "ratelimit-limit": "9",
                                        "ratelimit-remaining": "8", "ratelimit-reset": "1"},
    "response": {"text": json.dumps(DOCUMENT.find("GET", "/v1/products/x")[0].responses["200"]["content"]["application/json"]["example"])},
}
PROBLEM = {"type": "urn:cuotas:problem:not_found", "title": "There is no such thing", "status": 404, "code": "not_found"}


def changed(**changes):
    exchange = copy.deepcopy(GOOD)
    for name, value in changes.items():
        exchange[name] = {**exchange[name], **value} if isinstance(value, dict) and isinstance(exchange[name], dict) else value
    return exchange


def refused(problem=None, **changes):
    return changed(**{"status": 404, "response": {"text": json.dumps({**PROBLEM, **(problem or {})})},
                      "response_headers": {"content-type": "application/problem+json"}, **changes})


def errors(exchange):
    exchange["response_headers"] = {name: value for name, value in exchange["response_headers"].items() if value is not None}
    return check_exchange(DOCUMENT, exchange)[1]


def test_good_ones():
    assert errors(copy.deepcopy(GOOD)) == []
    assert errors(changed(method="HEAD", response={"text": ""})) == []
    assert errors(refused()) == []
    assert errors(changed(internal=True, response_headers={"ratelimit-limit": None})) == []
    assert errors(refused({"status": 417, "code": "expectation_failed"}, status=417)) == []


body = json.loads(GOOD["response"]["text"])


@pytest.mark.parametrize("exchange, said", [
    (changed(status=204), "not declared"),
    (refused({"status": 500, "code": "internal"}, status=500), "not declared"),
    (refused({"status": 409, "code": "conflict"}, status=409), "not declared"),
    (refused({"code": "forbidden"}), "problem forbidden is not declared"),
    (refused({"status": 403}), "status 403 came as 404"),
    (refused({"more": 1}), "more"),
    (changed(response={"text": json.dumps({**body, "cost": 1})}), "cost"),
    (changed(response={"text": json.dumps({**body, "price": -1})}), "/price"),
    (changed(response={"text": json.dumps({**body, "id": "x"})}), "/id"),
    (changed(response={"text": "{"}), "not JSON"),
    (changed(response_headers={"content-type": "text/html"}), "text/html"),
    (changed(response_headers={"x-powered-by": "x"}), "x-powered-by"),
    (changed(response_headers={"ratelimit-limit": None}), "lacks the header ratelimit-limit"),
    (changed(response_headers={"ratelimit-remaining": "many"}), "ratelimit-remaining"),
    (changed(method="HEAD"), "has a body"),
    (changed(target="/v1/products/import"), "not in the contract"),
    (changed(target="/v1/products/no-uuid"), "path id"),
    (changed(target=GOOD["target"] + "?verbose=1"), "unknown query parameter"),
    (changed(target="/v1/orders"), "without a token"),
])
def test_wrong_ones(exchange, said):
    assert any(said in error for error in errors(exchange)), errors(exchange)


def test_excuses():
    seen = collections.defaultdict(collections.Counter, {name: collections.Counter() for name, _ in declared_statuses([DOCUMENT])})
    for name, status in declared_statuses([DOCUMENT]):
        seen[name][status] = 1
    assert unseen([DOCUMENT], seen, {}) == []
    seen["get_docs"]["431"] = 0
    assert [name for name, _ in unseen([DOCUMENT], seen, {})] == ["get_docs"]
    assert unseen([DOCUMENT], seen, {("get_docs", "431"): "x"}) == []
    assert [name for name, _ in unseen([DOCUMENT], seen, {("get_docs", "431"): "x", ("get_terms", "200"): "x"})] == ["get_terms"]
    assert unseen([DOCUMENT], seen, {("*", "431"): "x"}) == []
    assert [name for name, _ in unseen([DOCUMENT], seen, {("*", "431"): "x", ("*", "418"): "x"})] == ["(no operation)"]
    assert [name for name, _ in unseen([DOCUMENT], seen, {("*", "431"): "x", ("no_such", "200"): "x"})] == ["(no operation)"]
