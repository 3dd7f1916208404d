"""What billing's tests share.

    make_link(order_id, customer_id, days=)   the path of a payment link, as collections makes it
    as_customer(customer)                     billing itself, not through the gateway, as the gateway would call it for that customer
    open_browser(url)                         the customer at the bank's page
    trial_balance(currency)                   {account: balance}
    books_agree()                             fails when the ledger and the receivables do not agree, for every order there is
"""

import pytest
import requests

from support.client import Api
from support.link import payment_link
from support.tokens import identity


@pytest.fixture
def make_link(stack):
    return lambda *order, **options: payment_link(stack.credentials["identity"], *order, **options)


class DirectApi(Api):
    """Signs each request anew: an identity lives a minute."""

    def __init__(self, stack, customer):
        super().__init__(stack.service_urls["billing"])
        self._secret, self._customer = stack.credentials["identity"], customer

    def request(self, method, path, headers=None, **options):
        signed = identity(self._secret, "customer", self._customer.id, "customer")
        return super().request(method, path, headers={**(headers or {}), "X-Cuotas-Identity": signed}, **options)


@pytest.fixture
def as_customer(stack):
    return lambda customer: DirectApi(stack, customer)


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
        wrong = database("billing", """
            SELECT a.order_id, a.status, a.total - a.paid, coalesce(sum(CASE WHEN p.debit_account = 'receivable' THEN p.amount END), 0)
                   - coalesce(sum(CASE WHEN p.credit_account = 'receivable' THEN p.amount END), 0) AS ledger
            FROM order_account a LEFT JOIN posting p USING (order_id)
            GROUP BY a.order_id
            HAVING coalesce(sum(CASE WHEN p.debit_account = 'receivable' THEN p.amount END), 0)
                   - coalesce(sum(CASE WHEN p.credit_account = 'receivable' THEN p.amount END), 0)
                   <> CASE WHEN a.status IN ('active', 'settled') THEN a.total - a.paid ELSE 0 END""")
        assert wrong == []
        assert database("billing", "SELECT coalesce(sum(balance), 0)::bigint FROM trial_balance") == [(0,)]
    return check
