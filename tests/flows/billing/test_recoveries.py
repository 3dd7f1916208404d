"""Money that comes for an order that was written off: a recovery. Nothing is owed again by it, and what goes back of it opens nothing."""

import json
import uuid

import pytest

from support.schedule_change import Change
from support.stripe_event import deliver, dispute_of


@pytest.fixture
def record(staff):
    def ask(order, amount, method="cash"):
        return staff.post("/v1/manual-payments", {"amount": amount, "currency": "USD", "method": method, "reference": f"RC-{uuid.uuid4()}",
                                                  **({"order_id": order["id"]} if order else {})}, key=True, expect=201).json
    return ask


@pytest.fixture
def written_off(shop, customer, as_service, ledger_of):
    """An order of which only the first payment came: order, that payment, what was lost."""
    def make(before=lambda order: None):
        product = shop.new_product(price="600.00")
        shop.new_plan(product)
        order, payment = shop.buy(customer, product, offer=shop.offer(product, 6), save=False)
        before(order)
        account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
        change = Change(account, "write_off")
        for row in account["installments"]:
            if row["paid"] < row["total"]:
                change.replace(row)
        assert as_service.post(change.path, change.body(), expect=200)["status"] == "written_off"
        lost = ledger_of(order)["bad_debt"]
        assert lost > 20000
        return order, payment, lost
    return make


@pytest.fixture
def declined(shop, customer, stack, api, database):
    """A payment that was refused; and what makes the provider have taken it after all: its name there."""
    def make(order):
        failed = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_chargeDeclined").json["id"])

        def take():
            payload, = database("billing", "SELECT payload FROM webhook_event WHERE payload LIKE %s ORDER BY received_at DESC LIMIT 1", (f"%{failed['id']}%",))[0]
            event = {**json.loads(payload), "id": "evt_" + uuid.uuid4().hex, "type": "payment_intent.succeeded"}
            event["data"]["object"].update(status="succeeded", amount_received=failed["amount"], last_payment_error=None)
            deliver(api, stack.webhook_secret, event, 200)
            shop.wait_until(lambda: customer.payment(failed["id"])["status"] == "succeeded", 20, "the payment succeeded")
            return event["data"]["object"]["id"]
        return failed, take
    return make


@pytest.fixture
def lost(reference_of, told):
    """The customer's bank gives them a payment back."""
    def lose(payment):
        for kind, status in (("created", "needs_response"), ("closed", "lost")):
            told(kind, dispute_of(reference_of(payment), payment, status))
    return lose


@pytest.fixture
def standing(shop, customer):
    """How an order stands everywhere: account, order, contract, invoice."""
    def of(order):
        account = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)
        now = customer.order(order["id"])
        return account["status"], now["status"], now["contract"]["status"], shop.invoices(customer, order["id"])[0]["status"]
    return of


def recovered(books):
    return -books["recoveries"]


def test_paid_by_hand(shop, customer, staff, record, written_off, by_hand, ledger_of, statement_foots, books_agree):
    """Up to what was lost; the rest is the customer's. Reversed, or given back, it is lost again."""
    order, _, lost = written_off()
    before = ledger_of(order)
    first = record(order, 5000)
    books = ledger_of(order)
    assert (recovered(books), books["cash"], books["receivable"], books["bad_debt"]) == (5000, 5000, 0, lost)
    receipt = customer.api.get(f"/v1/payments/{first['id']}/receipt", expect=200).json
    assert (receipt["recovered"], receipt["excess"], receipt["allocations"]) == (5000, 0, [])
    shop.wait_until(lambda: any(each["template"] == "receipt_recovered" for each in shop.notifications(customer)), 20, "the customer told")
    assert shop.invoices(customer, order["id"])[0]["status"] == "uncollectible"
    staff.post(f"/v1/manual-payments/{first['id']}/reverse", {"reason": "It was another's"}, expect=200)
    assert (+ledger_of(order), -ledger_of(order)) == (+before, -before)

    unapplied = record(None, 7000, "bank_transfer")
    staff.post(f"/v1/manual-payments/{unapplied['id']}/assign", {"order_id": order["id"]}, expect=200)
    assert recovered(ledger_of(order)) == 7000
    staff.post(f"/v1/payments/{unapplied['id']}/refunds", {"reason": "Too much", "amount": 1000, "to": "credit"}, key=True, expect=201)
    assert (recovered(ledger_of(order)), ledger_of(order)["customer_credit"]) == (6000, -1000)
    books_agree()
    last = record(order, lost)
    assert recovered(ledger_of(order)) == lost and by_hand(last)["amount"] == 6000
    assert customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["status"] == "written_off"
    statement_foots(customer)
    books_agree()


def test_succeeded_after_all(shop, customer, disputes, reference_of, told, declined, written_off, ledger_of, statement_foots, books_agree):
    """A payment that had failed is taken after the write-off. Its money is lost again when its customer disputes it, and nothing is owed for it; what the first payment had paid is, and is paid first."""
    late = []
    order, first, lost = written_off(before=lambda order: late.extend(declined(order)))
    failed, take = late
    amount, reference = failed["amount"], take()
    assert recovered(ledger_of(order)) == amount and customer.payment(failed["id"])["refunded"] == 0
    books_agree()
    for payment, reopened in ((failed, 0), (first, first["amount"])):
        for kind, status in (("created", "needs_response"), ("closed", "lost")):
            told(kind, dispute_of(reference if payment is failed else reference_of(first), payment, status))
        assert sorted(each["reopened"] for each in disputes(order, "lost"))[-1] == reopened
        assert (recovered(ledger_of(order)), ledger_of(order)["bad_debt"], ledger_of(order)["receivable"]) == (0, lost, reopened)
        books_agree()
    again = shop.wait_payment(customer, customer.pay(order["id"], amount=first["amount"]).json["id"])
    assert again["status"] == "succeeded" and ledger_of(order)["receivable"] == 0
    statement_foots(customer)
    books_agree()


def test_written_off_whole(shop, customer, hire, record, lost, standing, ledger_of, statement_foots, books_agree):
    """Nothing of it is paid any more: it is written off all the same, which is no sale undone, so what a collector brings is a recovery."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    lost(payment)
    asks, approves = hire("admin"), hire("approver")
    draft = asks.post(f"/v1/contracts/{order['contract_id']}/changes", {"kind": "write_off", "reason": "No aparece"}, key=True, expect=201).json
    approves.post(f"/v1/contracts/{order['contract_id']}/changes/{draft['id']}/confirm", {}, key=True, headers={"If-Match": f'"{draft["version"]}"'}, expect=200)
    shop.wait_until(lambda: standing(order) == ("written_off", "confirmed", "written_off", "uncollectible"), 20, "written off everywhere")
    assert [document["kind"] for document in shop.invoices(customer, order["id"])] == ["invoice"], "what was written off was sold all the same"
    record(order, 4000)
    books = ledger_of(order)
    assert (recovered(books), books["receivable"], books["customer_credit"]) == (4000, 0, 0)
    assert customer.pay(order["id"], expect=409).code == "order_written_off"
    statement_foots(customer)
    books_agree()


def test_written_off_again(shop, customer, database, written_off, lost, standing, statement_foots, books_agree):
    """What the first payment had paid is owed again, and paid: what was written off stays so, and nobody is told that all was paid."""
    order, first, _ = written_off()
    lost(first)
    shop.wait_until(lambda: standing(order)[0] == "active", 20, "owed again")
    again = shop.wait_payment(customer, customer.pay(order["id"], amount=first["amount"]).json["id"])
    assert (again["status"], standing(order)[0], standing(order)[3]) == ("succeeded", "written_off", "uncollectible")
    shop.wait_until(lambda: standing(order)[2] == "written_off", 20, "the contract written off")
    assert database("billing", "SELECT type FROM outbox WHERE subject = %s ORDER BY xid, id", (order["contract_id"],)) == [("contract.reopened",), ("contract.written_off",)]
    statement_foots(customer)
    books_agree()


def test_nothing_is_recovered_of_a_sale_undone(staff, as_service, declined, written_off, lost, ledger_of, books_agree):
    """Written off, owed again in part, and canceled: what is taken of it then goes back."""
    late = []
    order, first, _ = written_off(before=lambda order: late.extend(declined(order)))
    lost(first)
    change = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "cancellation")
    for row in change.account["installments"]:
        if row["total"]:
            change.replace(row)
    assert as_service.post(change.path, change.body(), expect=200)["status"] == "closed"
    failed, take = late
    take()
    assert recovered(ledger_of(order)) == 0
    assert [(back["amount"], back["kind"]) for back in staff.pages(f"/v1/payments/{failed['id']}/refunds")] == [(failed["amount"], "order_closed")]
    books_agree()
