"""POST /v1/simulations, method by method: equal principal, add-on interest, interest only, balloons, custom rows; grace, fees, taxes, month ends,
unrounded balances, and the explanation of each installment."""

from fractions import Fraction

import pytest

from support.schedules import check_promises, rounded

TERMS = {"currency": "MXN", "principal": 1000000, "annual_rate": "0.36", "installments": 12, "start_date": "2026-01-31", "rounding": {"mode": "half_up"}}


def simulated(api, **changes):
    terms = {name: value for name, value in {**TERMS, **changes}.items() if value is not None}
    return api.post("/v1/simulations", terms, expect=200).json


def column(answer, name):
    return [row[name] for row in answer["installments"]]


def test_equal_principal(api):
    answer = simulated(api, method="equal_principal")
    check_promises(answer, 1000000)
    assert column(answer, "principal") == [83333] * 11 + [83337]
    assert column(answer, "interest")[:3] == [30000, 27500, 25000]
    first = simulated(api, method="equal_principal", rounding={"mode": "half_up", "residual": "first", "unit": 100})
    check_promises(first, 1000000)
    assert column(first, "principal") == [83700] + [83300] * 11


def test_add_on_interest_runs_on_all_that_was_financed(api):
    answer = simulated(api, method="flat")
    check_promises(answer, 1000000)
    assert answer["totals"]["interest"] == 360000
    assert column(answer, "total") == [113333] * 11 + [113337]
    assert column(answer, "interest") == [30000] * 12


def test_interest_only_repays_at_the_end(api):
    answer = simulated(api, method="interest_only", installments=4)
    check_promises(answer, 1000000)
    assert column(answer, "principal") == [0, 0, 0, 1000000]
    assert column(answer, "interest") == [30000] * 4


def test_a_balloon_is_left_for_the_last(api):
    answer = simulated(api, method="balloon", balloon=400000)
    check_promises(answer, 1000000)
    growth = Fraction(103, 100) ** 12
    level = rounded((1000000 - 400000 / growth) * Fraction(3, 100) / (1 - 1 / growth), "half_up")
    assert column(answer, "total")[:11] == [level] * 11
    assert abs(column(answer, "total")[11] - level - 400000) <= 12
    assert simulated(api, method="balloon", balloon=1000000)["totals"] == simulated(api, method="interest_only")["totals"]


def test_custom_rows(api):
    rows = [{"due_date": "2026-03-01", "percent": "0.3"}, {"due_date": "2026-06-15", "amount": 250001}, {"due_date": "2026-12-31", "percent": "0.449999"}]
    answer = simulated(api, method="custom", rows=rows, installments=None)
    check_promises(answer, 1000000)
    assert column(answer, "principal") == [300000, 250001, 449999]
    assert column(answer, "interest") == [rounded(Fraction(balance) * Fraction(36, 100) * Fraction(days, 365), "half_up")
                                          for balance, days in ((1000000, 29), (700000, 106), (449999, 199))]
    thirds = [{"due_date": f"2026-0{month}-01", "percent": share} for month, share in ((3, "0.33333"), (4, "0.33333"), (5, "0.33334"))]
    assert column(simulated(api, method="custom", principal=100, rows=thirds, installments=None), "principal") == [33, 33, 34]


def test_grace_puts_principal_off(api):
    answer = simulated(api, method="annuity", grace={"principal": 3})
    check_promises(answer, 1000000)
    assert column(answer, "principal")[:3] == [0, 0, 0] and column(answer, "interest")[:4] == [30000] * 4
    growth = Fraction(103, 100) ** 9
    assert column(answer, "total")[3:11] == [rounded(30000 / (1 - 1 / growth), "half_up")] * 8


def test_interest_of_a_grace_is_carried_or_given_away(api):
    carried = simulated(api, method="equal_principal", grace={"principal": 2, "interest": 2})
    check_promises(carried, 1000000)
    assert column(carried, "interest")[:3] == [0, 0, 90000] and column(carried, "total")[:2] == [0, 0]
    free = simulated(api, method="equal_principal", grace={"principal": 2, "interest": 2, "unpaid_interest": "free"})
    check_promises(free, 1000000)
    assert column(free, "interest")[:4] == [0, 0, 30000, 27000]
    assert carried["totals"]["interest"] - free["totals"]["interest"] == 60000


def test_fees_and_taxes(api):
    answer = simulated(api, method="interest_free", annual_rate=None, deposit={"type": "percent", "value": "0.2"}, tax_rate_on_fees="0.16", fees=[
        {"code": "apertura", "type": "percent", "value": "0.01", "charged": "upfront"},
        {"code": "estudio", "type": "fixed", "amount": 5000, "charged": "financed"},
        {"code": "tarjeta", "type": "fixed", "amount": 1000, "charged": "first"},
        {"code": "seguro", "type": "percent", "value": "0.001", "charged": "each"}])
    assert answer["deposit"] == 200000 and answer["upfront"] == {"fees": 8000, "tax": 1280}
    assert answer["amount_financed"] == 800000 + 5000 + 800
    assert column(answer, "fees") == [1800] + [800] * 11 and column(answer, "tax") == [288] + [128] * 11
    assert answer["total_payable"] == 200000 + 9280 + answer["totals"]["total"]
    assert float(answer["effective_annual_rate"]) > float(answer["apr_nominal"]) > 0.06   # interest-free is not free of cost
    taxed = simulated(api, method="annuity", tax_rate_on_interest="0.16")
    assert column(taxed, "tax") == [rounded(Fraction(interest * 16, 100), "half_up") for interest in column(taxed, "interest")]


def test_month_ends(api):
    terms = {"method": "interest_only", "installments": 3, "start_date": "2026-02-28"}
    assert column(simulated(api, **terms), "due_date") == ["2026-03-28", "2026-04-28", "2026-05-28"]
    ends = simulated(api, **terms, due_dates={"month_end": "end_of_month"})
    assert column(ends, "due_date") == ["2026-03-31", "2026-04-30", "2026-05-31"]


def test_due_dates_leave_closed_days(api):
    """31 January 2026 is a Saturday, 6 April 2026 the Monday after Colombia's Easter, and 2 and 3 April are its Thursday and Friday."""
    terms = {"method": "interest_only", "installments": 4, "start_date": "2026-01-01", "first_due_date": "2026-01-31"}
    assert column(simulated(api, **terms, due_dates={"business_day": "following"}), "due_date") == [
        "2026-02-02", "2026-03-02", "2026-03-31", "2026-04-30"]
    assert column(simulated(api, **terms, due_dates={"business_day": "modified_following"}), "due_date") == ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30"]
    easter = {**terms, "first_due_date": "2026-02-03", "installments": 3}
    assert column(simulated(api, **easter, due_dates={"business_day": "preceding", "calendar": "CO"}), "due_date") == ["2026-02-03", "2026-03-03", "2026-04-01"]
    assert column(simulated(api, **easter, due_dates={"business_day": "following", "calendar": "CO"}), "due_date") == ["2026-02-03", "2026-03-03", "2026-04-06"]
    daily = {**terms, "first_due_date": None, "start_date": "2026-01-01", "frequency": {"unit": "day"}, "installments": 6}
    assert column(simulated(api, **daily, due_dates={"business_day": "following"}), "due_date") == [
        "2026-01-02", "2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"]


@pytest.mark.parametrize("day_count, fraction", [
    ("30/360", Fraction(28, 360)), ("30E/360", Fraction(28, 360)), ("actual/360", Fraction(28, 360)), ("actual/365", Fraction(28, 365)),
    ("actual/actual", Fraction(28, 365)), ("period", Fraction(1, 12))])
def test_day_counts(api, day_count, fraction):
    answer = simulated(api, method="interest_only", day_count=day_count, installments=1)
    assert column(answer, "days") == [28] and column(answer, "interest") == [rounded(360000 * fraction, "half_up")]


def test_years_of_both_lengths(api):
    answer = simulated(api, method="interest_only", day_count="actual/actual", installments=1, start_date="2027-12-01", first_due_date="2028-02-01")
    assert column(answer, "interest") == [rounded(360000 * (Fraction(31, 365) + Fraction(31, 366)), "half_up")]


def test_unrounded_balances_as_the_commission_prints_them(api):
    """Example 1 of the European Commission's APRC examples (2015): 200,000 at 6 % in 240 months, costs of 4,000."""
    answer = api.post("/v1/simulations", {
        "currency": "EUR", "principal": 20000000, "method": "annuity", "annual_rate": "0.06", "installments": 240, "start_date": "2026-01-01",
        "fees": [{"code": "costs", "type": "fixed", "amount": 400000, "charged": "upfront"}], "rounding": {"mode": "half_up", "carry": "unrounded"}}, expect=200).json
    assert [answer["installments"][1][part] for part in ("opening_balance", "interest", "principal", "total", "closing_balance")] == [
        19956714, 99784, 43503, 143286, 19913211]
    assert answer["total_payable"] == 34788640 and answer["effective_annual_rate"].startswith("0.064344")


def test_the_explanation_is_what_was_computed(api):
    answer = api.post("/v1/simulations?explain=true", {**TERMS, "method": "annuity", "day_count": "actual/365", "tax_rate_on_interest": "0.16"}, expect=200).json
    for row, told in zip(answer["installments"], answer["explain"], strict=True):
        interest = Fraction(told["balance"]) * Fraction(told["annual_rate"]) * Fraction(told["year_fraction"])
        assert told["basis"] == "actual/365" and told["days"] == row["days"] and Fraction(told["balance"]) == row["opening_balance"]
        assert abs(interest - Fraction(told["interest_unrounded"])) < Fraction(1, 10 ** 8)
        assert Fraction(told["interest_unrounded"]) + Fraction(told["interest_rounding"]) == row["interest"]
        assert Fraction(told["level_unrounded"]) + Fraction(told["level_rounding"]) + told["residual"] == row["principal"] + row["interest"]
        assert Fraction(told["tax_unrounded"]) + Fraction(told["tax_rounding"]) == row["tax"]
    assert all(told["residual"] == 0 for told in answer["explain"][:-1])
    assert "explain" not in api.post("/v1/simulations", {**TERMS, "method": "annuity"}, expect=200).json


def test_the_explanation_tells_each_charge_and_share_apart(api):
    terms = {**TERMS, "method": "flat", "principal": 1000001, "installments": 7, "deposit": {"type": "percent", "value": "0.1"}, "tax_rate_on_fees": "0.19",
             "fees": [{"code": "opening", "type": "percent", "value": "0.0123", "charged": "upfront"}, {"code": "card", "type": "fixed", "amount": 99, "charged": "first"},
                      {"code": "insurance", "type": "percent", "value": "0.00123", "charged": "each"}]}
    answer = api.post("/v1/simulations?explain=true", terms, expect=200).json
    start = answer["explain_start"]
    assert Fraction(start["deposit_unrounded"]) == Fraction("100000.1") and Fraction(start["deposit_unrounded"]) + Fraction(start["deposit_rounding"]) == answer["deposit"]
    assert [(fee["code"], fee["unrounded"]) for fee in start["fees"]] == [("opening", "11070.01230000"), ("card", "99.00000000"), ("insurance", "1107.00123000")]
    assert all(Fraction(fee["unrounded"]) + Fraction(fee["rounding"]) == fee["amount"] for fee in start["fees"])
    for row, told in zip(answer["installments"], answer["explain"], strict=True):
        assert row["fees"] == sum(fee["amount"] for fee in told["fees"]) and row["tax"] == sum(fee["tax"] for fee in told["fees"])
        assert [fee["code"] for fee in told["fees"]] == (["card"] if row["number"] == 1 else []) + ["insurance"]
        assert Fraction(told["interest_unrounded"]) == round(Fraction(answer["amount_financed"]) * Fraction(terms["annual_rate"]) / 12, 8)
    rows = [{"due_date": f"2026-0{month}-01", "percent": share} for month, share in ((3, "0.33333"), (4, "0.33333"), (5, "0.33334"))]
    custom = {key: value for key, value in TERMS.items() if key != "installments"} | {"method": "custom", "principal": 101, "rows": rows}
    custom = api.post("/v1/simulations?explain=true", custom, expect=200).json
    assert [told["level_unrounded"] for told in custom["explain"]] == ["33.66633000", "33.66633000", "33.66734000"]
    assert [told["residual"] for told in custom["explain"]] == [0, 0, -1] and column(custom, "principal") == [34, 34, 33]


@pytest.mark.parametrize("change, pointer", [
    ({"method": "balloon"}, "/balloon"),
    ({"method": "interest_only", "annual_rate": "0"}, "/installments"),
    ({"method": "equal_principal", "annual_rate": "0", "principal": 5}, "/installments"),
    ({"method": "flat", "annual_rate": "0.1", "fees": [{"code": "a", "type": "fixed", "amount": 9007199254740991, "charged": "each"}]}, "/fees"),
    ({"method": "balloon", "balloon": 1000001}, "/balloon"),
    ({"method": "annuity", "balloon": 1}, "/balloon"),
    ({"method": "annuity", "installments": None}, "/installments"),
    ({"method": "annuity", "rows": [{"due_date": "2026-03-01", "amount": 1000000}]}, "/rows"),
    ({"method": "custom"}, "/rows"),
    ({"method": "custom", "rows": [{"due_date": "2026-03-01", "amount": 1000000}]}, "/installments"),
    ({"method": "custom", "installments": None, "rows": [{"due_date": "2026-03-01", "amount": 999999}]}, "/rows"),
    ({"method": "custom", "installments": None, "rows": [{"due_date": "2026-01-31", "amount": 1000000}]}, "/rows/0/due_date"),
    ({"method": "custom", "installments": None, "rows": [{"due_date": "2026-03-01"}]}, "/rows/0/amount"),
    ({"method": "custom", "installments": None, "rows": [{"due_date": "2026-03-01", "percent": "1.1"}]}, "/rows/0/percent"),
    ({"method": "custom", "installments": None, "grace": {"principal": 1}, "rows": [{"due_date": "2026-03-01", "percent": "0.5"}, {"due_date": "2026-04-01", "percent": "0.5"}]},
     "/grace/principal"),
    ({"method": "annuity", "grace": {"principal": 12}}, "/grace/principal"),
    ({"method": "annuity", "grace": {"interest": 12}}, "/grace/interest"),
    ({"method": "annuity", "fees": [{"code": "x", "type": "fixed", "charged": "each"}]}, "/fees/0/amount"),
    ({"method": "annuity", "fees": [{"code": "x", "type": "percent", "value": "1.5", "charged": "each"}]}, "/fees/0/value"),
    ({"method": "annuity", "fees": [{"code": "x", "type": "fixed", "amount": 2 ** 53 - 1, "charged": "financed"}]}, "/fees"),
    ({"method": "annuity", "fees": [{"code": "x", "type": "fixed", "amount": 1, "charged": "each"}] * 21}, "/fees"),
    ({"method": "annuity", "tax_rate_on_interest": "1.01"}, "/tax_rate_on_interest"),
    ({"method": "annuity", "due_dates": {"business_day": "following", "calendar": "XX"}}, "/due_dates/calendar"),
    ({"method": "annuity", "due_dates": {"calendar": "CO"}}, "/due_dates/business_day"),
    ({"method": "annuity", "rounding": {"unit": 100, "carry": "unrounded"}}, "/rounding/unit"),
])
def test_what_does_not_fit_together_is_refused_by_field(api, change, pointer):
    terms = {name: value for name, value in {**TERMS, **change}.items() if value is not None}
    assert api.post("/v1/simulations", terms, expect=422).pointers == [pointer]
