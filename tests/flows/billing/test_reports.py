"""GET /v1/reports/...: each foots to the ledger, whose trial balance is asked for it."""

import csv
import datetime
import io

import pytest

from support.schedule_change import Change

REPORTS = {
    "aging": ("currency", "current", "days_1_30", "days_31_60", "days_61_90", "days_91_120", "days_over_120", "total", "receivable"),
    "cash-flow": ("period", "currency", "due", "installments"),
    "collections": ("period", "currency", "due", "due_paid", "due_outstanding", "collected", "charged"),
    "write-offs": ("period", "currency", "written_off", "waived", "recovered", "net"),
    "revenue": ("period", "currency", "sales", "returns", "interest", "fees", "penalties", "net"),
}


@pytest.fixture
def report(staff):
    return lambda name, **query: staff.get(f"/v1/reports/{name}", {each.rstrip("_"): value for each, value in query.items()}, expect=200).json


@pytest.fixture
def balance(staff):
    """{currency: what was debited less what was credited to these accounts}, in all or up to a day."""
    def read(*accounts, **query):
        found = {}
        for each in staff.get("/v1/ledger/trial-balance", query, expect=200)["data"]:
            if each["account"] in accounts:
                found[each["currency"]] = found.get(each["currency"], 0) + each["balance"]
        return {currency: amount for currency, amount in found.items() if amount}
    return read


@pytest.fixture
def years(shop):
    """Days that hold all there is."""
    return {"from_": (shop.today() - datetime.timedelta(3600)).isoformat(), "to": shop.today().isoformat()}


def column(rows, name, sign=1):
    found = {}
    for each in rows:
        found[each["currency"]] = found.get(each["currency"], 0) + sign * each[name]
    return {currency: amount for currency, amount in found.items() if amount}


def on_credit(shop, customer, currency="USD", price="1200.00", **options):
    product = shop.new_product(price=price, currency=currency)
    shop.new_plan(product)
    return shop.buy(customer, product, offer=shop.offer(product, 6), **options)


def test_aging(shop, customer, report, balance):
    order, _ = on_credit(shop, customer, "PEN", save=False)
    shop.advance(70)
    aging = report("aging")
    assert aging["as_of"] == shop.today().isoformat()
    for each in aging["data"]:
        assert sum(each[name] for name in REPORTS["aging"][1:-2]) == each["total"] == each["receivable"]
    assert column(aging["data"], "total") == balance("receivable")
    mine, expected = report("aging", currency="PEN")["data"][0], dict.fromkeys(("current", "days_1_30", "days_31_60"), 0)
    for row in customer.schedule(order["id"]):
        dpd = (shop.today() - datetime.date.fromisoformat(row["due_date"])).days
        expected["current" if dpd <= 0 else "days_1_30" if dpd <= 30 else "days_31_60"] += row["total"] - row["paid"]
    assert {name: mine[name] for name in expected} == expected and expected["days_1_30"] > 0
    assert [each for each in aging["data"] if each["currency"] == "PEN"] == [mine]


def test_cash_flow(shop, customer, report, balance):
    on_credit(shop, customer)
    flow = report("cash-flow")
    for each in flow["totals"]:
        assert each["before"] + each["due"] + each["later"] == each["receivable"]
    assert column(flow["totals"], "receivable") == balance("receivable")
    today = shop.today()
    assert (flow["from"], flow["by"]) == (today.isoformat(), "month")
    assert flow["to"] == f"{today.year + 1}-{today:%m-%d}".replace("-02-29", "-02-28")
    for by in ("day", "week", "month"):
        rows = report("cash-flow", by=by)["data"]
        assert column(rows, "due") == column(flow["totals"], "due")
        days = [datetime.date.fromisoformat(each["period"]) for each in rows]
        assert by == "day" or all(day.weekday() == 0 if by == "week" else day.day == 1 for day in days)
        assert [(each["period"], each["currency"]) for each in rows] == sorted((each["period"], each["currency"]) for each in rows)
    usd = report("cash-flow", currency="USD")
    assert usd["totals"] == [each for each in flow["totals"] if each["currency"] == "USD"]


def test_collections(shop, customer, report, balance, years):
    order, payment = on_credit(shop, customer)
    shop.wait_payment(customer, customer.pay(order["id"], amount=5000)["id"])
    whole = report("collections", **years)
    charged, collected = column(whole["totals"], "charged"), column(whole["totals"], "collected")
    assert {currency: amount for currency in charged if (amount := charged[currency] - collected.get(currency, 0))} == balance("receivable")
    for each in whole["data"]:
        assert each["due"] == each["due_paid"] + each["due_outstanding"]
    day = shop.today().isoformat()
    before = (shop.today() - datetime.timedelta(1)).isoformat()
    today = report("collections", from_=day, to=day, by="day")
    now, then = balance("receivable", as_of=day), balance("receivable", as_of=before)
    for each in today["totals"]:
        assert each["charged"] - each["collected"] == now.get(each["currency"], 0) - then.get(each["currency"], 0)
    assert column(today["totals"], "collected")["USD"] >= payment["amount"]


def test_revenue(shop, customer, report, balance, years):
    on_credit(shop, customer)
    shop.advance(32)   # interest of the first installment
    years["to"] = shop.today().isoformat()
    whole = report("revenue", **years)
    columns = {"sales": "sales", "returns": "sales_returns", "interest": "interest_income", "fees": "fee_income", "penalties": "penalty_income"}
    for name, account in columns.items():
        assert column(whole["totals"], name, 1 if name == "returns" else -1) == balance(account)
    assert column(whole["totals"], "net", -1) == balance(*columns.values())
    assert column(report("revenue", by="day", **years)["data"], "net") == column(whole["data"], "net") == column(whole["totals"], "net")
    assert column(whole["totals"], "interest")["USD"] > 0


def test_write_offs(shop, customer, report, balance, years, as_service):
    order, _ = on_credit(shop, customer)
    before = column(report("write-offs", **years)["totals"], "written_off").get("USD", 0)
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    change = Change(account, "write_off")
    for row in account["installments"]:
        if row["paid"] < row["total"]:
            change.replace(row)
    as_service.post(change.path, change.body(), expect=200)
    whole = report("write-offs", **years)
    given_up = column(whole["totals"], "written_off")
    assert given_up == balance("bad_debt") and given_up["USD"] > before
    assert column(whole["totals"], "waived") == balance("waivers") and column(whole["totals"], "recovered", -1) == balance("recoveries")
    for each in whole["totals"]:
        assert each["net"] == each["written_off"] + each["waived"] - each["recovered"]


@pytest.mark.parametrize("name", REPORTS)
def test_as_csv(shop, customer, staff, report, name):
    on_credit(shop, customer)
    path, data = f"/v1/reports/{name}", report(name)["data"]
    by_format, by_accept = staff.get(path, {"format": "csv"}, expect=200), staff.get(path, headers={"Accept": "text/csv;q=1, application/json;q=0.5"}, expect=200)
    assert by_format.body == by_accept.body
    assert by_format.headers["Content-Type"] == "text/csv; charset=utf-8" and by_format.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    rows = list(csv.DictReader(io.StringIO(by_format.body.decode(), newline="")))
    assert by_format.body.decode().split("\r\n")[0] == ",".join(REPORTS[name])
    assert [{each: str(value) for each, value in row.items()} for row in data] == rows
    assert staff.get(path, {"format": "json"}, headers={"Accept": "text/csv"}, expect=200).headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("name", [name for name in REPORTS if name not in ("aging", "cash-flow")])
def test_twelve_months_unless_said(staff, name):
    for to, first in (("2026-12-31", "2026-01-01"), ("2027-01-24", "2026-01-25"), ("2028-02-29", "2027-03-01")):
        assert staff.get(f"/v1/reports/{name}", {"to": to}, expect=200)["from"] == first


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "aging"])
def test_days_out_of_order(staff, name):
    for days in ({"from": "2026-02-01", "to": "2026-01-31"}, {"from": "2000-01-01", "to": "2026-01-31"}):
        assert staff.get(f"/v1/reports/{name}", days, expect=422).pointers == ["query:to"]
    assert sorted(staff.get(f"/v1/reports/{name}", {"by": "year", "format": "xls", "currency": "$"}, expect=422).pointers) == ["query:by", "query:currency", "query:format"]


@pytest.mark.parametrize("name", REPORTS)
def test_for_staff_only(customer, api, name):
    customer.api.get(f"/v1/reports/{name}", expect=403)
    api.get(f"/v1/reports/{name}", expect=401)
