"""POST /v1/bank-statements and what reads it back: each line of a bank is kept once, whatever files bring it; a file that does not add up is refused whole."""

import concurrent.futures
import os
import shutil
import subprocess

import pytest

from support.bank_file import camt, entry, n43, new_account

SCHEMAS = os.path.join(os.path.dirname(__file__), "../../../../shared/schemas/iso20022")
KINDS = {"xml": "application/xml", "csv": "text/csv", "n43": "text/plain"}


@pytest.fixture
def send(staff):
    def send(data, kind="xml", expect=200, **query):
        return staff.request("POST", "/v1/bank-statements", data=data, content_type=KINDS.get(kind, kind), query=query, expect=expect)
    return send


@pytest.fixture
def lines_of(staff):
    return lambda statement, **query: list(staff.pages("/v1/bank-lines", query={"statement_id": statement["id"], **query}))


def said(statement):
    """Without what has become of its lines, which a job is looking at."""
    return {name: value for name, value in statement.items() if name not in ("unmatched", "proposed", "matched", "ignored")}


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_line_is_kept_once_whatever_files_bring_it(version, send, staff, lines_of):
    account = new_account()
    first, second, third = entry(12990, "Pedido 1", "Ana Ruiz", "Cuota 3 & 4"), entry(-350, text="Comisión"), entry(5000, on="2026-11-21")
    file = camt(account, [first, second], version=version, opening=1000)
    report = send(file).json
    [statement] = report["data"]
    assert (report["imported"], report["known"]) == (2, 0)
    assert {name: statement[name] for name in ("format", "account", "currency", "opening_balance", "closing_balance", "lines", "new_lines")} == {
        "format": "camt053", "account": account, "currency": "EUR", "opening_balance": 1000, "closing_balance": 13640, "lines": 2, "new_lines": 2}
    assert sum(statement[name] for name in ("unmatched", "proposed", "matched", "ignored")) == 2
    assert said(staff.get(f"/v1/bank-statements/{statement['id']}", expect=200).json) == said(statement)

    again = send(file).json
    assert (again["imported"], again["known"], list(map(said, again["data"]))) == (0, 2, [said(statement)])
    longer = send(camt(account, [second, third], version=version)).json
    assert (longer["imported"], longer["known"]) == (1, 1), "a file of other days, which one line of the first is in, too"

    came, = lines_of(statement, direction="credit")
    assert {name: came[name] for name in ("amount", "booked_on", "value_on", "reference", "name", "text", "bank_reference")} == {
        "amount": 12990, "booked_on": "2026-11-20", "value_on": "2026-11-20", "reference": "Pedido 1", "name": "Ana Ruiz", "text": "Cuota 3 & 4",
        "bank_reference": first["bank_reference"]}
    assert [line["amount"] for line in lines_of(statement, direction="debit")] == [-350]
    assert [each["id"] for each in staff.pages("/v1/bank-statements", query={"account": account, "limit": 1})] == [longer["data"][0]["id"], statement["id"]]


def test_equal_lines_of_a_spreadsheet_are_counted(send, lines_of):
    """Two customers pay the same on the same day and write nothing: two lines. The whole day, exported again later, adds what came since."""
    account = new_account()
    heading, line = "Fecha;Importe;Concepto;Referencia\n", "20/11/2026;1.234,50;Cuota;\n"
    said = {"account": account, "currency": "COP", "columns": "date,amount,text,reference", "skip": 1, "decimal": "comma", "dates": "dmy"}
    report = send(heading + 2 * line, "csv", **said).json
    assert [each["amount"] for each in lines_of(report["data"][0])] == [123450, 123450]
    assert send(heading + 3 * line, "csv", **said)["imported"] == 1
    assert send(heading + 3 * line, "csv", **{**said, "account": new_account()})["imported"] == 3, "another account's lines are others"


def test_two_send_the_same_file_at_once(send):
    file = camt(new_account(), [entry(100 + number) for number in range(40)])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: send(file).json, range(4)))
    assert sorted(report["imported"] for report in reports) == [0, 0, 0, 40]
    assert len({report["data"][0]["id"] for report in reports}) == 1


def test_cuaderno_43(send, lines_of):
    account = new_account()
    report = send(n43(account, [entry(19050, "FV-7", text="Transferencia de Begoña"), entry(-50)], opening=-200), "n43").json
    [statement] = report["data"]
    assert (statement["account"], statement["opening_balance"], statement["closing_balance"]) == (account, -200, 18800)
    assert {(line["amount"], line["reference"], line["text"]) for line in lines_of(statement)} == {(19050, "FV-7", "Transferencia de Begoña"), (-50, None, None)}


def test_what_is_refused_leaves_nothing(send, staff):
    account = new_account()
    unbalanced = send(camt(account, [entry(100), entry(200)], closing=301), expect=422)
    assert unbalanced.code == "bank_statement_unbalanced" and "0 and 300 in lines are not 301" in unbalanced["detail"]
    bad = camt(account, [entry(100), entry(200)]).replace(b">2.00<", b">2.001<")
    assert send(bad, expect=422).code == "bank_file_unreadable"
    unread = send("date,amount\n2026-11-20,1\n2026-11-20,x\n", "csv", account=account, currency="EUR", expect=422)
    assert unread.code == "bank_file_unreadable" and "line 3, amount" in unread["detail"]
    assert send("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", expect=422).code == "bank_file_unreadable"
    assert send("", "n43", expect=422).code == "bank_file_unreadable"
    assert send("date,amount\n", "csv", expect=422).pointers == ["query:account"]
    assert send(b"%PDF-1.4", "application/pdf", expect=415).code == "unsupported_media_type"
    assert list(staff.pages("/v1/bank-statements", query={"account": account})) == []


@pytest.mark.skipif(not os.path.isdir(SCHEMAS) or not shutil.which("xmllint"), reason="the schemas of ISO 20022 are not part of the project")
@pytest.mark.parametrize("version", ["02", "08"])
def test_the_files_of_these_tests_are_what_the_standard_says(version, tmp_path):
    path = tmp_path / "statement.xml"
    path.write_bytes(camt(new_account(), [entry(12990, "Pedido 1", "Ana Ruiz", "Cuota"), entry(-350)], version=version))
    subprocess.run(["xmllint", "--noout", "--nonet", "--schema", f"{SCHEMAS}/camt.053.001.{version}.xsd", path], check=True, capture_output=True)
