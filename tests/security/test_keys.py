"""Keys that come and go: a token counts for as long as its key is published, and no longer. The gateway of these tests asks a crm of their own for
its keys, for the real one reads them at its start."""

import http.server
import json
import socket
import threading
import time
import uuid

import pytest

from deploy.stack.network import http_status
from support import tokens
from support.client import Api
from support.gateways import gateways


class Publisher(http.server.ThreadingHTTPServer):
    """/.well-known/jwks.json, of `signers`."""

    daemon_threads = True

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.server.coming += 1
                self.server.answering.wait(30)
                keys = [{**each.jwk, "use": "sig", "alg": "ES256", "kid": each.kid} for each in self.server.signers]
                body = json.dumps({"keys": keys}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.server.asked += 1

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        self.signers, self.asked, self.coming = [], 0, 0
        self.answering = threading.Event()   # cleared: it hangs
        self.answering.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def publisher():
    server = Publisher()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway(stack, scratch, publisher, wait_until):
    """A gateway that takes its keys from the publisher; its API."""
    with gateways(stack, scratch, wait_until) as start:
        yield lambda: Api(start(CRM_URL=f"http://127.0.0.1:{publisher.server_port}")[1])


def test_a_withdrawn_key(publisher, gateway, issuer, owner, wait_until):
    """What it signed is refused as soon as the gateway knows, though each token was verified and remembered before."""
    old, new = tokens.Signer(), tokens.Signer()
    publisher.signers = [old]
    api, path = gateway(), f"/v1/orders/{owner.things['order']}"
    held = [old.token(tokens.claims(issuer, owner.customer.id, "customer", exp=4102444800)) for _ in range(3)]
    for each in held:
        api.get(path, token=each, expect=200)
    fresh = new.token(tokens.claims(issuer, owner.customer.id, "customer"))
    api.get(path, token=fresh, expect=401)

    publisher.signers = [new, old]      # the next key is published before the last one goes
    wait_until(lambda: api.get(path, token=fresh).status == 200, 30, "the new key known")
    for each in held:
        api.get(path, token=each, expect=200)

    publisher.signers = [new, tokens.Signer()]
    unknown = publisher.signers[1].token(tokens.claims(issuer, owner.customer.id, "customer"))
    wait_until(lambda: api.get(path, token=unknown).status == 200, 30, "the third key known")
    for each in held:
        assert api.get(path, token=each, expect=401).code == "invalid_token"
    api.get(path, token=fresh, expect=200)


def test_forged_key_ids_do_not_make_the_gateway_ask_each_time(publisher, gateway, issuer, owner):
    publisher.signers = [tokens.Signer()]
    api = gateway()
    before, since = publisher.asked, time.monotonic()
    for _ in range(200):
        stranger = tokens.Signer()
        api.get(f"/v1/orders/{uuid.uuid4()}", token=stranger.token(tokens.claims(issuer, owner.customer.id, "customer")), expect=401)
    assert publisher.asked - before <= 2 + (time.monotonic() - since) / 3, "at most once every few seconds"


def test_other_keys_among_the_published(publisher, gateway, issuer, owner):
    """Keys that are not ours to use are left alone, whatever they claim: the good one beside them works."""
    good, odd = tokens.Signer(), tokens.Signer()
    api_path = f"/v1/orders/{owner.things['order']}"
    odd.jwk = {**odd.jwk, "y": odd.jwk["x"]}       # not on the curve
    publisher.signers = [odd, good]
    api = gateway()
    api.get(api_path, token=good.token(tokens.claims(issuer, owner.customer.id, "customer")), expect=200)
    api.get(api_path, token=odd.token(tokens.claims(issuer, owner.customer.id, "customer")), expect=401)


def test_a_token_waits_for_the_first_keys(stack, scratch, publisher, issuer, owner, wait_until):
    """A gateway has requests as soon as it listens, beside its predecessor: they wait for the keys it is asking for just then."""
    signer = tokens.Signer()
    publisher.signers = [signer]
    publisher.answering.clear()
    with gateways(stack, scratch, wait_until) as start:
        url = start(ready=None, CRM_URL=f"http://127.0.0.1:{publisher.server_port}")[1]
        wait_until(lambda: publisher.coming, 20, "the gateway asking for its keys")
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as early:
            token = signer.token(tokens.claims(issuer, owner.customer.id, "customer"))
            early.sendall(f"GET /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode())
            assert http_status(url + "/livez", 10) == 200   # so it has read the one before
            publisher.answering.set()
            answer = early.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 "), answer
