"""The payment provider's answers spoiled on their way: the charge is real, what billing is told of it is not a reply it can use. It may not believe a word of it, must ask
again, and in the end there is one charge and one payment for each order. Redirects are not followed, and what stands behind a reply is nobody's answer."""

import json
import os
import re
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import SLOW
from deploy.stack import services
from deploy.stack.network import http_status
from deploy.stack.process import Process
from edge.peers import Service
from support.listener import Listener

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
EVIL = b'{"id":"pi_evil","object":"payment_intent","status":"canceled","amount":1}'


def sized(body, size=None, status=b"200 OK"):
    return b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (len(body) if size is None else size) + body


# What is answered for `body`, the provider's true word: a new line is a new order paid under it. A list goes out in drops.
SPOILED = {
    "nothing": lambda body: b"",
    "no HTTP": lambda body: b"<html>hello</html>",
    "not JSON": lambda body: sized(b"<html>hello</html>"),
    "empty": lambda body: sized(b""),
    "an empty object": lambda body: sized(b"{}"),
    "an array": lambda body: sized(b"[]"),
    "nested": lambda body: sized(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "cut by its length": lambda body: sized(body, len(body) // 2),
    "longer by its length": lambda body: sized(body, len(body) + 100),
    "two lengths": lambda body: OK + b"Content-Length: %d\r\nContent-Length: 5\r\n\r\n" % len(body) + body,
    "broken chunks": lambda body: OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body,
    "no last chunk": lambda body: OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n",
    "packed, it says": lambda body: OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "switching protocols": lambda body: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "a huge head": lambda body: OK + b"X-A: " + b"a" * 2_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "a huge body": lambda body: sized(b'{"id":"' + b"a" * 2_000_000 + b'"}'),
    "a redirect": lambda body: b"HTTP/1.1 307 Temporary Redirect\r\nLocation: ELSEWHERE\r\nContent-Length: 0\r\n\r\n",
    "another reply behind it": lambda body: sized(body) + sized(EVIL),
    "a server's error page": lambda body: sized(b"<html>502</html>", status=b"502 Bad Gateway"),
    "in drops": lambda body: [bytes([c]) for c in sized(body)],
    "a head that stops": lambda body: [OK, *[b"X: y\r\n"] * 200],
}


class Spoiler:
    """A provider's front: passes every request on to the sandbox, and spoils the first answer to a charge, and the first to a question about one."""

    def __init__(self, sandbox_url, elsewhere):
        self._behind, self._elsewhere = sandbox_url, elsewhere.encode()
        self._lock = threading.Lock()
        self._left = {"POST": list(SPOILED), "GET": list(SPOILED)}
        self._known = set()
        self.used = []
        self._service = Service(self._answer)
        self.url = self._service.url

    def close(self):
        self._service.close()

    def _answer(self, peer, method, target, raw):
        status, body = self._ask(method, target, raw)
        how = self._spoil(method, target, raw)
        if how is None:
            peer.sendall(sized(body, status=b"%d X" % status))
            return
        answer = SPOILED[how](body)
        for piece in answer if isinstance(answer, list) else [answer]:
            peer.sendall(piece.replace(b"ELSEWHERE", self._elsewhere))
            if isinstance(answer, list):
                time.sleep(0.1)
        raise EOFError

    def _spoil(self, method, target, raw):
        about = re.search(rb"(?i)idempotency-key: payment:(\S+)", raw) if method == "POST" else re.search(rb"/v1/payment_intents/(\w+)", raw)
        if not about or (method == "POST" and target != "/v1/payment_intents"):
            return None
        with self._lock:
            if (method, about[1]) in self._known or not self._left[method]:
                return None
            self._known.add((method, about[1]))
            self.used.append((method, self._left[method].pop(0)))
            return self.used[-1][1]

    def _ask(self, method, target, raw):
        head, _, body = raw.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        for name in ("Host", "Connection", "Content-Length"):
            headers.pop(name, None)
        request = urllib.request.Request(self._behind + target, data=body if method == "POST" else None, headers=headers, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


@pytest.fixture
def spoiler(stack, scratch, wait_until):
    """Billing runs with it in place of the provider."""
    elsewhere = Listener()
    spoiler = Spoiler(stack.service_urls["sandbox"], elsewhere.url + "/evil")
    stack.stop_one("billing")
    environment = {**services.service_environment(stack, "billing"), "STRIPE_API_BASE": spoiler.url, "PROVIDER_TIMEOUT_MS": "1500"}
    process = Process("billing", [os.path.join(stack.binaries, "billing")], os.path.join(scratch, "edge-billing.log"), env=environment)
    process.start()
    try:
        wait_until(lambda: http_status(stack.service_urls["billing"] + "/readyz") == 200, 30, "billing before a spoiled provider")
        yield spoiler
    finally:
        process.stop()
        stack.start_one("billing")
        spoiler.close()
        heard = elsewhere.heard[:]
        elsewhere.close()
    assert heard == [], "a redirect was followed"
    assert process.exit_status == 0


def test_spoiled_answers_change_nothing(spoiler, sandbox, shop, wait_until):
    customer = shop.new_customer()
    sandbox.plan(times=len(SPOILED), payment_method="pm_card_visa", webhook={"drop": True})   # its answers alone tell
    try:
        orders = [shop.order(customer) for _ in SPOILED]
        payments = [customer.pay(order["id"], "pm_card_visa").json for order in orders]
        settled = [shop.wait_payment(customer, payment["id"], bound_s=180) for payment in payments]
    finally:
        sandbox.clear()
    assert {how for method, how in spoiler.used if method == "POST"} == set(SPOILED)
    assert [payment["status"] for payment in settled] == ["succeeded"] * len(orders), json.dumps([payment for payment in settled if payment["status"] != "succeeded"])[:2000]
    ids = [payment["id"] for payment in payments]
    charged = [charge["metadata"]["payment_id"] for charge in sandbox.ledger() if charge["metadata"].get("payment_id") in ids]
    assert sorted(charged) == sorted(ids), "one charge each"
    for order in orders:
        shop.wait_order(customer, order["id"], "confirmed", 60)
