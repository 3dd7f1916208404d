"""What becomes of a bank's lines: matched by themselves when it is sure whose they are, else proposed to staff, who match, ignore and undo. One line is one payment at a time."""

import concurrent.futures
import itertools
import uuid

import pytest

from support.bank_file import new_account

_prices = itertools.count(137_17, 97)


@pytest.fixture
def bought(shop, customer):
    """An order with its deposit paid, at a price nobody else pays."""
    def buy():
        price = next(_prices)
        product = shop.new_product(price=f"{price // 100}.{price % 100:02}")
        return shop.buy(customer, product, offer=shop.offer(product, deposit=True), save=False)[0]
    return buy


@pytest.fixture
def came(shop, staff):
    """A line of a new account: staff import it, and it is here when it was looked at."""
    def receive(amount, text="", name="", settled=lambda line: line["status"] != "unmatched"):
        data = f'date,amount,text,name\n{shop.today()},{amount // 100}.{amount % 100:02},"{text}",{name}\n'
        report = staff.request("POST", "/v1/bank-statements", data=data, content_type="text/csv", query={"account": new_account(), "currency": "USD"}, expect=200)
        line = staff.get("/v1/bank-lines", {"statement_id": report["data"][0]["id"]}, expect=200)["data"][0]

        def looked_at():
            now = staff.get(f"/v1/bank-lines/{line['id']}", expect=200).json
            return now if settled(now) else None
        return shop.wait_until(looked_at, 30, f"what becomes of line {line['id']}")
    return receive


@pytest.fixture
def act(staff):
    return lambda line, what, expect=200, **body: staff.post(f"/v1/bank-lines/{line['id']}/{what}", body, expect=expect)


def proposed(line, order):
    """(confidence, reasons) of that order; others may owe the same amount."""
    return next(((each["confidence"], each["reasons"]) for each in line["proposals"] if each["order_id"] == order["id"]), None)


def matched(line):
    return line["status"] == "matched"


def due(customer, order):
    """(what the next installment owes, what the order owes)"""
    receivables = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)
    return next(row["outstanding"] for row in receivables["data"] if row["outstanding"]), receivables["outstanding"]


def test_who_writes_the_reference_is_matched_without_anybody(shop, customer, staff, bought, came, ledger_of, statement_foots, books_agree):
    order = bought()
    installment, debt = due(customer, order)
    first = came(installment, f"Pago de mi cuota {order['id'].replace('-', '')} gracias", settled=matched)
    assert (first["order_id"], first["decided_by"]) == (order["id"], "billing")
    assert proposed(first, order) == (99, ["reference", "amount"])
    payment = staff.get(f"/v1/manual-payments/{first['payment_id']}", expect=200)
    assert (payment["status"], payment["method"], payment["amount"], payment["received_on"]) == ("applied", "bank_transfer", installment, first["booked_on"])
    assert due(customer, order)[1] == debt - installment and ledger_of(order)["bank"] == installment

    number = shop.invoices(customer, order["id"])[0]["number"]
    second = came(100, f"Factura {number.lower()}, un abono", settled=matched)
    assert second["order_id"] == order["id"] and proposed(second, order) == (90, ["reference"])
    slip = customer.api.get(f"/v1/payment-slips/{order['id']}", expect=200)["reference"]
    third, fourth = came(101, f"contrato {order['contract_id']}", settled=matched), came(102, f"Ref. 0000{slip}", settled=matched)
    assert third["order_id"] == fourth["order_id"] == order["id"] and due(customer, order)[1] == debt - installment - 303
    statement_foots(customer)
    books_agree()


def test_what_is_not_sure_waits_for_somebody(customer, staff, bought, came, act, ledger_of, books_agree):
    one, other = bought(), bought()
    line = came(due(customer, one)[0], f"{one['id']} y {other['id']}")
    assert line["status"] == "proposed" and [each["order_id"] for each in line["proposals"][:2]] == [one["id"], other["id"]]
    assert (proposed(line, one), proposed(line, other)) == ((99, ["reference", "amount"]), (90, ["reference"]))
    assert line["id"] in {each["id"] for each in staff.pages("/v1/bank-lines", {"status": "proposed", "statement_id": line["statement_id"]})}

    mine = act(line, "match", order_id=other["id"]).json
    assert (mine["status"], mine["order_id"]) == ("matched", other["id"]) and ledger_of(other)["bank"] == line["amount"]
    assert act(line, "match", order_id=other["id"]).json == mine, "again is once"
    assert act(line, "match", expect=409, order_id=one["id"]).code == "bank_line_decided"
    assert act(line, "ignore", expect=409, reason="No").code == "bank_line_decided"

    back = act(line, "unmatch", reason="It was for the other one").json
    assert (back["status"], back["payment_id"], back["reason"]) == ("proposed", None, "It was for the other one")
    assert act(line, "unmatch", reason="Again").json == back and ledger_of(other)["bank"] == 0
    assert staff.get(f"/v1/manual-payments/{mine['payment_id']}", expect=200)["status"] == "reversed"
    again = act(line, "match", order_id=one["id"]).json
    assert again["payment_id"] not in (None, mine["payment_id"]) and ledger_of(one)["bank"] == line["amount"]
    books_agree()


def test_by_amount_and_by_name(customer, staff, shop, bought, came):
    order = bought()
    installment, debt = due(customer, order)
    line = came(installment)
    confidence, reasons = proposed(line, order)
    assert reasons == ["amount"] and confidence <= 60

    invoice = shop.invoices(customer, order["id"])[0]
    customer.api.get(f"/v1/invoices/{invoice['id']}", expect=200)   # from then on billing knows what its buyer is called
    named = came(installment, name=customer.body["full_name"].upper().replace("Ú", "U"))
    assert proposed(named, order) == (80, ["amount", "name"])

    staff.post("/v1/manual-payments", {"order_id": order["id"], "amount": 150, "currency": "USD", "method": "bank_transfer", "reference": f"T-{uuid.uuid4()}"}, key=True, expect=201)
    typed = came(150, order["id"])
    assert (typed["status"], proposed(typed, order)) == ("proposed", (50, ["reference", "recorded_by_hand"])), "it has been recorded by hand already"
    series, digits = invoice["number"].split("-")
    short = came(151, f"abono {series.lower()} {int(digits)}")
    assert (short["status"], proposed(short, order)) == ("proposed", (85, ["reference"])), "it may be chance"
    more = came(debt + 1, order["id"])
    assert (more["status"], proposed(more, order)) == ("proposed", (50, ["reference", "more_than_owed"]))


def test_nobody_knows_whose_it_is(customer, staff, bought, came, act, books_agree):
    order, line = bought(), came(1234, settled=lambda line: True)
    debt = due(customer, order)[1]
    assert act(line, "match", expect=404, order_id=str(uuid.uuid4())).code == "not_found"
    assert act({"id": uuid.uuid4()}, "match", expect=404, order_id=order["id"]).code == "not_found"
    for what in ("ignore", "unmatch"):
        act({"id": uuid.uuid4()}, what, expect=404, reason="No such")
    ignored = act(line, "ignore", reason="A transfer between our accounts").json
    assert (ignored["status"], ignored["reason"]) == ("ignored", "A transfer between our accounts")
    assert act(line, "ignore", reason="Again")["reason"] == ignored["reason"]
    assert act(line, "match", expect=409, order_id=order["id"]).code == "bank_line_decided"
    assert act(line, "unmatch", reason="It was a customer's")["status"] in ("unmatched", "proposed"), "somebody may owe as much"

    waits = act(line, "match").json
    assert (waits["status"], waits["order_id"]) == ("matched", None)
    assert staff.get(f"/v1/manual-payments/{waits['payment_id']}", expect=200)["status"] == "unapplied"
    books_agree()
    staff.post(f"/v1/manual-payments/{waits['payment_id']}/assign", {"order_id": order["id"]}, expect=200)
    assert staff.get(f"/v1/bank-lines/{line['id']}", expect=200)["order_id"] == order["id"]
    books_agree()
    act(line, "unmatch", reason="Not hers either")
    assert due(customer, order)[1] == debt
    books_agree()


def test_what_was_paid_out_is_not_undone(customer, staff, bought, came, act, by_hand, books_agree):
    order = bought()
    line = act(came(due(customer, order)[1] + 700, settled=lambda line: True), "match", order_id=order["id"]).json
    refund = by_hand({"id": line["payment_id"]})
    staff.post(f"/v1/refunds/{refund['id']}/pay-out", {"method": "bank_transfer", "reference": f"TR-{line['id']}"}, expect=200)
    assert act(line, "unmatch", expect=409, reason="Too late").code == "payment_went_back"
    assert staff.get(f"/v1/bank-lines/{line['id']}", expect=200)["status"] == "matched"
    books_agree()


def test_two_match_the_same_line(bought, came, act, staff, database, books_agree):
    orders, line = [bought(), bought()], came(500, settled=lambda line: True)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: act(line, "match", expect=(200, 409), order_id=orders[number % 2]["id"]), range(8)))
    won = staff.get(f"/v1/bank-lines/{line['id']}", expect=200)
    assert {answer.status for answer in answers} <= {200, 409} and {answer.json["payment_id"] for answer in answers if answer.status == 200} == {won["payment_id"]}
    assert database("billing", "SELECT count(*)::int FROM manual_payment WHERE source = %s", (f"bank-line:{line['id']}",)) == [(1,)]
    books_agree()
