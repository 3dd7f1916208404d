"""What billing's tests share.

    make_link(order_id, customer_id, days=)   the path of a payment link, as collections makes it
    as_customer(customer)                     billing itself, not through the gateway, as the gateway would call it for that customer
    as_service                                billing itself, as another service calls it
    open_browser(url)                         the customer at the bank's page
    trial_balance(currency)                   {account: balance}
    books_agree()                             fails when the ledger and what it is about do not agree, for every order there is
    ledger_of(order)                          {account: balance}, 0 where there is none
    set_receivables_policy(**members)         the shop's policy on receivables, whole; what holds without a word again after the test
    set_invoice_policy(tax_rate, **members)   how the shop invoices, whole; without taxes again after the test
    by_hand(payment)                          the refund of it that waits for somebody to pay it out
    disputes(order, *states, **members)       the disputes of an order, once there are any and all are in a state
    reference_of(payment)                     what the provider calls it
    told(kind, dispute)                       an event of a dispute, as the provider tells it, acted on
    statement_foots(customer)                 fails when a statement does not add up to what its customer owes
"""

import collections
import uuid

import pytest
import requests

from support import books
from support.client import Api
from support.link import payment_link
from support.stripe_event import deliver
from support.tokens import identity
from support.waterfall import rule


@pytest.fixture
def make_link(stack):
    return lambda *order, **options: payment_link(stack.credentials["identity"], *order, **options)


class DirectApi(Api):
    """Signs each request anew: an identity lives a minute."""

    def __init__(self, stack, *who):
        super().__init__(stack.service_urls["billing"])
        self._secret, self._who = stack.credentials["identity"], who

    def request(self, method, path, headers=None, **options):
        signed = identity(self._secret, *self._who)
        return super().request(method, path, headers={**(headers or {}), "X-Cuotas-Identity": signed}, **options)


@pytest.fixture
def as_customer(stack):
    return lambda customer: DirectApi(stack, "customer", customer.id, "customer")


@pytest.fixture
def as_service(stack):
    return DirectApi(stack, "service", "orders", "service")


@pytest.fixture
def open_browser():
    def visit(url):
        reply = requests.get(url, timeout=30)
        assert reply.status_code < 400, reply.text
    return visit


@pytest.fixture
def trial_balance(database):
    def read(currency="USD"):
        return dict(database("billing", "SELECT account, balance FROM trial_balance WHERE currency = %s", (currency,)))
    return read


@pytest.fixture
def books_agree(database):
    def check():
        assert books.wrong(lambda sql: database("billing", sql)) == []
    return check


@pytest.fixture
def ledger_of(database):
    return lambda order: collections.Counter(books.of_order(lambda sql: database("billing", sql), order["id"]))


@pytest.fixture
def set_receivables_policy(staff):
    path = "/v1/receivables-policy"

    def put(**members):
        body = {"allocation": [{"transaction": "payment", **rule()}], **members}
        return staff.request("PUT", path, json=body, headers={"If-Match": staff.get(path, expect=200).headers["ETag"]}, expect=200).json
    yield put
    put()


@pytest.fixture
def statement_foots(database, wait_until):
    """The lines of a customer's statement add up to what they owe. Money may be going back meanwhile: what is compared was read between two looks that see the same."""
    def owed_by(customer):
        return dict(database("billing", f"""
            SELECT currency, sum(amount)::bigint FROM (
                SELECT currency, total - paid AS amount FROM order_account WHERE customer_id = %s AND status IN ('active', 'settled', 'written_off')
                UNION ALL SELECT currency, -amount FROM ({books.CREDIT}) AS credit WHERE customer_id = %s) AS each GROUP BY currency""",
                             (customer.id, customer.id)))

    def check(customer):
        def read():
            before = owed_by(customer)
            statement, lines = customer.statement(), list(customer.api.pages(f"/v1/customers/{customer.id}/statement"))
            return (before, statement, lines) if owed_by(customer) == before else None
        owed, statement, lines = wait_until(read, 30, "the customer's account at rest")
        assert {each["currency"]: each["amount"] for each in statement["balances"] if each["amount"]} == {
            currency: amount for currency, amount in owed.items() if amount}
        assert sum(line["amount"] for line in lines) == sum(owed.values())
    return check


@pytest.fixture
def by_hand(staff, shop):
    """The refund that waits for somebody to pay it out."""
    def find(payment):
        def made():
            return [each for each in staff.pages(f"/v1/payments/{payment['id']}/refunds") if (each["status"], each["failure_code"]) == ("failed", "by_hand")]
        return shop.wait_until(made, 30, "a refund to be paid out by hand")[0]
    return find


@pytest.fixture
def disputes(staff, shop):
    """The disputes of an order, once there are any and all are in a state."""
    def wait(order, *states, **members):
        def reached():
            found = list(staff.pages("/v1/disputes", {"order_id": order["id"]}))
            return found if found and all(each["status"] in states and members.items() <= each.items() for each in found) else None
        return shop.wait_until(reached, 30, f"disputes {states}")
    return wait


@pytest.fixture
def reference_of(database):
    return lambda payment: database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0][0]


@pytest.fixture
def told(api, stack, database, wait_until):
    """An event of a dispute, as the provider tells it, acted on."""
    def tell(kind, dispute):
        event = "evt_" + uuid.uuid4().hex
        deliver(api, stack.webhook_secret, {"id": event, "object": "event", "type": "charge.dispute." + kind, "created": 1, "data": {"object": dispute}}, 200)
        wait_until(lambda: database("billing", "SELECT verdict FROM webhook_event WHERE event_id = %s AND verdict IS NOT NULL", (event,)), 30, "the event acted on")
    return tell


@pytest.fixture
def set_invoice_policy(staff):
    """The whole shop's: put back after each test."""
    def now(tax_rate="0", **policy):
        read = staff.get("/v1/invoice-policy", expect=200)
        return staff.request("PUT", "/v1/invoice-policy", json={"tax_rate": tax_rate, **policy}, headers={"If-Match": read.headers["ETag"]}, expect=200).json
    yield now
    now()
