"""The flows that are tortured: one line each in FLOWS. A later operation joins by adding one.

A flow is a call of the API that is made again and again: `make` prepares everything it needs, untouched by failures, and returns the call;
`rows` is what must exist when the answer was a success, and, after retries, exactly once more than before.

    name       what FLOW= takes
    services   those it passes through: each is armed in turn
    make       (world) -> Call
    rows       (service, SQL that counts, {reply} or {own} parameters) or None: a read
    settle     (world, call, reply): waits for what follows from it (jobs, events, webhooks); those services stay armed meanwhile"""

import dataclasses
import json
import time
import uuid
from typing import Callable, Optional

from support.stripe_event import signature

TERMS = {"currency": "USD", "principal": 1200000, "method": "annuity", "annual_rate": "0.24", "installments": 12,
         "frequency": {"unit": "month", "every": 1}, "start_date": "2026-01-15", "day_count": "period"}
LOAN = {"convention": "us", "unit_period": {"unit": "month"}, "flows": [
    {"direction": "advance", "amount": 500000, "date": "2026-01-10"},
    {"direction": "payment", "amount": 23000, "count": 24, "date": "2026-02-10", "every": {"unit": "month"}}]}
CARD = {"provider": "stripe", "token": "pm_card_visa"}


@dataclasses.dataclass
class Call:
    method: str
    path: str
    body: Optional[object] = None
    token: Optional[str] = None
    keyed: bool = True
    own: tuple = ()           # parameters of the flow's SQL
    headers: dict = dataclasses.field(default_factory=dict)
    data: Optional[bytes] = None
    note: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Flow:
    name: str
    services: tuple
    make: Callable
    rows: Optional[tuple] = None
    settle: Optional[Callable] = None
    once: bool = True         # the rows grow by exactly one; else by one or more (each log-in is one)
    slow: bool = False        # seconds an injection: left out of the short form


# ---- making calls

def register(world):
    email = f"tortura.{uuid.uuid4().hex[:12]}@example.com"
    body = {"email": email, "password": "una clave bien larga", "full_name": "Persona Tortura", "locale": "es-CO", "consents": {"email": False, "sms": False}}
    return Call("POST", "/v1/customers", body, own=(email,))


def log_in(world):
    person = world.customer
    return Call("POST", "/v1/auth/token", {"grant_type": "password", "username": person.email, "password": person.password}, keyed=False, own=(person.id,))


def product_page(world):
    return Call("GET", f"/v1/products/{world.product['id']}")


def product_list(world):
    return Call("GET", "/v1/products?limit=20")


def offers(world):
    return Call("GET", f"/v1/products/{world.product['id']}/offers")


def simulation(world):
    return Call("POST", "/v1/simulations", TERMS, keyed=False)


def rate_of_flows(world):
    return Call("POST", "/v1/simulations/apr", LOAN, keyed=False)


def cart(world):
    return Call("POST", "/v1/carts", {}, token=world.token, own=(world.customer.id,))


def cart_line(world):
    made = world.customer.api.post("/v1/carts", {}, expect=201)["id"]
    return Call("POST", f"/v1/carts/{made}/lines", {"product_id": world.product["id"], "quantity": 1}, token=world.token, own=(made,))


def place_order(world):
    made = world.customer.cart((world.product, 1))["id"]
    body = {"cart_id": made, "offer_id": world.offer["id"], "terms_version": "v1", "terms_accepted": True}
    return Call("POST", "/v1/orders", body, token=world.token, own=(made,))


def pay(world):
    order = world.shop.order(world.customer, world.product, offer=world.offer)
    world.wait_account(order["id"])
    return Call("POST", "/v1/payments", {"order_id": order["id"], "payment_method": {**CARD, "save": False}}, token=world.token, own=(order["id"],),
                note={"order": order["id"]})


def read_order(world):
    return Call("GET", f"/v1/orders/{world.bought['id']}", token=world.token)


def read_schedule(world):
    return Call("GET", f"/v1/orders/{world.bought['id']}/schedule", token=world.token)


def read_payments(world):
    return Call("GET", f"/v1/payments?order_id={world.bought['id']}", token=world.token)


def statement(world):
    return Call("GET", f"/v1/customers/{world.customer.id}/statement", token=world.token)


def timeline(world):
    return Call("GET", f"/v1/customers/{world.customer.id}/timeline", token=world.token)


def link_page(world):
    return Call("GET", world.link(world.bought["id"]))


def pay_link(world):
    order = world.shop.order(world.customer, world.product, offer=world.offer)
    world.wait_account(order["id"])
    return Call("POST", world.link(order["id"]), {"payment_method": CARD}, own=(order["id"],))


def webhook(world):
    """An event of the provider's about a payment that is settled already: it must be kept once, and change nothing."""
    event = json.loads(world.last_event())
    event["id"] = "evt_" + uuid.uuid4().hex
    payload = json.dumps(event, separators=(",", ":")).encode()
    return Call("POST", "/v1/webhooks/stripe", data=payload, headers={"Content-Type": "application/json", "Stripe-Signature": signature(world.stack.webhook_secret, payload)}, keyed=False, own=(event["id"],))


def import_products(world):
    sku = f"TORTURA-{uuid.uuid4().hex[:12]}"
    head = "sku,name,kind,category,subcategory,price,currency,stock\n"
    lines = "".join(f"{sku}{i},Producto {i},physical,Tortura,Tortura,10.00,USD,5\n" for i in ("", *range(1, 40)))
    return Call("POST", "/v1/products/import", data=(head + lines).encode(), headers={"Content-Type": "text/csv"}, token=world.staff_token, keyed=False, own=(sku,))


def day(world):
    return Call("POST", "/v1/test-clock/advance", {"days": 1}, token=world.staff_token, keyed=False, note={"today": world.shop.today()})


# ---- waiting for what follows

def paid(world, call, reply):
    """The charge, the webhook and the events: one payment, one charge, and the order confirmed."""
    payment = world.shop.wait_payment(world.customer, reply["id"], 90)
    assert payment["status"] == "succeeded", f"payment {payment}"
    world.shop.wait_order(world.customer, call.note["order"], "confirmed", 90)
    assert world.count("sandbox", "SELECT count(*) FROM charge c JOIN object o ON o.id = c.payment_intent WHERE o.body->'metadata'->>'payment_id' = %s",
                       (reply["id"],)) == 1, "captured more or less than once"
    assert world.count("billing", "SELECT count(*) FROM outbox WHERE type = 'payment.succeeded' AND subject = %s", (reply["id"],)) == 1, "told more or less than once"
    event = world.rows("billing", "SELECT event_id::text FROM outbox WHERE type = 'payment.succeeded' AND subject = %s", (reply["id"],))[0]
    world.wait(lambda: world.count("crm", "SELECT count(*) FROM timeline_entry WHERE id = %s", event), 60, "the payment in the timeline")


def closed(world, call, reply):
    """The books agree after the day that was closed."""
    debit_and_credit = world.rows("billing", "SELECT coalesce(sum(amount), 0), (SELECT coalesce(sum(paid), 0) FROM order_account) FROM posting WHERE kind = 'payment'")
    assert debit_and_credit[0][0] == debit_and_credit[0][1], f"ledger {debit_and_credit[0][0]}, receivables {debit_and_credit[0][1]}"


EVERYBODY = ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections")
COUNT_PAYMENTS = ("billing", "SELECT count(*) FROM payment WHERE order_id = %s")

FLOWS = [
    Flow("register", ("gateway", "crm"), register, ("crm", "SELECT count(*) FROM customer WHERE email = %s")),
    Flow("log_in", ("gateway", "crm"), log_in, ("crm", "SELECT count(*) FROM refresh_family WHERE subject = %s"), once=False),
    Flow("product_list", ("gateway", "catalog"), product_list),
    Flow("product_page", ("gateway", "catalog"), product_page),
    Flow("offers", ("gateway", "orders", "catalog"), offers),
    Flow("simulation", ("gateway", "orders"), simulation),
    Flow("rate_of_flows", ("gateway", "orders"), rate_of_flows),
    Flow("cart", ("gateway", "orders"), cart, ("orders", "SELECT count(*) FROM cart WHERE customer_id = %s")),
    Flow("cart_line", ("gateway", "orders", "catalog"), cart_line, ("orders", "SELECT coalesce(sum((line->>'quantity')::int), 0) FROM cart, jsonb_array_elements(lines) line WHERE id = %s")),
    Flow("place_order", ("gateway", "orders", "catalog"), place_order, ("orders", "SELECT count(*) FROM sales_order WHERE cart_id = %s")),
    Flow("pay", ("gateway", "billing"), pay, COUNT_PAYMENTS),
    Flow("paid", ("billing", "orders", "catalog", "crm", "notifications", "sandbox", "gateway"), pay, COUNT_PAYMENTS, settle=paid, slow=True),
    Flow("webhook", ("gateway", "billing"), webhook, ("billing", "SELECT count(*) FROM webhook_event WHERE event_id = %s")),
    Flow("read_order", ("gateway", "orders"), read_order),
    Flow("read_schedule", ("gateway", "orders"), read_schedule),
    Flow("read_payments", ("gateway", "billing"), read_payments),
    Flow("statement", ("gateway", "billing"), statement),
    Flow("timeline", ("gateway", "crm"), timeline),
    Flow("link_page", ("gateway", "billing"), link_page),
    Flow("pay_link", ("gateway", "billing"), pay_link, COUNT_PAYMENTS),
    Flow("import", ("gateway", "catalog"), import_products, ("catalog", "SELECT count(*) FROM product WHERE sku = %s")),
    Flow("day_close", EVERYBODY, day, settle=closed, slow=True),
]
