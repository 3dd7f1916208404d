"""Credit and debit notes: what a change after the sale takes off an invoice, or puts on top of it."""

import pytest

from support.invoice import correcting
from support.schedule_change import Change


@pytest.fixture
def bought(shop, customer):
    """Confirmed, in twelve installments with interest and taxes, a deposit paid."""
    def buy():
        product = shop.new_product(price="1200.00")
        shop.new_plan(product, terms={"method": "annuity", "annual_rate": "0.24", "installments": 12, "tax_rate_on_interest": "0.16",
                                      "deposit": {"type": "percent", "value": "0.2"}})
        return shop.buy(customer, product, offer=next(each for each in shop.offers(product) if each["deposit"] == 24000))[0]
    return buy


@pytest.fixture
def apply(as_service, books_agree):
    def send(change, **members):
        answer = as_service.post(change.path, change.body(**members), expect=200).json
        books_agree()
        return answer
    return send


@pytest.fixture
def account(as_service):
    return lambda order: as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json


def owed(account):
    return [row for row in account["installments"] if row["paid"] < row["total"]]


def test_returned_in_part_then_undone(shop, customer, bought, account, apply, database):
    """A part is offset against what was owed; the rest, which is all, partly given back. Together they are the invoice, rate by rate."""
    order = bought()
    invoice, notes = correcting(customer.api, order["id"])
    assert notes == [] and invoice["settlement"] is None and invoice["invoice_id"] is None
    now = account(order)
    last = now["installments"][-1]
    stays = {"principal": last["principal"] - 3333, "interest": last["interest"], "fees": 0, "tax": last["tax"]}
    change = Change(now, "return", "One part came broken").replace(last, stays=stays)
    apply(change)
    _, (part,) = correcting(customer.api, order["id"])
    assert (part["kind"], part["total"], part["status"], part["reason"]) == ("credit_note", 3333, "paid", "One part came broken")
    assert part["settlement"] == {"offset": 3333, "refund": 0, "credit": 0}
    assert part["invoice_id"] == invoice["id"] and part["corrects"] == {name: invoice[name] for name in ("id", "number", "issued_on")}
    assert part["number"].startswith("NC-") and part["payment_terms"] == []
    apply(change)   # the same again
    assert len(correcting(customer.api, order["id"])[1]) == 1
    now = account(order)
    undone = Change(now, "withdrawal", "Withdrawn in time")
    for each in now["installments"]:
        undone.replace(each, refund=each["paid"])
    apply(undone)
    shop.wait_until(lambda: customer.api.get(f"/v1/invoices/{correcting(customer.api, order['id'])[1][1]['id']}", expect=200)["status"] == "paid", 30, "the money back")
    invoice, notes = correcting(customer.api, order["id"])
    assert invoice["status"] == "void" and notes[1]["settlement"] == {"offset": invoice["total"] - 3333 - 24000, "refund": 24000, "credit": 0}
    assert sum(note["total"] for note in notes) == invoice["total"] and sum(note["tax_total"] for note in notes) == invoice["tax_total"]
    assert {(line["kind"], sum(each["net"] for note in notes for each in note["lines"] if each["kind"] == line["kind"])) for line in invoice["lines"]} == \
           {(line["kind"], line["net"]) for line in invoice["lines"]}


def test_less_interest_and_more(shop, customer, bought, account, apply):
    """Paid off early, interest falls: a credit note. Not paid after all, it is owed again: a debit note."""
    order = bought()
    before = account(order)
    change = Change(before, "payoff")
    for each in owed(before):
        change.replace(each)
    apply(change.add(shop.today(), -change.adjustments["principal"]))
    invoice, (credit,) = correcting(customer.api, order["id"])
    fallen = sum(row["interest"] + row["tax"] for row in owed(before))
    assert credit["total"] == fallen and [(line["kind"], line["tax_rate"]) for line in credit["lines"]] == [("interest", "16")]
    lapsed = account(order)
    back = Change(lapsed, "restore").replace(lapsed["installments"][-1])
    for each in owed(before):
        back.add(each["due_date"], each["principal"], each["interest"], each["fees"], each["tax"])
    apply(back)
    invoice, (_, debit) = correcting(customer.api, order["id"])
    assert (debit["kind"], debit["total"], debit["status"], debit["settlement"]) == ("debit_note", fallen, "open", None) and debit["number"].startswith("ND-")
    assert [(line["net"], line["tax"]) for line in debit["lines"]] == [(line["net"], line["tax"]) for line in credit["lines"]]
    payment = customer.pay(order["id"], amount=account(order)["total"] - account(order)["paid"]).json
    shop.wait_payment(customer, payment["id"])
    invoice, notes = correcting(customer.api, order["id"])
    assert [each["status"] for each in (invoice, *notes)] == ["paid"] * 3


def test_moved_only(shop, customer, bought, account, apply):
    order = bought()
    now = account(order)
    change = Change(now, "due_day")
    for each in owed(now):
        change.replace(each)
    for each in owed(now):
        change.add(each["due_date"], each["principal"], each["interest"], each["fees"], each["tax"])
    apply(change)
    assert correcting(customer.api, order["id"])[1] == []


def test_written_off(shop, customer, bought, account, apply):
    """What is not expected any more was sold all the same: no note."""
    order = bought()
    now = account(order)
    change = Change(now, "write_off")
    for each in owed(now):
        change.replace(each)
    apply(change)
    invoice, notes = correcting(customer.api, order["id"])
    assert invoice["status"] == "uncollectible" and notes == []


def test_void_where_nothing_is_paid_any_more(shop, staff, customer, books_agree, wait_until):
    """All the money went back, and the invoice is open: staff undo the sale with a reason. One credit note takes off all of it, nothing goes back once more."""
    product = shop.new_product(price="300.00")
    order, payment = shop.buy(customer, product, offer=shop.offer(product, deposit=True), save=False)
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "Never sent"}, key=True, expect=201)
    invoice, _ = correcting(customer.api, order["id"])
    assert (invoice["status"], invoice["paid"]) == ("open", 0)
    path = f"/v1/contracts/{order['contract_id']}/changes"
    change = staff.post(path, {"kind": "cancellation", "reason": "Issued for goods that do not exist"}, key=True, expect=201).json
    staff.post(f"{path}/{change['id']}/confirm", {}, key=True, headers={"If-Match": f'"{change["version"]}"'}, expect=200)
    wait_until(lambda: shop.invoices(customer, order["id"])[-1]["status"] == "void", 30, "the invoice void")
    invoice, (note,) = correcting(customer.api, order["id"])
    assert (note["total"], note["tax_total"], note["reason"]) == (invoice["total"], invoice["tax_total"], "Issued for goods that do not exist")
    assert (note["status"], note["settlement"]) == ("paid", {"offset": invoice["total"], "refund": 0, "credit": 0})
    books_agree()
