"""What the gateway does by its configuration: rate limits, whose address counts, several workers. Each test runs a gateway of its own before
the same services."""

import json
import os
import signal
import uuid

import pytest
import requests

from deploy.stack.network import http_status
from support import wire
from support.gateways import gateways


@pytest.fixture
def gateway(stack, scratch, wait_until):
    """gateway(NAME=value, ...): a process of its own, ready; (process, base URL)."""
    with gateways(stack, scratch, wait_until) as start:
        yield start


def log_in(url, *forwarded):
    """The status; each of `forwarded` is a header line of its own."""
    body = json.dumps({"grant_type": "password", "username": f"{uuid.uuid4()}@example.com", "password": "not a password"})
    lines = "".join(f"X-Forwarded-For: {value}\r\n" for value in forwarded)
    request = f"POST /v1/auth/token HTTP/1.1\r\nHost: a\r\n{lines}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return wire.exchange(url, request.encode(), timeout_s=30)[0]


def test_log_ins_and_registrations_share_one_limit(gateway):
    _, url = gateway(AUTH_RATE_LIMIT_PER_MINUTE="2")
    assert log_in(url) == 401
    assert requests.post(url + "/v1/customers", json={}, timeout=30).status_code == 422
    refused = requests.post(url + "/v1/customers", json={}, timeout=30)
    assert refused.status_code == 429 and refused.json()["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) > 0 and refused.headers["RateLimit-Remaining"] == "0"
    assert log_in(url) == 429
    assert requests.get(url + "/v1/products?limit=1", timeout=30).status_code == 200


def test_what_is_dear_counts_for_several(gateway):
    _, url = gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="7")
    terms = {"currency": "COP", "principal": 1000, "method": "interest_free", "installments": 2}
    first, second = (requests.post(url + "/v1/simulations", json=terms, timeout=30) for _ in range(2))
    assert (first.status_code, first.headers["RateLimit-Remaining"]) == (200, "2")
    assert (second.status_code, second.json()["code"]) == (429, "rate_limited") and int(second.headers["Retry-After"]) >= 2
    assert requests.get(url + "/v1/products?limit=1", timeout=30).status_code == 200
    _, small = gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="3")   # a bucket that never holds so much gives all it has
    assert requests.post(small + "/v1/simulations", json=terms, timeout=30).status_code == 200
    assert requests.post(small + "/v1/simulations", json=terms, timeout=30).status_code == 429


def test_offers_count_for_what_they_weigh(gateway, product, shop):
    guest = shop.api.post("/v1/guest-carts", expect=201).json["token"]
    for path in (f"/v1/products/{product['id']}/offers", f"/v1/guest-carts/{guest}/offers"):
        _, url = gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="5")
        first, second = (requests.get(url + path, timeout=30) for _ in range(2))
        assert (first.status_code, first.headers["RateLimit-Remaining"], second.status_code) == (200, "2", 429)


def test_a_forwarded_address_counts_only_when_a_proxy_is_trusted(gateway):
    _, url = gateway(AUTH_RATE_LIMIT_PER_MINUTE="1")
    assert log_in(url, "203.0.113.1") == 401
    assert log_in(url, "203.0.113.2") == 429


def test_what_the_trusted_proxy_wrote_last_is_the_address(gateway):
    _, url = gateway(AUTH_RATE_LIMIT_PER_MINUTE="1", TRUST_FORWARDED_FOR="on")
    assert log_in(url, "203.0.113.1") == 401
    assert log_in(url, "198.51.100.7, 203.0.113.1") == 429
    assert log_in(url, "203.0.113.2") == 401


def test_a_line_added_by_the_proxy_wins_over_the_clients(gateway):
    _, url = gateway(AUTH_RATE_LIMIT_PER_MINUTE="1", TRUST_FORWARDED_FOR="on")
    assert log_in(url, "192.0.2.1", "203.0.113.9") == 401
    assert log_in(url, "192.0.2.2", "203.0.113.9") == 429


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def test_a_worker_that_was_killed_is_started_again(gateway, wait_until):
    process, url = gateway(WORKERS="2", TEST_CLOCK="off")
    before = wait_until(lambda: len(children(process.pid)) == 2 and children(process.pid), what="two workers")
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(children(process.pid)) - set(before)) == 1, what="a new worker")
    assert before[1] in children(process.pid)
    wait_until(lambda: http_status(url + "/readyz") == 200, what="an answer")
    assert process.stop() and process.exit_status == 0


def test_a_stop_while_workers_are_being_started_reaches_all_of_them(gateway, wait_until):
    process, _ = gateway(ready=None, WORKERS="24", TEST_CLOCK="off")
    wait_until(lambda: children(process.pid), what="the first worker")
    assert process.stop(), "some worker never heard of it"


@pytest.mark.parametrize("settings, named", [
    ({"CATALOG_URL": "ftp://127.0.0.1/x"}, "CATALOG_URL"), ({"CRM_URL": "https://127.0.0.1"}, "CRM_URL"), ({"SANDBOX_URL": "here"}, "SANDBOX_URL"),
    ({"LOG_LEVEL": "verbose"}, "LOG_LEVEL"), ({"IDENTITY_SECRET": "short"}, "IDENTITY_SECRET"),
])
def test_a_wrong_setting_is_named_at_start(gateway, settings, named):
    process, _ = gateway(ready=None, **settings)
    assert process.wait(10) and process.exit_status == 78, process.log_tail()
    assert named in process.log_tail()


@pytest.mark.parametrize("listen", ["taken", "127.0.0.1:99999", "nonsense"])
def test_an_address_it_cannot_have_ends_it_in_order(stack, gateway, listen):
    process, _ = gateway(ready=None, LISTEN=stack.ports["gateway"].listen if listen == "taken" else listen)
    assert process.wait(20) and process.exit_status == 1, process.log_tail()
    assert '"stopped"' in process.log_tail()


def test_secrets_do_not_stay_in_the_environment(stack, gateway):
    process, _ = gateway()
    with open(f"/proc/{process.pid}/environ", "rb") as file:
        environment = file.read()
    assert b"LISTEN=" in environment and stack.credentials["identity"].encode() not in environment


def test_bad_tokens_count_against_their_address(gateway):
    _, url = gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="2")
    replies = [requests.get(url + "/v1/orders", headers={"Authorization": f"Bearer a.b.{number}"}, timeout=30).status_code for number in range(8)]
    assert replies[:2] == [401, 401] and 429 in replies[2:]
