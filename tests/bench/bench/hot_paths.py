"""The paths whose instructions are counted: what is sent, to whom, one after the other over one connection.

To count another: a line in PATHS, and a class here if none fits."""

import dataclasses
import hashlib
import hmac
import http.client
import json
import time
import uuid

from deploy.stack import api
from deploy.stack.process import wait_until

from .load import Request
from .measure import Failed
from .shared import spread

IDS = 64
SETTLE_BOUND_S = 20
ORDER_PAUSE_S = 0.05     # for an order's events to be on their way before the next: together they would be cheaper


class Client:
    """One kept connection; each request leaves in one piece."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()

    def send(self, request):
        self._connection.sock.sendall(request.bytes())
        reply = http.client.HTTPResponse(self._connection.sock, method=request.method)
        reply.begin()
        body = reply.read()
        if not 200 <= reply.status < 300:
            raise Failed(f"{request.method} {request.path} answered {reply.status}: {body[:300].decode(errors='replace')}")
        return body

    def close(self):
        self._connection.close()


class Path:
    """process: whose instructions count. prepare(count) makes what that many run()s need, while nothing is counted yet."""

    def __init__(self, world, process):
        self.world = world
        self.process = process
        self._client = None

    def open(self):
        self._client = Client(self.world.stack.ports[self.process].number)

    def close(self):
        self._client.close()

    def prepare(self, count):
        pass

    def run(self, number):
        raise NotImplementedError


class Reads(Path):
    """The same requests over and over."""

    def __init__(self, world, process, make_requests):
        super().__init__(world, process)
        self._requests = make_requests(world, world.token_header() if process == "gateway" else world.customer_identity())

    def run(self, number):
        self._client.send(self._requests[number % len(self._requests)])


class Orders(Path):
    def prepare(self, count):
        self._requests = [self.world.order_request(cart, self.world.customer_identity(customer)) for cart, customer in self.world.new_carts(count)]

    def run(self, number):
        self._client.send(self._requests[number])
        time.sleep(ORDER_PAUSE_S)


class Payments(Path):
    """From the provider's event to the payment that succeeded. The payments wait for it: the sandbox loses the events of that card."""

    _template = None

    def prepare(self, count):
        template = self._template = self._template or self._event_of(self._pay("pm_card_visa", self._order()))
        payments = [self._pay("pm_sim_lostWebhook", self._order()) for _ in range(count)]
        wait_until(lambda: self._sql("SELECT count(*) FROM payment WHERE status = 'processing' AND provider_reference IS NOT NULL") == str(count),
                   SETTLE_BOUND_S, "the charges")
        self._sql("UPDATE job SET run_at = run_at + interval '1 day' WHERE kind = 'ask_undecided'")   # nobody else shall find out
        self._events = [(payment["id"], self._event(template, payment)) for payment in payments]

    def _order(self):
        (cart, customer), = self.world.new_carts(1)
        orders = self.world.stack.ports["orders"].number
        status, body = self.world.order_request(cart, self.world.customer_identity(customer)).send(orders)
        if status != 201:
            raise Failed(f"no order: {status} {body[:300]}")
        return json.loads(body)["id"], customer

    def _pay(self, card, order):
        """Through billing itself, as soon as it knows the order."""
        order_id, customer = order
        request = Request("POST", "/v1/payments", {"order_id": order_id, "payment_method": {"provider": "stripe", "token": card, "save": False}},
                          {**self.world.customer_identity(customer), "Idempotency-Key": str(uuid.uuid4())})

        def accepted():
            status, body = request.send(self.world.stack.ports["billing"].number)
            if status not in (201, 404):
                raise Failed(f"no payment: {status} {body[:300]}")
            return status == 201 and json.loads(body)
        return wait_until(accepted, SETTLE_BOUND_S, "billing knows the order")

    def _event_of(self, payment):
        """The provider's own event of a payment that went well."""
        text = wait_until(lambda: self._sql(f"SELECT payload FROM webhook_event WHERE payload LIKE '%{payment['id']}%' AND verdict = 'applied'"),
                          SETTLE_BOUND_S, "a payment")
        return json.loads(text)

    def _event(self, template, payment):
        event = json.loads(json.dumps(template))
        event["id"] = "evt_" + uuid.uuid4().hex
        reference = self._sql(f"SELECT provider_reference FROM payment WHERE id = '{payment['id']}'")
        event["data"]["object"].update({"id": reference, "amount": payment["amount"], "amount_received": payment["amount"]})
        event["data"]["object"]["metadata"]["payment_id"] = payment["id"]
        return event

    def run(self, number):
        payment_id, event = self._events[number]
        body, now = json.dumps(event).encode(), int(time.time())
        digest = hmac.new(self.world.stack.webhook_secret.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
        self._client.send(Request("POST", "/v1/webhooks/stripe", event, {"Stripe-Signature": f"t={now},v1={digest}"}))
        wait_until(lambda: self._sql(f"SELECT status FROM payment WHERE id = '{payment_id}'") == "succeeded", SETTLE_BOUND_S, "the payment settled")

    def _sql(self, text):
        return self.world.stack.postgres.sql(text, "cuotas_billing").strip()


class Cash(Payments):
    """The first money of an order, recorded by a person of the shop: the payment, what it pays, the postings, the invoice, the events."""

    def prepare(self, count):
        staff = self.world.identity_header("staff", str(uuid.uuid4()), "billing.write")
        self._requests = [Request("POST", "/v1/manual-payments", {**self._first_money(order), "order_id": order, "method": "cash", "reference": f"RC-{order}"},
                                  {**staff, "Idempotency-Key": str(uuid.uuid4())}) for order, _ in [self._order() for _ in range(count)]]

    def _first_money(self, order):
        text = wait_until(lambda: self._sql(f"""
            SELECT json_build_object('amount', i.total, 'currency', a.currency) FROM order_account a JOIN installment i USING (order_id) WHERE order_id = '{order}' ORDER BY i.number LIMIT 1"""),
                          SETTLE_BOUND_S, "billing knows the order")
        return json.loads(text)

    run = Orders.run


def product_requests(world, headers):
    return [Request("GET", f"/v1/products/{product}", headers=headers) for product in spread(world.products, IDS)]


def page_requests(world, headers):
    return [Request("GET", f"/v1/products?limit=20&cursor={cursor}", headers=headers) for cursor in spread(world.cursors, IDS)]


def simulation_requests(_, headers):
    return [Request("POST", "/v1/simulations", {"method": "annuity", "principal": 1_000_000 + 1000 * number, "installments": 12,
                                                "annual_rate": "0.24", "currency": "USD"}, headers) for number in range(IDS)]


@dataclasses.dataclass
class Counting:
    process: str
    count: int               # requests of one count
    make: object             # world -> Path


# In the order of counting: neighbours of one process share its start under callgrind.
PATHS = {
    "product": Counting("catalog", 1000, lambda world: Reads(world, "catalog", product_requests)),
    "page": Counting("catalog", 500, lambda world: Reads(world, "catalog", page_requests)),
    "gateway": Counting("gateway", 1000, lambda world: Reads(world, "gateway", product_requests)),
    "simulation": Counting("orders", 300, lambda world: Reads(world, "orders", simulation_requests)),
    "order": Counting("orders", 40, lambda world: Orders(world, "orders")),
    "payment": Counting("billing", 50, lambda world: Payments(world, "billing")),
    "cash": Counting("billing", 50, lambda world: Cash(world, "billing")),
}
WORDS = {
    "product": "product by id, catalog",
    "page": "page of 20 products, catalog",
    "gateway": "product by id, gateway",
    "simulation": "simulation of 12 installments, orders",
    "order": "place order, orders",
    "payment": "record payment (event to settled), billing",
    "cash": "record money by hand, billing",
}
