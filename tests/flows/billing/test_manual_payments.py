"""/v1/manual-payments: money that came past every provider, recorded by staff; POST /v1/refunds/{id}/pay-out: what they give back the same way."""

import concurrent.futures
import datetime
import uuid

import pytest


@pytest.fixture
def record(staff):
    def ask(order, amount, method="cash", expect=201, key=True, **members):
        body = {"amount": amount, "currency": "USD", "method": method, "reference": f"RC-{uuid.uuid4()}", **({"order_id": order["id"]} if order else {}), **members}
        return staff.post("/v1/manual-payments", body, key=key, expect=expect)
    return ask


def act(staff, payment, what, expect=200, **body):
    return staff.post(f"/v1/manual-payments/{payment['id']}/{what}", body, expect=expect)


def owed(customer, order):
    return customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["outstanding"]


def test_cash_confirms_an_order(shop, customer, staff, record, ledger_of, statement_foots, books_agree):
    product = shop.new_product(price="120.00")
    order = shop.order(customer, product, offer=shop.offer(product, deposit=True))
    deposit = customer.schedule(order["id"])[0]["total"]
    assert record(order, deposit - 1, expect=422).code == "amount_below_deposit"
    key, reference = str(uuid.uuid4()), f"RC-{uuid.uuid4()}"
    payment = record(order, deposit, key=key, reference=reference).json
    assert (payment["status"], payment["method"], payment["order_id"], payment["received_on"]) == ("applied", "cash", order["id"], shop.today().isoformat())
    assert record(order, deposit, key=key, reference=reference).json == payment, "asked twice is once"
    assert record(order, deposit, reference=reference, expect=409).code == "already_recorded"
    assert staff.get(f"/v1/manual-payments/{payment['id']}", expect=200).json == payment
    assert payment in staff.get("/v1/manual-payments", {"reference": reference}, expect=200)["data"]
    shop.wait_order(customer, order["id"], "confirmed")
    shown = customer.payment(payment["payment_id"])
    assert (shown["status"], shown["source"], shown["provider"], shown["amount"]) == ("succeeded", "manual", "cash", deposit)
    receipt = customer.api.get(f"/v1/payments/{payment['id']}/receipt", expect=200).json
    assert [(each["number"], each["amount"]) for each in receipt["allocations"]] == [(0, deposit)]
    assert receipt["invoice"] == shop.invoices(customer, order["id"])[0]["number"]
    rest = owed(customer, order)
    record(order, rest, method="bank_transfer")
    shop.wait_until(lambda: all(row["status"] == "paid" for row in customer.schedule(order["id"])), 20, "all of it paid")
    books = ledger_of(order)
    assert (books["cash"], books["bank"], books["cash_at_provider"], books["receivable"]) == (deposit, rest, 0, 0)
    statement_foots(customer)
    books_agree()


def test_what_is_left_over_is_paid_out_by_hand(shop, customer, staff, record, by_hand, ledger_of, books_agree):
    order, _ = shop.buy(customer, save=False)
    payment = record(order, owed(customer, order) + 700, method="slip").json
    refund = by_hand(payment)
    assert (refund["kind"], refund["amount"], ledger_of(order)["customer_credit"]) == ("excess", 700, -700)
    books_agree()
    paid = staff.post(f"/v1/refunds/{refund['id']}/pay-out", {"method": "bank_transfer", "reference": "TR-1"}, expect=200).json
    assert (paid["status"], paid["to"], paid["amount"]) == ("succeeded", "bank", 700)
    assert customer.payment(payment["id"])["refunded"] == 700 and ledger_of(order)["customer_credit"] == 0
    assert staff.post(f"/v1/refunds/{refund['id']}/pay-out", {"method": "cash", "reference": "TR-2"}, expect=409).code == "refund_not_failed"
    assert act(staff, payment, "reverse", expect=409, reason="Too late").code == "payment_went_back"
    staff.post(f"/v1/refunds/{uuid.uuid4()}/pay-out", {"method": "cash", "reference": "TR-3"}, expect=404)
    books_agree()


def test_unapplied_until_somebody_knows(shop, customer, staff, record, ledger_of, statement_foots, books_agree):
    order, _ = shop.buy(customer, save=False)
    debt = owed(customer, order)
    payment = record(None, 900, method="bank_transfer").json
    assert (payment["status"], payment["order_id"], payment["payment_id"]) == ("unapplied", None, None)
    assert ledger_of(payment) == {"bank": 900, "suspense": -900}, "in the books under its own id"
    books_agree()
    assigned = act(staff, payment, "assign", order_id=order["id"]).json
    assert (assigned["status"], assigned["order_id"], assigned["customer_id"]) == ("applied", order["id"], customer.id)
    assert (ledger_of(order)["suspense"], owed(customer, order)) == (900, debt - 900)
    assert act(staff, payment, "assign", expect=409, order_id=order["id"]).code == "not_unapplied"
    statement_foots(customer)
    books_agree()
    act(staff, payment, "reverse", reason="It was another's")
    wrong = act(staff, record(None, 450).json, "reverse", reason="Typed twice").json
    assert wrong["status"] == "reversed" and act(staff, wrong, "assign", expect=409, order_id=order["id"]).code == "not_unapplied"
    assert (ledger_of(wrong)["suspense"], ledger_of(wrong)["cash"], ledger_of(order)["bank"], owed(customer, order)) == (0, 0, -900, debt)
    act(staff, record(None, 10).json, "assign", expect=404, order_id=str(uuid.uuid4()))
    books_agree()


def test_a_zero_too_many(shop, customer, staff, record, by_hand, ledger_of, statement_foots, books_agree):
    """Reversed, everything is as before; and it is recorded anew."""
    order, _ = shop.buy(customer, save=False)
    debt, before = owed(customer, order), ledger_of(order)
    reference = f"TR-{uuid.uuid4()}"
    payment = record(order, 10 * debt, method="bank_transfer", reference=reference).json
    by_hand(payment)
    reversed_ = act(staff, payment, "reverse", reason="A zero too many").json
    assert (reversed_["status"], reversed_["reversal_reason"]) == ("reversed", "A zero too many")
    assert act(staff, payment, "reverse", reason="Again").json == reversed_
    assert (owed(customer, order), +ledger_of(order), -ledger_of(order)) == (debt, +before, -before)
    assert customer.payment(payment["id"])["status"] == "reversed"
    assert shop.invoices(customer, order["id"])[0]["status"] == "open"
    statement_foots(customer)
    record(order, debt, method="bank_transfer", reference=reference)
    shop.wait_until(lambda: all(row["status"] == "paid" for row in customer.schedule(order["id"])), 20, "all of it paid")
    act(staff, {"id": str(uuid.uuid4())}, "reverse", expect=404, reason="Nothing")
    books_agree()


def test_what_is_left_over_is_kept(shop, customer, staff, record, set_receivables_policy, ledger_of, statement_foots, books_agree):
    """By the shop's policy it is credit at once, for cash has no way back; reversed with the rest as long as nobody has used it."""
    set_receivables_policy(overpayment="credit")
    order, _ = shop.buy(customer, save=False)
    debt, before = owed(customer, order), ledger_of(order)
    mistake = record(order, debt + 700).json
    assert ledger_of(order)["customer_credit"] == -700
    act(staff, mistake, "reverse", reason="A zero too many")
    assert (owed(customer, order), +ledger_of(order), -ledger_of(order)) == (debt, +before, -before)
    payment = record(order, debt + 500).json
    path = f"/v1/customers/{customer.id}/credit"
    customer.api.post(f"{path}/applications", {"order_id": shop.order(customer)["id"], "amount": 200}, key=True, expect=201)
    assert act(staff, payment, "reverse", expect=409, reason="Too late").code == "payment_went_back"
    refund = staff.post(f"{path}/refunds", {"payment_id": payment["id"], "reason": "She asks for it"}, key=True, expect=201).json
    assert (refund["kind"], refund["amount"]) == ("credit", 300)
    shop.wait_until(lambda: customer.api.get(f"/v1/refunds/{refund['id']}", expect=200)["status"] == "failed", 30, "it waits for the till")
    staff.post(f"/v1/refunds/{refund['id']}/pay-out", {"method": "cash", "reference": "RC-9"}, expect=200)
    statement_foots(customer)
    books_agree()


def test_what_staff_give_back_of_it(shop, customer, staff, record, by_hand, books_agree):
    """A refund of it waits for them, too; a reversal takes it back with the rest."""
    order, _ = shop.buy(customer, save=False)
    debt = owed(customer, order)
    payment = record(order, 800).json
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "Changed her mind", "amount": 300}, key=True, expect=201)
    refund = by_hand(payment)
    assert owed(customer, order) == debt - 500
    act(staff, payment, "reverse", reason="It was never there")
    assert owed(customer, order) == debt
    assert customer.api.get(f"/v1/refunds/{refund['id']}", expect=200)["status"] == "canceled"
    books_agree()


def test_refused(shop, customer, staff, record, sandbox):
    order, _ = shop.buy(customer, save=False)
    today = shop.today()
    for members, expect, code in (
            ({"received_on": (today + datetime.timedelta(days=1)).isoformat()}, 422, "validation_failed"),
            ({"received_on": "2001-01-01"}, 422, "received_before_sale"),
            ({"currency": "EUR"}, 422, "wrong_currency"),
            ({"order_id": str(uuid.uuid4())}, 404, "not_found")):
        assert record(order, 500, expect=expect, **members).code == code
    record(order, 500, key=None, expect=400)
    customer.api.post("/v1/manual-payments", {"amount": 500, "currency": "USD", "method": "cash", "reference": "x"}, key=True, expect=403)


def test_twenty_record_the_same(shop, customer, staff, record, books_agree):
    """Two clerks, one transfer: it is recorded once, whoever is first."""
    order, _ = shop.buy(customer, save=False)
    debt, reference = owed(customer, order), f"TR-{uuid.uuid4()}"
    with concurrent.futures.ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(lambda n: record(order if n % 2 else None, 100, reference=reference, expect=None), range(20)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    applied = [reply for reply in replies if reply.status == 201][0].json["status"] == "applied"
    assert owed(customer, order) == debt - (100 if applied else 0)
    books_agree()
