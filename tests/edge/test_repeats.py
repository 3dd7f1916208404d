"""What the gateway sends a second time when the service behind it dies over a request: what cannot do harm twice, and nothing else."""

import collections
import re

import pytest

from conftest import SLOW
from edge.peers import Client, Service, echo

KEY = b"Idempotency-Key: 5b0d7f9e-3c1a-4a55-9c1e-2f6f3f1f0a11\r\n"
LINK, WEBHOOK = b"POST /v1/payment-links/", b"POST /v1/webhooks/"   # with a key by its contract, and without
# start of the request line, headers, how often it arrives when who gets it first dies over it, whether the key does
CASES = {
    "a read": (b"GET /v1/products/", b"", 2, False),
    "a change": (LINK, b"", 1, False),
    "a change with a key": (LINK, KEY, 2, True),
    "a change whose key stays here": (LINK, KEY + b"Connection: Idempotency-Key\r\n", 1, False),
    "... in another spelling": (LINK, KEY + b"Connection: keep-alive\r\nConnection: foo ,IDEMPOTENCY-KEY\r\n", 1, False),
    "a change with another key": (LINK, b"X-Idempotency-Key: a\r\n", 1, False),
    "a key where nobody looks at it": (WEBHOOK, KEY, 1, True),
}


@pytest.fixture(scope="module")
def mortal():
    """A service that dies over the first request for each target with `dies` in it."""
    met = collections.Counter()

    def answer(peer, method, target, raw):
        met[target] += 1
        if "dies" in target and met[target] == 1:
            raise EOFError
        echo(peer, method, target, raw)
    service = Service(answer)
    yield service
    service.close()


@pytest.fixture(scope="module")
def gateway(gateway_before, mortal):
    return gateway_before(CATALOG_URL=mortal.url, BILLING_URL=mortal.url, CACHE_TTL_MS="0")   # what arrives is counted


@pytest.mark.parametrize("name", CASES)
def test_only_what_may_run_twice_is_sent_twice(name, mortal, gateway):
    start, headers, times, has_key = CASES[name]
    target = start.split(b" ")[1].decode() + f"dies{list(CASES).index(name)}"
    body = b"Content-Length: 3\r\nContent-Type: application/json\r\n" if start.startswith(b"POST") else b""
    with Client(gateway, 20 * SLOW) as client:
        client.send(start + target.rsplit("/", 1)[1].encode() + b" HTTP/1.1\r\nHost: a\r\n" + headers + body + b"\r\n" + (b"[1]" if body else b""))
        status, text = client.reply()
    arrived = [raw for _, seen, raw in mortal.seen if seen == target]
    assert len(arrived) == times, (status, text)
    assert all(bool(re.search(rb"(?i)\r\nidempotency-key:", raw)) == has_key for raw in arrived), arrived
    assert status == 200 if times > 1 else status in (502, 503), (status, text)
    assert not mortal.broken
