"""Clients that forgive nothing: one persistent connection each, every request sent once.

A request counts as failed when no answer comes, when the connection breaks under it, or when the status is not the one expected. A client does what RFC 9112
(9.3.1, 9.6) asks of it and no more: it opens a new connection after `Connection: close`, and when the kept one was ended while idle."""

import http.client
import json
import random
import select
import threading
import time
import uuid

# What an order is refused for by the shop's own rules: its plans are changed by others meanwhile, and nobody may owe too much.
RULES = ("offer_not_available", "credit_declined")


class Failure(Exception):
    pass


class Connection:
    def __init__(self, port, name, wait_for_door=False):
        """wait_for_door: while nobody listens, knock again; nothing was sent yet."""
        self._port, self.name, self._wait = port, name, wait_for_door
        self._wire = None
        self.opened = self.told_to_close = 0

    def _open(self):
        deadline = time.monotonic() + 10
        while True:
            wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                wire.connect()
                self.opened += 1
                return wire
            except ConnectionRefusedError:
                if not self._wait or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def ask(self, method, path, body=None, token=None, key=None, expect=(200,)):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = "Bearer " + token
        if key:
            headers["Idempotency-Key"] = key
        if self._wire and select.select([self._wire.sock], [], [], 0)[0]:   # ended while idle, or spoken to out of turn
            self._wire.close()
            self._wire = None
        try:
            self._wire = self._wire or self._open()
            self._wire.request(method, path, None if body is None else json.dumps(body), headers)
            reply = self._wire.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as broken:
            self._wire = None
            raise Failure(f"{self.name}: {method} {path}: {broken!r}") from None
        if reply.will_close:
            self.told_to_close += 1
            self._wire.close()
            self._wire = None
        if reply.status not in expect:
            raise Failure(f"{self.name}: {method} {path} -> {reply.status} {text[:300].decode(errors='replace')}")
        return json.loads(text) if text else None


class Hammer:
    """Clients in threads until stop(): reads, writes with and without an Idempotency-Key, log-ins, and one who thinks for seconds."""

    def __init__(self, stack, products, clients=3, wait_for_door=False):
        self._port, self._products = stack.ports["gateway"].number, products
        self._stop = threading.Event()
        self.asked, self.failures, self.slowest_s = 0, [], 0.0
        self.connections = []
        self._wait = wait_for_door
        self._threads = [threading.Thread(target=self._act, args=(f"strict-{n}", 0.02), daemon=True) for n in range(clients)]
        self._threads.append(threading.Thread(target=self._act, args=("thoughtful", 2.5), daemon=True))

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads), "a client still waits for an answer"

    def _act(self, name, thought_s):
        rng, wire = random.Random(name), Connection(self._port, name, self._wait)
        self.connections.append(wire)
        token = None
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                token = token or self._join(wire)
                token = self._one(wire, token, rng)
            except Failure as failure:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {failure} after {time.monotonic() - began:.2f} s")
            self._stop.wait(thought_s * (0.5 + rng.random()))

    def _ask(self, wire, *arguments, **options):
        began = time.monotonic()
        self.asked += 1
        reply = wire.ask(*arguments, **options)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return reply

    def _join(self, wire):
        email, password = f"{wire.name}.{uuid.uuid4().hex[:12]}@example.com", "una clave muy larga"
        person = {"email": email, "password": password, "full_name": "Cliente Estricto", "locale": "es-CO"}
        self._ask(wire, "POST", "/v1/customers", person, expect=(201,))
        return self._ask(wire, "POST", "/v1/auth/token", {"grant_type": "password", "username": email, "password": password})["access_token"]

    def _one(self, wire, token, rng):
        """The token to go on with; None: as somebody else."""
        what, product = rng.random(), rng.choice(self._products)
        if what < 0.3:
            self._ask(wire, "GET", f"/v1/products/{product['id']}/offers")
        elif what < 0.4:
            self._ask(wire, "GET", "/v1/orders?limit=5", token=token)
        elif what < 0.5:
            self._ask(wire, "GET", "/v1/products/019aa8a2-0000-7000-8000-00000000000f", expect=(404,))
        elif what < 0.7:
            self._ask(wire, "POST", "/v1/simulations", {"currency": "USD", "principal": 100000, "method": "annuity", "annual_rate": "0.2",
                                                        "installments": 12})
        elif what < 0.75:
            self._join(wire)
        elif not self._buy(wire, token, product):
            return None
        return token

    def _buy(self, wire, token, product):
        """False: they owe as much as anybody may."""
        cart = self._ask(wire, "POST", "/v1/carts", {}, token, expect=(201,))["id"]
        self._ask(wire, "POST", f"/v1/carts/{cart}/lines", {"product_id": product["id"], "quantity": 1}, token, expect=(200, 201))
        offer = self._ask(wire, "GET", f"/v1/products/{product['id']}/offers")["data"][0]["id"]
        order = self._ask(wire, "POST", "/v1/orders", {"cart_id": cart, "offer_id": offer, "terms_version": "v1", "terms_accepted": True}, token,
                          key=str(uuid.uuid4()), expect=(201, 409))
        if "code" in order:
            if order["code"] not in RULES:
                raise Failure(f"{wire.name}: POST /v1/orders -> {order}")
            return order["code"] != "credit_declined"
        if order["status"] == "draft":   # somebody of the shop looks at it first
            return True
        body = {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": "pm_card_visa", "save": False}}
        payment = self._ask(wire, "POST", "/v1/payments", body, token, key=str(uuid.uuid4()), expect=(201,))["id"]
        self._ask(wire, "GET", f"/v1/payments/{payment}", token=token)
        return True
