"""What the tests of this directory share.

    signer, issuer         the key access tokens are signed with, and who they say signs them
    token(scope, subject)  a good access token
    owner, stranger        two customers (World) with one of everything that can belong to somebody; a new kind of thing is a line in WORLD
    staff_world            the same as the administrator names it
    secret                 the key of identities and link tokens
    listener               an address that must never be connected to (support/listener.py); `at_rest()` waits until nothing is left to do"""

import os
import uuid

import pytest
import requests

from support import tokens
from support.listener import Listener
from support.sepa import new_iban


# kind of x-owner: how `customer` comes to one of it
WORLD = {
    "customer": lambda world: world.customer.id,
    "cart": lambda world: world.customer.cart((world.product, 1))["id"],
    "order": lambda world: world.bought[0]["id"],
    "quote": lambda world: world.shop.quote(world.customer, (world.product, 1))["id"],
    "contract": lambda world: world.bought[0]["contract_id"],
    "contract_document": lambda world: world.document(),
    "payment": lambda world: world.bought[1]["id"],
    "refund": lambda world: world.shop.staff.post(f"/v1/payments/{world.bought[1]['id']}/refunds", {"amount": 1, "reason": "A cent"}, key=True, expect=201)["id"],
    "invoice": lambda world: world.shop.invoices(world.customer, world.bought[0]["id"])[0]["id"],
    "contract_change": lambda world: world.api.post(f"/v1/contracts/{world.bought[0]['contract_id']}/changes", {"kind": "payoff"}, key=True, expect=201)["id"],
    "payment_method": lambda world: world.customer.api.get("/v1/payment-methods", expect=200)["data"][0]["id"],
    "sepa_mandate": lambda world: world.customer.api.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana"}, expect=201)["id"],
    # shared things, by the name of the input that takes them
    "product": lambda world: world.product["id"],
    "offer": lambda world: world.shop.offers(world.product)[0]["id"],
}


class World:
    """A customer with an order that is paid in part, one that waits for its first payment, and a cart. `things`: {kind: id}."""

    def __init__(self, shop):
        self.shop = shop
        self.customer = shop.new_customer()
        self.api = self.customer.api
        self.product = shop.new_product(stock=50)
        self.bought = shop.buy(self.customer, self.product)
        self.unpaid = shop.order(self.customer, self.product)
        self.things = {kind: make(self) for kind, make in WORLD.items()}

    def document(self):
        """Of their contract, whose text is made and kept when it is first read."""
        contract = f"/v1/contracts/{self.bought[0]['contract_id']}"
        self.api.get(contract + "/document", expect=200)
        return self.api.get(contract + "/documents", expect=200)["data"][0]["id"]

    def pay_once_more(self, card="pm_card_mastercard"):
        """A second payment, by another card that is kept: lists of two."""
        order = self.bought[0]
        payment = self.customer.pay(order["id"], card, save=True).json
        self.shop.wait_payment(self.customer, payment["id"])
        self.shop.wait_until(lambda: len(list(self.api.pages("/v1/payment-methods"))) > 1, 30, "two payment methods")

    def state(self):
        """All of it, as its owner sees it."""
        orders = [self.bought[0]["id"], self.unpaid["id"]]
        return {
            "customer": self.api.get(f"/v1/customers/{self.customer.id}", expect=200).json,
            "orders": [self.customer.order(each) for each in orders],
            "schedules": [self.customer.schedule(each) for each in orders],
            "cart": self.api.get(f"/v1/carts/{self.things['cart']}", expect=200).json,
            "all orders": sorted(each["id"] for each in self.api.pages("/v1/orders")),
            "payments": [list(self.api.pages("/v1/payments", {"order_id": each})) for each in orders],
            "changes": list(self.api.pages(f"/v1/contracts/{self.things['contract']}/changes")),
            "methods": list(self.api.pages("/v1/payment-methods")),
            "statement": list(self.api.pages(f"/v1/customers/{self.customer.id}/statement")),
        }


@pytest.fixture(scope="session")
def owner(shop):
    return World(shop)


@pytest.fixture(scope="session")
def stranger(shop):
    return World(shop)


@pytest.fixture(scope="session")
def signer(stack):
    return tokens.Signer.from_file(stack.credentials.key_file)


@pytest.fixture(scope="session")
def issuer(stack):
    return stack.gateway_url


@pytest.fixture(scope="session")
def token(signer, issuer):
    def make(scope, subject=None, **changes):
        return signer.token(tokens.claims(issuer, subject or str(uuid.uuid4()), scope, **changes))
    return make


@pytest.fixture(scope="session")
def secret(stack):
    return stack.credentials["identity"]


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def at_rest(stack, secret, wait_until):
    """Until all events are applied and no job is due, twice with nothing done in between."""
    def ask():
        headers = {"X-Cuotas-Identity": tokens.identity(secret, "service", "tests", "service")}
        return [requests.get(url + "/internal/quiet", headers=headers, timeout=30).json()
                for name, url in stack.service_urls.items() if name != "gateway"]

    def wait():
        seen = []

        def quiet():
            seen.append(ask())
            return len(seen) > 1 and all(each["quiet"] for each in seen[-1]) and seen[-1] == seen[-2]
        wait_until(quiet, 60, "all services at rest")
    return wait


@pytest.fixture
def log_text(stack):
    """log_text("gateway"): all of a process's log so far."""
    def read(name):
        with open(os.path.join(stack.log_dir, f"{name}.log"), encoding="utf-8", errors="replace") as file:
            return file.read()
    return read
