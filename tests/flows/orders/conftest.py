"""What tests of changes after the sale and of credit share. The credit policy is the whole shop's: it is taken away after each test that set one.

    account(order)              billing's account, as orders sees it
    books()                     fails when billing's ledger and receivables do not agree, for every order there is
    credit()                    a confirmed order of `customer` in twelve monthly installments with interest, 20 % paid as a deposit
    change(who, order, kind, ...)   computes one;  confirm(who, change): confirms it and waits until it is applied
    new_staff(scope)            somebody of the shop who may do that
    given_back(order)           what went back to the customer, when all of it has
    agrees(order)               schedule, account and statement say the same; the schedule
    set_policy(limits=[...], max_dpd=, ...)   the policy from now on
    approver()             a person of the staff who may approve, another each time: their Api; `.subject` is who they are
    book(customer)         the customer's row of credit_book, and that it is what it must be
"""

import uuid

import pytest
import requests

from support import books as _books
from support import tokens
from support.tokens import identity


@pytest.fixture
def account(stack):
    def read(order):
        headers = {"X-Cuotas-Identity": identity(stack.credentials["identity"], "service", "orders", "service")}
        reply = requests.get(f"{stack.service_urls['billing']}/internal/orders/{order['id']}/account", headers=headers, timeout=30)
        assert reply.status_code == 200, reply.text
        return reply.json()
    return read


@pytest.fixture
def books(database):
    return lambda: _no(_books.wrong(lambda sql: database("billing", sql)))


def _no(wrong):
    assert wrong == []


@pytest.fixture
def credit(shop, customer):
    def buy(price="1200.00", save=False, quantity=1, installments=12):
        product = shop.new_product(price=price)
        return shop.buy(customer, product, quantity, offer=shop.offer(product, installments=installments), save=save)[0]
    return buy


@pytest.fixture
def change():
    def compute(who, order, kind, expect=201, **members):
        return who.post(f"/v1/contracts/{order['contract_id']}/changes", {"kind": kind, **members}, key=True, expect=expect)
    return compute


@pytest.fixture
def confirm(wait_until):
    def send(who, computed, expect=200, wait=True, tag=None):
        path = f"/v1/contracts/{computed['contract_id']}/changes/{computed['id']}"
        reply = who.post(f"{path}/confirm", {}, key=True, headers={"If-Match": tag or f'"{computed["version"]}"'}, expect=expect)
        if expect != 200 or not wait:
            return reply
        def applied():
            now = who.get(path, expect=200).json
            return now if now["status"] != "confirming" else None
        return wait_until(applied, 20, "the change applied")
    return send


@pytest.fixture
def agrees(account, books, customer, wait_until):
    def check(order):
        now = account(order)
        owed = {row["number"]: row for row in now["installments"] if row["status"] not in ("rescheduled", "written_off", "canceled")}
        def followed():
            schedule = customer.api.get(f"/v1/orders/{order['id']}/schedule", expect=200).json
            rows = {row["number"]: row for row in schedule["installments"]}
            same = {name: [rows[n][name] if n in rows else None for n in sorted(owed)] == [owed[n][name] for n in sorted(owed)]
                    for name in ("due_date", "principal", "interest", "fees", "tax", "total", "paid", "status")}
            return schedule if sorted(rows) == sorted(owed) and all(same.values()) else None
        schedule = wait_until(followed, 20, f"the schedule as the account {now}")
        assert (schedule["total_payable"], schedule["paid"]) == (now["total"], now["paid"])
        def footed():   # what goes back is the customer's credit until it is there
            entries = customer.api.pages(f"/v1/customers/{customer.id}/statement")
            return sum(each["amount"] for each in entries if each["order_id"] == order["id"]) == now["total"] - now["paid"]
        wait_until(footed, 20, f"the statement as the account {now}")
        books()
        return schedule
    return check


@pytest.fixture
def given_back(database, wait_until):
    def read(order):
        def arrived():
            rows = database("billing", "SELECT status, amount FROM refund WHERE order_id = %s", (order["id"],))
            return [amount for status, amount in rows] if rows and {status for status, _ in rows} == {"succeeded"} else None
        return sum(wait_until(arrived, 30, "the money back"))
    return read


@pytest.fixture
def new_staff(stack, api):
    signer = tokens.Signer.from_file(stack.credentials.key_file)
    return lambda scope: api.with_token(signer.token(tokens.claims(stack.gateway_url, str(uuid.uuid4()), scope)))


@pytest.fixture
def set_policy(staff):
    def put(**policy):
        at = staff.get("/v1/credit-policy", expect=200)
        return staff.request("PUT", "/v1/credit-policy", json={"limits": [], **policy}, headers={"If-Match": at.headers["ETag"]}, expect=200).json
    yield put
    put()


@pytest.fixture(scope="session")
def approver(stack, api):
    signer = tokens.Signer.from_file(stack.credentials.key_file)

    def make(scope="orders.approve"):
        subject = str(uuid.uuid4())
        person = api.with_token(signer.token(tokens.claims(stack.gateway_url, subject, scope)))
        person.subject = subject
        return person
    return make


@pytest.fixture
def book(database, wait_until):
    def rows(sql, customer):
        return database("orders", sql, (customer.id,))

    def read(customer):
        """Waits for what is under way."""
        def agreed():
            kept = rows("SELECT exposure, contracts, overdue FROM credit_book WHERE customer_id = %s", customer)
            right = rows("SELECT exposure, contracts, overdue FROM credit_book_true WHERE customer_id = %s", customer)
            plain = [({currency: owed for currency, owed in exposure.items() if owed}, *rest) for exposure, *rest in kept]
            return plain and plain == right and plain[0]
        return wait_until(agreed, 20, "the book agrees with what it is made of")
    return read
