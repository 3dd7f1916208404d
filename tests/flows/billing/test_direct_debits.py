"""/v1/direct-debit-batches: what is due is collected from those who signed a SEPA mandate, by a file for the shop's bank; the bank's statement says what came of it."""

import concurrent.futures
import contextlib
import datetime
import os
import random
import sys
import uuid

import psycopg2
import pytest

from support.access import ROOT
from support.bank_file import camt, entry, new_account
from support.schedule_change import Change
from support.sepa import DebitFile, new_iban, schema_errors

sys.path.append(os.path.join(ROOT, "tests", "bench"))

from bench.statements import Statement   # noqa: E402

BATCHES = "/v1/direct-debit-batches"


@pytest.fixture(scope="module")
def creditor(staff):
    return collects(staff)


def collects(staff, **members):
    path = "/v1/sepa-creditor"
    body = {"creditor_id": "ES23ZZZ47690558N", "name": "Cuotas & Compañía SL", "iban": new_iban(), "first_sequence": "FRST", **members}
    return staff.request("PUT", path, json=body, headers={"If-Match": staff.get(path, expect=200).headers["ETag"]}, expect=200).json


@pytest.fixture
def notice_days(staff, creditor):
    yield lambda days: collects(staff, notice_days=days)
    collects(staff)


@pytest.fixture
def debtor(shop, creditor):
    """A customer who has signed, with an order in EUR whose first payment is made: (customer, mandate, iban, receivables)"""
    def make(name="Ana Ruiz Peña", deposit=False, weekly=False, locale="es-CO", **members):
        customer, iban = shop.new_customer(locale=locale), new_iban()
        product = shop.new_product(price="240.00", currency="EUR")
        fits = lambda each: each["frequency"]["unit"] == "week" if weekly else 4 <= each["installments"] <= 12 and (each["deposit"] > 0 or not deposit)
        order, _ = shop.buy(customer, product, offer=next(filter(fits, shop.offers(product))), save=False)
        mandate = customer.api.post("/v1/sepa-mandates", {"iban": iban, "debtor_name": name, **members}, expect=201).json
        owed = [row for row in customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["data"] if row["outstanding"]]
        return customer, mandate, iban, owed
    return make


@pytest.fixture
def batch(staff):
    """Of one customer: other tests have theirs."""
    def make(customer, rows, expect=201, key=True, **members):
        return staff.post(BATCHES, {"from": rows[0]["due_date"], "to": rows[-1]["due_date"], "customer_id": customer.id, **members}, key=key, expect=expect)
    return make


@pytest.fixture
def act(staff):
    return lambda batch, what, expect=200, **body: staff.post(f"{BATCHES}/{batch['id']}/{what}", body if what == "settle" else None, expect=expect)


@pytest.fixture
def debits(staff):
    return lambda batch, **query: list(staff.pages("/v1/direct-debits", {"batch_id": batch["id"], **query}))


@pytest.fixture
def settled(shop, debits):
    """Until nothing of a batch is under way."""
    return lambda batch: shop.wait_until(lambda: not debits(batch, status="pending") and debits(batch), 30, "all of a batch recorded")


@pytest.fixture
def bank_says(shop, staff):
    """The bank's statement has these lines; those it is told of when they have been looked at."""
    def tell(*entries, state=("matched",)):
        data = camt(new_account(), [entry(on=shop.today().isoformat(), **each) for each in entries])
        report = staff.request("POST", "/v1/bank-statements", data=data, content_type="application/xml", expect=200)
        query = {"statement_id": report["data"][0]["id"]}

        def looked_at():
            lines = [line for line in staff.pages("/v1/bank-lines", query) if line["status"] in state]
            return lines if len(lines) == len(entries) else None
        return shop.wait_until(looked_at, 30, "the bank's lines looked at")
    return tell


def owed(customer, order_id):
    return customer.api.get("/v1/receivables", {"order_id": order_id}, expect=200)["outstanding"]


def test_a_file_for_the_bank(shop, staff, debtor, batch, act, debits, creditor, database):
    customer, mandate, iban, rows = debtor()
    key = str(uuid.uuid4())
    made = batch(customer, rows[:3], key=key).json
    assert batch(customer, rows[:3], key=key).json == made, "asked twice is once"
    assert (made["status"], made["count"], made["total"], made["pending"]) == ("created", 3, sum(row["outstanding"] for row in rows[:3]), 3)
    each = debits(made)
    assert {(debit["number"], debit["amount"], debit["mandate_id"]) for debit in each} == {(row["number"], row["outstanding"], mandate["id"]) for row in rows[:3]}
    assert batch(customer, rows[:3], expect=409).code == "nothing_to_collect", "all of it is under way"

    reply = staff.get(f"{BATCHES}/{made['id']}/file", expect=200)
    file, old = DebitFile(reply.body), staff.get(f"{BATCHES}/{made['id']}/file", {"version": "pain.008.001.02"}, expect=200).body
    assert (file.message_id, file.count, file.total) == (made["message_id"], 3, made["total"])
    for group in file.groups:
        assert (group["count"], group["total"]) == (len(group["debits"]), sum(debit["amount"] for debit in group["debits"]))
        assert (group["scheme"], group["creditor"], group["creditor_id"], group["iban"]) == ("CORE", "Cuotas Compania SL", "ES23ZZZ47690558N", staff.get("/v1/sepa-creditor", expect=200)["iban"])
    assert {(debit["id"], debit["amount"], debit["currency"], debit["mandate"], debit["name"], debit["iban"]) for debit in file.debits} == {
        (debit["end_to_end_id"], debit["amount"], "EUR", mandate["reference"], "Ana Ruiz Pena", iban) for debit in each}
    assert sorted(staff.pages("/v1/direct-debits", {"order_id": each[0]["order_id"], "limit": 2}), key=str) == sorted(each, key=str)
    by_day = sorted(each, key=lambda debit: debit["number"])
    assert [debit["sequence"] for debit in by_day] == ["FRST", "RCUR", "RCUR"]
    assert {(group["sequence"], group["collect_on"]) for group in file.groups} == {(debit["sequence"], debit["collect_on"]) for debit in each}
    for debit, row in zip(by_day, rows):
        late = datetime.date.fromisoformat(debit["collect_on"]) - max(datetime.date.fromisoformat(row["due_date"]), shop.today())
        assert 0 <= late.days <= 6 and datetime.date.fromisoformat(debit["collect_on"]).weekday() < 5, "at its due date, when banks work"
    assert staff.get(f"{BATCHES}/{made['id']}/file", expect=200).body == reply.body

    assert made in staff.get(BATCHES, {"limit": 50}, expect=200)["data"] and staff.get(f"{BATCHES}/{made['id']}", expect=200).json == made
    assert act(made, "cancel")["status"] == act(made, "cancel")["status"] == "canceled"
    for what in ("send", "settle"):
        assert act(made, what, expect=409).code == "batch_decided"
    assert staff.get(f"{BATCHES}/{made['id']}/file", expect=409).code == "batch_decided", "no bank is to have it"
    again = batch(customer, rows[:3]).json
    assert again["id"] != made["id"] and again["total"] == made["total"]
    act(again, "cancel")
    if (errors := schema_errors(reply.body)) is None:
        pytest.skip("xmllint (libxml2-utils) is not installed")
    assert errors == [] and schema_errors(old) == [] and DebitFile(old).debits == file.debits and DebitFile(old).version == "pain.008.001.02"


def refused_on(stack, batch, day):
    """Why the file of a batch is not served on a day to come."""
    read = Statement(os.path.join(ROOT, "build", "gen"), "billing", "read_direct_debit_file")
    values = {"id": batch["id"], "today": day}
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        cursor.execute(f"PREPARE read({', '.join('text' for _ in read.parameters)}) AS {read.text}".replace("%", "%%"))
        with pytest.raises(psycopg2.Error) as refused:
            cursor.execute(f"EXECUTE read({', '.join(repr(values[each]) for each in read.parameters)})")
    assert refused.value.diag.constraint_name == "batch_stale"
    return refused.value.diag.message_primary


def test_looked_at_again_before_the_bank_gets_it(shop, staff, debtor, batch, act, debits, stack):
    """Paid by card meanwhile, its mandate revoked, its day too near: neither file nor sending, but another batch. What the bank has got stays to be read, whatever becomes of it."""
    customer, mandate, _, rows = debtor()
    file = lambda made, expect=200: staff.get(f"{BATCHES}/{made['id']}/file", expect=expect)
    made = batch(customer, rows[:2]).json
    first, second = sorted(debits(made), key=lambda debit: debit["number"])
    assert file(made).body and shop.wait_payment(customer, customer.pay(first["order_id"], amount=first["amount"]).json["id"])["status"] == "succeeded"
    for refused in (file(made, 409), act(made, "send", 409)):
        assert refused.code == "batch_stale" and second["id"] not in refused["detail"]
        assert f"{first['id']} (installment {first['number']} of order {first['order_id']}): not as much is owed" in refused["detail"]
    assert staff.get(f"{BATCHES}/{made['id']}", expect=200).json == made
    act(made, "cancel")

    again = batch(customer, rows[:2]).json
    assert (again["count"], again["total"]) == (1, second["amount"])
    assert "too near for the bank" in refused_on(stack, again, again["collect_from"])
    uploaded = file(again).body
    customer.api.post(f"/v1/payment-methods/{mandate['id']}/mandate/revoke", expect=200)
    assert "its mandate was revoked" in file(again, 409)["detail"] and act(again, "send", 409).code == "batch_stale"
    assert act(again, "send?already_given=true")["status"] == act(again, "send")["status"] == "sent" and file(again).body == uploaded


def test_told_before_it_is_collected(shop, debtor, batch, act, debits, notice_days, stack, database, wait_mail):
    """In two weeks, as the shop has agreed with its debtors; not of a batch that is given up."""
    notice_days(14)
    subjects = {"es-CO": "cobraremos EUR", "en": "We will collect EUR"}
    for locale, subject in subjects.items():
        customer, mandate, iban, rows = debtor(weekly=True, locale=locale)
        given_up = batch(customer, rows[:1]).json
        assert rows[0]["due_date"] < (shop.today() + datetime.timedelta(days=14)).isoformat() <= given_up["collect_from"]
        too_late = datetime.date.fromisoformat(given_up["collect_from"]) - datetime.timedelta(days=13)
        assert "too near to tell its debtor" in refused_on(stack, given_up, too_late.isoformat())
        act(given_up, "cancel")
        made = batch(customer, rows[:1]).json
        act(made, "send")
        debit, = debits(made)
        mail = wait_mail(customer.email, subject)
        day = datetime.date.fromisoformat(debit["collect_on"]).strftime("%d/%m/%Y" if locale == "es-CO" else "%Y-%m-%d")
        assert all(part in mail.subject + mail.text for part in (day, iban[-4:], mandate["reference"], "ES23ZZZ47690558N", debit["order_id"])) and iban not in mail.text
        act(made, "send")
        assert database("billing", "SELECT subject FROM outbox WHERE type = 'direct_debit.announced' AND customer_id = %s", (customer.id,)) == [(debit["id"],)]


def test_the_bank_says_what_came(shop, staff, debtor, batch, act, debits, settled, bank_says, ledger_of, statement_foots, books_agree):
    """Its lines name the debits; the rest is said to have come in one sum."""
    customer, _, _, rows = debtor()
    order = {"id": debits(made := batch(customer, rows[:3]).json)[0]["order_id"]}
    before, debt = ledger_of(order), owed(customer, order["id"])
    first = debits(made)[0]
    assert act(made, "settle", expect=409).code == "batch_decided", "the bank has not got it"
    assert act(made, "send").json == act(made, "send").json and act(made, "cancel", expect=409).code == "batch_decided"
    line, = bank_says({"amount": first["amount"], "reference": first["end_to_end_id"].upper(), "name": "ANA RUIZ"})
    now, = [debit for debit in debits(made) if debit["id"] == first["id"]]
    assert (now["status"], now["payment_id"], now["decided_by"]) == ("collected", line["payment_id"], "billing")
    payment = staff.get(f"/v1/manual-payments/{now['payment_id']}", expect=200)
    assert (payment["method"], payment["reference"], payment["received_on"]) == ("direct_debit", first["end_to_end_id"], shop.today().isoformat())
    assert customer.payment(payment["id"])["provider"] == "direct_debit" and owed(customer, order["id"]) == debt - first["amount"]
    books_agree()

    act(made, "settle", received_on=shop.today().isoformat())
    act(made, "settle")
    each = settled(made)
    assert {debit["status"] for debit in each} == {"collected"} and owed(customer, order["id"]) == debt - made["total"]
    assert ledger_of(order)["bank"] - before["bank"] == made["total"] == before["receivable"] - ledger_of(order)["receivable"]
    late = next(debit for debit in each if debit["id"] != first["id"])
    line, = bank_says({"amount": late["amount"], "text": f"Cuota {late['number']} {late['end_to_end_id']}"}, state=("ignored",))
    assert late["end_to_end_id"] in line["reason"], "it is in the books already"
    statement_foots(customer)
    books_agree()

    back = staff.post(f"/v1/manual-payments/{late['payment_id']}/reverse", {"reason": "It was another's"}, expect=200)
    assert back["status"] == "reversed"
    now, = [debit for debit in debits(made) if debit["id"] == late["id"]]
    assert (now["status"], now["payment_id"]) == ("pending", None), "it is under way as before"
    act(made, "settle")
    assert {debit["status"] for debit in settled(made)} == {"collected"}
    books_agree()


def test_the_bank_takes_it_back(shop, staff, debtor, batch, act, debits, settled, bank_says, ledger_of, statement_foots, books_agree):
    """By its line or by hand: what it had paid is owed again, and can be asked for again; after a reason for good, not by this mandate."""
    customer, mandate, _, rows = debtor()
    made = batch(customer, rows[:3]).json
    give_back = lambda debit, code, expect=200: staff.post(f"/v1/direct-debits/{debit['id']}/return", {"reason_code": code}, expect=expect)
    first, second, third = debits(made)
    order = {"id": first["order_id"]}
    debt, before = owed(customer, order["id"]), ledger_of(order)
    assert give_back(first, "AM04", expect=409).code == "batch_decided", "the bank has not got it"
    act(made, "send")
    refused = give_back(third, "MS03").json
    assert (refused["status"], refused["payment_id"], refused["decline_kind"]) == ("returned", None, "soft"), "it never came"
    act(made, "settle")
    settled(made)
    assert owed(customer, order["id"]) == debt - first["amount"] - second["amount"]

    came = next(debit for debit in debits(made) if debit["id"] == first["id"])
    line, = bank_says({"amount": -first["amount"], "reference": first["end_to_end_id"], "return_code": "AM04"})
    assert line["payment_id"] == came["payment_id"] and line["reason"].endswith("AM04")
    back = next(debit for debit in debits(made, status="returned") if debit["id"] == first["id"])
    assert (back["return_code"], back["failure_code"], back["advice"], back["decided_by"]) == ("AM04", "insufficient_funds", "retry_later", "billing")
    assert give_back(first, "MD01").json == back, "told again it stays as it was"
    assert staff.get(f"/v1/manual-payments/{came['payment_id']}", expect=200)["status"] == "reversed"
    assert owed(customer, order["id"]) == debt - second["amount"] and ledger_of(order)["bank"] - before["bank"] == second["amount"]
    books_agree()

    again = batch(customer, rows[:3]).json
    assert again["total"] == first["amount"] + third["amount"], "what was returned can be asked for again"
    act(again, "cancel")
    hard = give_back(second, "MD01").json
    assert (hard["failure_code"], hard["advice"]) == ("invalid_payment_method", "update_method") and owed(customer, order["id"]) == debt
    mandate_now = lambda: customer.api.get(f"/v1/sepa-mandates/{mandate['id']}", expect=200).json
    assert mandate_now()["status"] == "declined" and batch(customer, rows[:3], expect=409).code == "nothing_to_collect"

    # Their bank had lost it, and has found it.
    revive = lambda of, expect=200: staff.post(f"/v1/sepa-mandates/{of}/revive", {"reason": "Their bank has found it."}, expect=expect)
    revived = revive(mandate["id"]).json
    assert revived == revive(mandate["id"]).json == staff.get(f"/v1/sepa-mandates/{mandate['id']}", expect=200).json and revived["status"] == "active"
    assert mandate_now() == {**revived, "revivals": []}, "what staff say among themselves is not the customer's"
    assert [each["reason"] for each in revived["revivals"]] == ["Their bank has found it."] and uuid.UUID(revived["revivals"][0]["revived_by"])
    last = batch(customer, rows[:3]).json
    act(last, "send")
    fault_of_ours, = [debit for debit in debits(last) if debit["number"] == first["number"]]
    assert give_back(fault_of_ours, "BE05")["decline_kind"] == "soft" and mandate_now()["status"] == "active", "who collects was wrong, not who pays"
    customer.api.post(f"/v1/payment-methods/{mandate['id']}/mandate/revoke", expect=200)
    assert revive(mandate["id"], 409).code == "mandate_revoked"
    customer.api.request("DELETE", f"/v1/payment-methods/{mandate['id']}", expect=200)
    assert revive(mandate["id"], 409).code == "payment_method_not_usable"
    revive(uuid.uuid4(), 404)
    assert staff.get(f"{BATCHES}/{made['id']}", expect=200)["returned"] == 3
    assert give_back(second, "md01", expect=422).pointers == ["/reason_code"]
    give_back({"id": uuid.uuid4()}, "AM04", expect=404)
    statement_foots(customer)
    books_agree()


def test_taken_back_when_its_money_has_gone_on(shop, staff, debtor, batch, act, debits, settled, bank_says, by_hand, set_receivables_policy, ledger_of, statement_foots, books_agree):
    """The order was paid by card meanwhile, so all of it was too much: kept as credit, of which something was used; or paid out. The bank has the money all the same: what nobody owes is lost."""
    customer, _, _, rows = debtor()
    made = batch(customer, rows[:2]).json
    act(made, "send")
    first, second = debits(made)
    order, payment_of = {"id": first["order_id"]}, lambda debit: next(now["payment_id"] for now in debits(made) if now["id"] == debit["id"])
    assert shop.wait_payment(customer, customer.pay(order["id"], amount=owed(customer, order["id"])).json["id"])["status"] == "succeeded"
    bank = ledger_of(order)["bank"]
    set_receivables_policy(overpayment="credit")
    bank_says({"amount": first["amount"], "reference": first["end_to_end_id"]})
    other = shop.order(customer, shop.new_product(price="240.00", currency="EUR"))
    customer.api.post(f"/v1/customers/{customer.id}/credit/applications", {"order_id": other["id"], "amount": 300}, key=True, expect=201)
    assert staff.post(f"/v1/manual-payments/{payment_of(first)}/reverse", {"reason": "It was another's"}, expect=409).code == "payment_went_back", "that was no mistake"
    bank_says({"amount": -first["amount"], "reference": first["end_to_end_id"], "return_code": "MD06"})
    back = staff.get(f"/v1/manual-payments/{payment_of(first)}", expect=200)
    assert (back["status"], back["lost"], ledger_of(order)["bad_debt"], ledger_of(order)["bank"]) == ("reversed", 300, 300, bank)
    credit, = customer.api.get(f"/v1/customers/{customer.id}/credit", expect=200)["balances"]
    assert credit["balance"] == 0 and owed(customer, order["id"]) == 0
    statement_foots(customer)
    books_agree()

    set_receivables_policy()
    act(made, "settle")
    settled(made)
    refund = by_hand({"id": payment_of(second)})
    staff.post(f"/v1/refunds/{refund['id']}/pay-out", {"method": "cash", "reference": "RC-1"}, expect=200)
    staff.post(f"/v1/direct-debits/{second['id']}/return", {"reason_code": "AM04"}, expect=200)
    assert staff.get(f"/v1/manual-payments/{payment_of(second)}", expect=200)["lost"] == second["amount"]
    assert (ledger_of(order)["bad_debt"], ledger_of(order)["bank"], ledger_of(order)["cash"]) == (300 + second["amount"], bank, -second["amount"])
    statement_foots(customer)
    books_agree()


def test_taken_back_after_its_sale_was_undone(shop, staff, debtor, batch, act, debits, settled, by_hand, as_service, ledger_of, statement_foots, books_agree):
    """What waits to be paid out is not any more, and its credit note has nothing left to pay."""
    customer, _, _, rows = debtor()
    made = batch(customer, rows[:1]).json
    act(made, "send")
    act(made, "settle")
    debit, = settled(made)
    order = {"id": debit["order_id"]}
    change = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "cancellation")
    for row in change.account["installments"]:
        change.replace(row, refund=row["paid"])
    as_service.post(change.path, change.body(), expect=200)
    refund = by_hand({"id": debit["payment_id"]})
    assert (refund["kind"], refund["amount"]) == ("change", debit["amount"])
    assert staff.post(f"/v1/manual-payments/{debit['payment_id']}/reverse", {"reason": "It was another's"}, expect=409).code == "payment_went_back"
    staff.post(f"/v1/direct-debits/{debit['id']}/return", {"reason_code": "MD06"}, expect=200)
    assert staff.get(f"/v1/refunds/{refund['id']}", expect=200)["status"] == "canceled" and staff.get(f"/v1/manual-payments/{debit['payment_id']}", expect=200)["lost"] == 0
    shop.wait_until(lambda: [each["status"] for each in shop.invoices(customer, order["id"]) if each["kind"] == "credit_note"] == ["paid"], 30, "what came by card sent back")
    assert [ledger_of(order)[account] for account in ("bank", "customer_credit", "bad_debt", "receivable")] == [0, 0, 0, 0]
    statement_foots(customer)
    books_agree()


def test_came_and_went_in_one_statement(debtor, batch, act, debits, bank_says, ledger_of, books_agree):
    customer, _, _, rows = debtor()
    made = batch(customer, rows[:1]).json
    act(made, "send")
    debit, = debits(made)
    debt, bank = owed(customer, debit["order_id"]), ledger_of({"id": debit["order_id"]})["bank"]
    lines = bank_says({"amount": debit["amount"], "reference": debit["end_to_end_id"]}, {"amount": -debit["amount"], "reference": debit["end_to_end_id"], "return_code": "AC04"})
    now, = debits(made)
    assert {line["payment_id"] for line in lines} == {now["payment_id"]} and now["status"] == "returned"
    assert (owed(customer, debit["order_id"]), ledger_of({"id": debit["order_id"]})["bank"]) == (debt, bank)
    books_agree()


@pytest.fixture
def by_hand_with(staff):
    """Somebody says of a bank's line whose it is, or takes that back."""
    return lambda line, what, expect=200, **body: staff.post(f"/v1/bank-lines/{line['id']}/{what}", body, expect=expect)


@pytest.fixture
def left_alone(shop, database):
    """Until the jobs have looked at a bank's lines, and done what they do by themselves."""
    def wait(lines):
        for keys in ([f"bank-statement:{line['statement_id']}" for line in lines], [f"direct-debit-line:{line['id']}" for line in lines]):
            shop.wait_until(lambda: not database("billing", "SELECT FROM job WHERE key = ANY(%s)", (keys,)), 30, "the bank's lines looked at")
        return lines
    return wait


def test_a_debits_line_is_that_debit_by_hand_too(debtor, batch, act, debits, settled, bank_says, left_alone, by_hand_with, ledger_of, statement_foots, books_agree):
    """With its order it is collected; with another, with none, and when its money is in the books already, it is refused with its batch."""
    customer, _, _, rows = debtor()
    made = batch(customer, rows[:3]).json
    each = debits(made)
    first, second, order = *each[:2], {"id": each[0]["order_id"]}
    debt, before = owed(customer, order["id"]), ledger_of(order)["bank"]
    refused = lambda line, **whose: by_hand_with(line, "match", expect=409, **whose)
    said = bank_says({"amount": first["amount"], "reference": first["end_to_end_id"]}, {"amount": made["total"], "text": f"Remesa {made['message_id']}"}, state=("unmatched",))
    early, total = sorted(left_alone(said), key=lambda line: line["amount"])
    assert refused(early, order_id=order["id"]).code == "line_of_direct_debit", "the bank has not got the batch"
    act(made, "send")
    for line in (early, total):
        assert made["id"] in refused(line).json["detail"], "not to suspense"
    assert refused(total, order_id=order["id"]).code == "line_of_direct_debit", "the whole batch's is no order's"
    other, _, _, others = debtor()
    strange = batch(other, others[:1]).json
    assert refused(early, order_id=debits(strange)[0]["order_id"]).code == "line_of_direct_debit"
    act(strange, "cancel")

    mine = by_hand_with(early, "match", order_id=order["id"]).json
    assert (mine["status"], mine["order_id"]) == ("matched", order["id"]) and by_hand_with(early, "match", order_id=order["id"]).json == mine, "again is once"
    now, = [debit for debit in debits(made) if debit["id"] == first["id"]]
    assert (now["status"], now["payment_id"]) == ("collected", mine["payment_id"]) and now["decided_by"] != "billing"
    by_hand_with(early, "unmatch", reason="Another day's")
    assert made["id"] in refused(early).json["detail"] and owed(customer, order["id"]) == debt
    act(made, "settle")
    settled(made)
    assert "collected" in refused(early, order_id=order["id"]).json["detail"], "it came with the others"
    late, = bank_says({"amount": second["amount"], "reference": second["end_to_end_id"]}, state=("ignored",))
    assert by_hand_with(late, "unmatch", reason="It is one").json["status"] == "unmatched" and refused(late, order_id=order["id"]).code == "line_of_direct_debit"
    for line in (early, late, total):
        by_hand_with(line, "ignore", reason="Settled in one sum")
    assert (owed(customer, order["id"]), ledger_of(order)["bank"]) == (debt - made["total"], before + made["total"])
    statement_foots(customer)
    books_agree()


def test_whatever_is_done_a_debits_money_is_recorded_once(shop, staff, debtor, batch, act, debits, settled, bank_says, by_hand_with, ledger_of, database, books_agree):
    """Settled, matched, undone, reversed, returned, in any order and beside the jobs that do so by themselves."""
    lots, (customer, _, _, rows) = random.Random(1), debtor()
    made = batch(customer, rows[:4]).json
    act(made, "send")
    each, done = debits(made), []
    order, lines = {"id": each[0]["order_id"]}, {}
    before = ledger_of(order)["bank"]

    def bring(debit):
        if debit["id"] not in lines:
            lines[debit["id"]] = bank_says({"amount": debit["amount"], "text": f"RCUR {debit['end_to_end_id']}"}, state=("unmatched", "matched", "ignored"))[0]

    def by_line(what, **body):
        return lambda debit: debit["id"] in lines and by_hand_with(lines[debit["id"]], what, expect=(200, 409), **body)

    def reverse(debit):
        now = next(now for now in debits(made) if now["id"] == debit["id"])
        return now["payment_id"] and staff.post(f"/v1/manual-payments/{now['payment_id']}/reverse", {"reason": "Not this one"}, expect=(200, 409))
    acts = {"bring": bring, "match": by_line("match", order_id=order["id"]), "match with none": by_line("match"), "unmatch": by_line("unmatch", reason="No"), "reverse": reverse,
            "settle": lambda debit: act(made, "settle"), "return": lambda debit: staff.post(f"/v1/direct-debits/{debit['id']}/return", {"reason_code": "AM04"}, expect=(200, 409, 503))}

    def recorded(debit):
        source = "bank-line:" + lines[debit["id"]]["id"] if debit["id"] in lines else ""
        return database("billing", "SELECT count(*) FROM manual_payment WHERE reversed_at IS NULL AND (reference = %s OR source = %s)", (debit["end_to_end_id"], source))[0][0]
    for what in lots.choices(list(acts), (4, 6, 2, 3, 2, 2, 1), k=32):
        debit = lots.choice(each)
        done.append((what, debit["number"]))
        acts[what](debit)
        assert max(map(recorded, each)) <= 1, done
    act(made, "settle")
    ends = {debit["id"]: debit for debit in settled(made)}
    assert {debit["id"]: recorded(debit) for debit in each} == {end: int(debit["status"] == "collected") for end, debit in ends.items()}, done
    assert ledger_of(order)["bank"] - before == sum(debit["amount"] for debit in ends.values() if debit["status"] == "collected"), done
    books_agree()


def test_what_comes_for_a_write_off_is_recovered(debtor, batch, act, debits, settled, staff, as_service, ledger_of, books_agree):
    """... by a debit that was under way; returned, it is lost again."""
    customer, _, _, rows = debtor()
    made = batch(customer, rows[:1]).json
    act(made, "send")
    order = {"id": debits(made)[0]["order_id"]}
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    change = Change(account, "write_off")
    for row in account["installments"]:
        if row["paid"] < row["total"]:
            change.replace(row)
    as_service.post(change.path, change.body(), expect=200)
    before = ledger_of(order)
    act(made, "settle")
    debit, = settled(made)
    assert debit["status"] == "collected" and (-ledger_of(order)["recoveries"], ledger_of(order)["bank"]) == (made["total"], before["bank"] + made["total"])
    books_agree()
    staff.post(f"/v1/direct-debits/{debit['id']}/return", {"reason_code": "AM04"}, expect=200)
    assert ledger_of(order)["recoveries"] == 0 and ledger_of(order)["bank"] == before["bank"]
    books_agree()


def test_the_sale_is_invoiced_with_the_first_debit_behind_its_deposit(shop, debtor, batch, act, debits, settled, set_invoice_policy, books_agree):
    set_invoice_policy(deposit_invoices=True)
    customer, _, _, rows = debtor(deposit=True)
    made = batch(customer, rows[:1]).json
    order_id = debits(made)[0]["order_id"]
    kinds = lambda: sorted(each["kind"] for each in shop.invoices(customer, order_id))
    assert kinds() == ["deposit_invoice"]
    act(made, "send")
    act(made, "settle")
    settled(made)
    assert kinds() == ["deposit_invoice", "invoice"]
    books_agree()


def test_who_has_chosen_otherwise(shop, staff, debtor, batch, act):
    """A card that is chosen is charged; a mandate that is removed collects nothing."""
    customer, mandate, _, rows = debtor(scheme="B2B")
    other = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, expect=201).json
    shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == other["id"] and each["default"]], 30, "the card chosen")
    assert batch(customer, rows[:2], expect=409).code == "nothing_to_collect"
    customer.api.request("PUT", f"/v1/payment-methods/{mandate['id']}/default", expect=200)
    later = (shop.today() + datetime.timedelta(days=200)).isoformat()
    made = batch(customer, rows[:2], collect_from=later).json
    assert made["count"] == 2 and made["collect_from"] >= later
    assert {group["scheme"] for group in DebitFile(staff.get(f"{BATCHES}/{made['id']}/file", expect=200).body).groups} == {"B2B"}
    act(made, "cancel")
    customer.api.request("DELETE", f"/v1/payment-methods/{mandate['id']}", expect=200)
    assert batch(customer, rows[:2], expect=409).code == "nothing_to_collect"


def test_a_receivable_is_in_one_batch(debtor, batch, act, books_agree):
    customer, _, _, rows = debtor()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: batch(customer, rows, expect=(201, 409)), range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    books_agree()
    act(next(reply.json for reply in replies if reply.status == 201), "cancel")


def test_what_cannot_be_asked_for(shop, staff, act):
    today = shop.today()
    for members, pointer in (({"from": "2020-02-01", "to": "2020-01-31"}, "/to"), ({"from": "2020-01-01", "to": "2021-02-01"}, "/to"),
                             ({"from": today.isoformat(), "to": (today + datetime.timedelta(days=367)).isoformat()}, "/to"),
                             ({"from": "2020-01-01", "to": "2020-01-31", "collect_from": today.isoformat()}, "/collect_from")):
        assert staff.post(BATCHES, members, key=True, expect=422).pointers == [pointer]
    nobody = {"id": uuid.uuid4()}
    for what in ("send", "cancel", "settle"):
        act(nobody, what, expect=404)
    assert act(nobody, "settle", expect=422, received_on=(today + datetime.timedelta(days=9)).isoformat()).pointers == ["/received_on"]
    for what in ("", "/file"):
        staff.get(f"{BATCHES}/{nobody['id']}{what}", expect=404)


# 10,000 receivables that are due in two months; one of 1,000 customers has signed. Undone again.
MANY = """
    SET LOCAL session_replication_role = replica;
    CREATE TEMP TABLE many ON COMMIT DROP AS SELECT n, gen_random_uuid() AS order_id, gen_random_uuid() AS customer_id FROM generate_series(1, 1000) AS n;
    INSERT INTO order_account (order_id, contract_id, customer_id, currency, total, paid, status, placed_at)
    SELECT order_id, gen_random_uuid(), customer_id, 'EUR', 1100, 100, 'active', '2000-01-01' FROM many;
    INSERT INTO installment (order_id, number, customer_id, due_date, principal, interest, fees, tax, total, paid, status)
    SELECT order_id, k, customer_id, date '1999-01-01' + 6 * k, 100, 0, 0, 0, 100, 0, 'scheduled' FROM many, generate_series(1, 10) AS k;
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, received, currency, status, source, provider, token, created_at, updated_at)
    SELECT gen_random_uuid(), order_id, order_id, customer_id, 100, 100, 'EUR', 'succeeded', 'checkout', 'stripe', 'x', '2000-01-01', '2000-01-01' FROM many;
    INSERT INTO payment_method (id, customer_id, provider, token, status, created_at, saved_at)
    SELECT customer_id, customer_id, 'sepa', customer_id, 'signed', '2000-01-01', '2000-01-01' FROM many WHERE n = 1;
    INSERT INTO sepa_mandate SELECT customer_id, customer_id, left(customer_id::text, 35), 'CORE', 'Ana', 'ES00', NULL, '1999-01-01', 'x', '2000-01-01' FROM many WHERE n = 1;
    SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL jit = off"""


def test_what_can_be_asked_for_is_found_by_the_mandates(stack):
    """However many others are due in these days."""
    statement = Statement(os.path.join(ROOT, "build", "gen"), "billing", "lock_debitable")
    values = {"from": "1999-01-01", "to": "1999-03-01", "today": "1999-01-01"}

    def reads(node):
        if node.get("Relation Name") == "installment":
            yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for each in node.get("Plans", ()):
            yield from reads(each)
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute(f"PREPARE asked({', '.join('text' for _ in statement.parameters)}) AS {statement.text}".replace("%", "%%"))
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked({', '.join(repr(values[each]) if each in values else 'NULL' for each in statement.parameters)})")
        plan = cursor.fetchone()[0][0]["Plan"]
        connection.rollback()
    assert plan["Actual Rows"] >= 1 and sum(reads(plan)) < 3000, plan   # other tests have debtors, too


def test_days_when_banks_work(database):
    """TARGET2's: weekends, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December are none (ECB)."""
    days = {"2026-11-23": "2026-11-23", "2026-11-21": "2026-11-23", "2026-12-25": "2026-12-28", "2027-01-01": "2027-01-04", "2026-04-03": "2026-04-07", "2027-03-26": "2027-03-30",
            "2028-04-14": "2028-04-18", "2024-03-29": "2024-04-02", "2025-04-18": "2025-04-22", "2025-05-01": "2025-05-02", "2024-12-25": "2024-12-27", "2038-04-23": "2038-04-27"}
    for day, works in days.items():
        assert database("billing", "SELECT target_day(%s::date)::text", (day,)) == [(works,)]
