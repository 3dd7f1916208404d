"""GET /v1/customers/{id}/statement: what the customer owes, entry by entry, as the ledger has it."""

import contextlib
import csv
import datetime
import io
import uuid

import psycopg2

from support import pdf


def ledger_balance(database, customer):
    return database("billing", """
        SELECT coalesce(sum(CASE WHEN debit_account IN ('receivable', 'customer_credit') THEN amount ELSE 0 END
                            - CASE WHEN credit_account IN ('receivable', 'customer_credit') THEN amount ELSE 0 END), 0)::bigint
        FROM posting WHERE customer_id = %s""", (customer.id,))[0][0]


def test_foots_to_the_ledger(shop, customer, database, trial_balance):
    order, payment = shop.buy(customer)
    statement = customer.statement()
    assert statement["customer_id"] == customer.id
    assert [(entry["type"], entry["amount"], entry["balance"]) for entry in statement["data"]] == [
        ("sale", order["total_payable"], order["total_payable"]), ("payment", -payment["amount"], order["total_payable"] - payment["amount"])]
    assert all(entry["order_id"] == order["id"] for entry in statement["data"])
    assert statement["data"][1]["payment_id"] == payment["id"]
    assert statement["balances"] == [{"currency": order["currency"], "amount": order["total_payable"] - payment["amount"]}]
    assert ledger_balance(database, customer) == statement["balances"][0]["amount"]
    assert sum(trial_balance().values()) == 0


def test_pages_carry_the_balance_on(shop, customer, staff):
    for _ in range(2):
        shop.buy(customer)
    whole = customer.statement()["data"]
    assert len(whole) == 4 and whole[-1]["balance"] == sum(entry["amount"] for entry in whole)
    assert list(staff.pages(f"/v1/customers/{customer.id}/statement", {"limit": 1})) == whole


def test_currencies_apart(shop, customer):
    for currency, price in (("USD", "30.00"), ("COP", "90000.00")):
        shop.buy(customer, shop.new_product(price=price, currency=currency))
    statement = customer.statement()
    assert [each["currency"] for each in statement["balances"]] == ["COP", "USD"]
    for each in statement["balances"]:
        entries = [entry for entry in statement["data"] if entry["currency"] == each["currency"]]
        assert sum(entry["amount"] for entry in entries) == each["amount"] == entries[-1]["balance"]


def test_nothing_yet(customer):
    assert customer.statement() == {"customer_id": customer.id, "from": None, "to": None, "balances": [], "opening": [], "closing": [], "data": [], "next_cursor": None}


def test_of_nobody_else(shop, customer, new_customer, api):
    path = f"/v1/customers/{customer.id}/statement"
    assert new_customer().api.get(path, expect=404).code == "not_found"
    assert customer.api.get(f"/v1/customers/{uuid.uuid4()}/statement", expect=404).code == "not_found"
    api.get(path, expect=401)


def test_of_some_days(shop, customer, staff):
    """Opening, lines and closing add up, and the closing balance is the ledger's on that day."""
    path = f"/v1/customers/{customer.id}/statement"
    shop.buy(customer)
    first = shop.today()
    shop.advance(1)
    shop.buy(customer)
    whole = customer.statement()
    assert whole["opening"] == [{"currency": "USD", "amount": 0}] and whole["closing"] == whole["balances"]
    before = customer.api.get(path, {"to": first.isoformat()}, expect=200)
    after = customer.api.get(path, {"from": (first + datetime.timedelta(1)).isoformat()}, expect=200)
    assert before["data"] + after["data"] == whole["data"] and len(after["data"]) == 2
    assert after["opening"] == before["closing"] == [{"currency": "USD", "amount": before["data"][-1]["balance"]}]
    assert after["opening"][0]["amount"] + sum(line["amount"] for line in after["data"]) == after["closing"][0]["amount"] == whole["balances"][0]["amount"]
    assert list(staff.pages(path, {"limit": 1, "from": first.isoformat(), "to": first.isoformat()})) == before["data"]


def test_of_an_order_or_a_contract(shop, customer, new_customer):
    path = f"/v1/customers/{customer.id}/statement"
    orders = [shop.buy(customer)[0] for _ in range(2)]
    for order in orders:
        of_order = customer.api.get(path, {"order_id": order["id"]}, expect=200).json
        assert {line["order_id"] for line in of_order["data"]} == {order["id"]} and len(of_order["data"]) == 2
        assert customer.api.get(path, {"contract_id": order["contract_id"]}, expect=200).json == of_order
        assert of_order["balances"][0]["amount"] == of_order["data"][-1]["balance"] == sum(line["amount"] for line in of_order["data"])
    other = shop.buy(new_customer())[0]
    for foreign in ({"order_id": other["id"]}, {"contract_id": other["contract_id"]}, {"order_id": orders[0]["id"], "contract_id": orders[1]["contract_id"]}):
        assert customer.api.get(path, foreign, expect=200)["data"] == []


def test_as_csv(shop, customer):
    path = f"/v1/customers/{customer.id}/statement"
    shop.buy(customer)
    reply = customer.api.get(path, headers={"Accept": "text/csv"}, expect=200)
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8" and reply.headers["Content-Disposition"] == 'attachment; filename="statement.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.body.decode(), newline="")))
    assert rows == [{name: "" if value is None else str(value) for name, value in line.items()} for line in customer.statement()["data"]]


def test_as_pdf(shop, customer):
    path = f"/v1/customers/{customer.id}/statement"
    order, payment = shop.buy(customer, shop.new_product(price="1234.00", currency="USD"))
    for language, title, sale in (("es", "Estado de cuenta", "Compra"), ("en", "Statement of account", "Payment")):
        reply = customer.api.get(path, {"format": "pdf", "language": language}, expect=200)
        assert reply.headers["Content-Type"] == "application/pdf"
        text = pdf.words(" ".join(pdf.pages(reply.body)))
        assert title in text and sale in text and order["id"] in text
        owed = order["total_payable"] - payment["amount"]
        amount = f"{owed // 100:,}.{owed % 100:02}"
        assert (amount if language == "en" else amount.translate(str.maketrans(",.", ".,"))) in text
    assert customer.api.get(path, headers={"Accept": "application/pdf"}, expect=200).body == customer.api.get(path, {"format": "pdf"}, expect=200).body


def test_more_lines_than_a_document_may_have(stack, staff):
    """A document that ended early would not foot: it is refused, and the pages are not."""
    somebody = str(uuid.uuid4())
    path = f"/v1/customers/{somebody}/statement"
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SET session_replication_role = replica")   # in no chain, and gone again afterwards
        try:
            cursor.execute("""
                INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, recorded_at, lane, position, hash)
                SELECT gen_random_uuid(), 1, 'sale', 'receivable', 'sales', 1, 'USD', %s, gen_random_uuid(), date '2031-01-01' + n / 5000, now(), 99, n, '' FROM generate_series(0, 10000) AS n""",
                           (somebody,))
            for format in ("csv", "pdf"):
                assert staff.get(path, {"format": format}, expect=422).pointers == ["query:from"]
            whole = {"to": "2031-01-02"}   # the most there may be
            assert len(staff.get(path, {"format": "csv", **whole}, expect=200).body.splitlines()) == 1 + 10000
            last = pdf.pages(staff.get(path, {"format": "pdf", "language": "en", **whole}, expect=200).body)[-1]
            assert "Closing balance" in last and "100.00" in last
            assert staff.get(path, {"limit": 1}, expect=200)["balances"] == [{"currency": "USD", "amount": 10001}]
        finally:
            cursor.execute("DELETE FROM posting WHERE customer_id = %s", (somebody,))
