"""GET /v1/ledger/accounts: the chart of accounts."""


def test_every_account_there_is(staff, database):
    chart = {each["code"]: each for each in staff.get("/v1/ledger/accounts", expect=200)["data"]}
    assert {(each["code"], each["class"], each["title"]) for each in chart.values()} == set(database("billing", "SELECT code::text, class, title FROM ledger_account"))
    assert {code for code, each in chart.items() if each["normal_side"] == "debit"} == {
        "receivable", "cash_at_provider", "disputed", "bank", "cash", "sales_returns", "bad_debt", "waivers", "provider_fees", "rounding"}


def test_for_staff_only(customer, api):
    assert customer.api.get("/v1/ledger/accounts", expect=403).code == "forbidden"
    api.get("/v1/ledger/accounts", expect=401)
