"""POST /v1/simulations: schedules computed again here with exact fractions, the promises every schedule keeps, and what is refused."""

import datetime
import random
from fractions import Fraction

import pytest

from support.schedules import check_promises, rounded

PER_YEAR = {"day": 365, "week": 52, "semimonth": 24, "month": 12}
TERMS = {"currency": "USD", "principal": 1200000, "method": "annuity", "annual_rate": "0.24", "installments": 12,
         "frequency": {"unit": "month", "every": 1}, "start_date": "2026-01-15", "day_count": "period"}


def period_rates(terms, rows):
    """The rate of each period, exactly."""
    rates, before = [], datetime.date.fromisoformat(terms["start_date"])
    for row in rows:
        due = datetime.date.fromisoformat(row["due_date"])
        days = (due - before).days
        share = {"period": Fraction(terms["frequency"]["every"], PER_YEAR[terms["frequency"]["unit"]]),
                 "actual/365": Fraction(days, 365), "actual/360": Fraction(days, 360)}[terms["day_count"]]
        rates.append(Fraction(terms["annual_rate"]) * share if terms["method"] == "annuity" else Fraction(0))
        before = due
    return rates


def level_payment(financed, rates, unit, mode):
    """The payment, and the rows that rest: whose interest on what is left would be more than it. They pay that interest alone."""
    value, resting = Fraction(0), set()
    for index in range(len(rates) - 1, -1, -1):
        if index < len(rates) - 1 and rates[index] * value > 1:
            resting.add(index)
        else:
            value = (1 + value) / (1 + rates[index])
    return rounded(Fraction(financed) / value / unit, mode) * unit, resting


def random_terms(rnd):
    unit = rnd.choice(["day", "week", "month"])
    return {
        "currency": rnd.choice(["USD", "COP", "CLP", "KWD"]),
        "principal": rnd.randint(10000, 10 ** rnd.randint(5, 14)),
        "method": rnd.choice(["annuity", "annuity", "interest_free"]),
        "annual_rate": f"0.{rnd.randint(0, 9999):04d}",
        "installments": rnd.randint(1, 60),
        "frequency": {"unit": unit, "every": rnd.randint(1, {"day": 30, "week": 4, "month": 3}[unit])},
        "start_date": str(datetime.date(2020, 1, 1) + datetime.timedelta(days=rnd.randint(0, 3000))),
        "day_count": rnd.choice(["period", "actual/365", "actual/360"]),
        "deposit": rnd.choice([{"type": "percent", "value": f"0.{rnd.randint(0, 99):02d}"}, {"type": "fixed", "amount": rnd.randint(0, 9999)}]),
        "rounding": {"mode": rnd.choice(["half_even", "half_up", "half_down", "up", "down"]), "unit": rnd.choice([1, 1, 100])},
    }


def test_schedules_agree_with_exact_fractions(api):
    rnd = random.Random(20261122)
    for _ in range(60):
        terms = random_terms(rnd)
        mode, unit = terms["rounding"]["mode"], terms["rounding"]["unit"]
        answer = api.post("/v1/simulations", terms, expect=200).json
        check_promises(answer, terms["principal"])
        rows = answer["installments"]
        rates = period_rates(terms, rows)
        level, resting = level_payment(answer["amount_financed"], rates, unit, mode)
        for index, (row, rate) in enumerate(zip(rows, rates)):
            interest = rounded(row["opening_balance"] * rate, mode)
            assert row["interest"] == interest, (terms, row)
            if index < len(rows) - 1:
                whole = interest if index in resting else max(level, interest)
                assert row["total"] == min(whole, row["opening_balance"] + interest), (terms, level, row)


def test_the_example_of_the_documentation(api):
    answer = api.post("/v1/simulations", {**TERMS, "deposit": {"type": "percent", "value": "0.20"}}, expect=200).json
    assert answer["deposit"] == 240000 and answer["amount_financed"] == 960000
    assert [row["total"] for row in answer["installments"]] == [90777] * 11 + [90780]
    assert answer["installments"][0] == {
        "number": 1, "due_date": "2026-02-15", "days": 31, "opening_balance": 960000, "principal": 71577, "interest": 19200,
        "fees": 0, "tax": 0, "total": 90777, "closing_balance": 888423}
    assert answer["apr_nominal"] == "0.24000024" and answer["effective_annual_rate"] == "0.26824209"


def test_what_is_left_out_has_a_default(api):
    answer = api.post("/v1/simulations", {"currency": "USD", "principal": 100, "method": "interest_free", "installments": 3}, expect=200).json
    assert [row["total"] for row in answer["installments"]] == [33, 33, 34]
    assert answer["apr_nominal"] == answer["effective_annual_rate"] == "0.00000000"
    answer = api.post("/v1/simulations", {**TERMS, "frequency": {"unit": "semimonth"}, "installments": 3}, expect=200).json
    assert [row["due_date"] for row in answer["installments"]] == ["2026-02-01", "2026-02-15", "2026-03-01"]


def test_the_residual_can_come_first(api):
    answer = api.post("/v1/simulations", {**TERMS, "principal": 1000003, "rounding": {"unit": 100, "residual": "first"}}, expect=200).json
    check_promises(answer, 1000003)
    totals = [row["total"] for row in answer["installments"]]
    assert len(set(totals[1:])) == 1 and totals[1] % 100 == 0 and totals[0] != totals[1]


def test_month_ends_keep_their_day(api):
    terms = {**TERMS, "start_date": "2027-10-31", "installments": 5}
    answer = api.post("/v1/simulations", terms, expect=200).json
    assert [row["due_date"] for row in answer["installments"]] == ["2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]
    answer = api.post("/v1/simulations", {**terms, "first_due_date": "2027-12-05"}, expect=200).json
    assert answer["installments"][1]["due_date"] == "2028-01-05"


def test_the_same_terms_give_the_same_bytes(api):
    assert api.post("/v1/simulations", TERMS, expect=200).body == api.post("/v1/simulations", TERMS, expect=200).body


def test_the_largest_plan(api):
    terms = {**TERMS, "principal": 2 ** 53 - 1, "method": "interest_free", "installments": 600}
    check_promises(api.post("/v1/simulations", terms, expect=200).json, 2 ** 53 - 1)


@pytest.mark.parametrize("change, pointer", [
    ({"principal": 0}, "/principal"),
    ({"principal": 2 ** 53 - 1}, "/principal"),   # with interest it outgrows what JSON can say
    ({"principal": "1200000"}, "/principal"),
    ({"principal": 10.5}, "/principal"),
    ({"installments": 601}, "/installments"),
    ({"installments": 0}, "/installments"),
    ({"annual_rate": "10.01"}, "/annual_rate"),
    ({"annual_rate": "-0.1"}, "/annual_rate"),
    ({"annual_rate": "0.12345678901"}, "/annual_rate"),
    ({"annual_rate": 0.24}, "/annual_rate"),
    ({"annual_rate": None}, "/annual_rate"),
    ({"currency": "XYZ"}, "/currency"),
    ({"method": "bullet"}, "/method"),
    ({"day_count": "30/366"}, "/day_count"),
    ({"frequency": {"unit": "year"}}, "/frequency/unit"),
    ({"frequency": {"unit": "month", "every": 13}}, "/frequency/every"),
    ({"frequency": {"unit": "month", "days": [1, 15]}}, "/frequency/days"),
    ({"frequency": {"unit": "semimonth", "days": [28, 31]}}, "/frequency/days"),
    ({"frequency": {"unit": "semimonth", "days": [15]}}, "/frequency/days"),
    ({"start_date": "2026-02-30"}, "/start_date"),
    ({"start_date": "1850-01-01"}, "/start_date"),
    ({"first_due_date": "2026-01-15"}, "/first_due_date"),
    ({"first_due_date": "2046-01-15"}, "/first_due_date"),
    ({"deposit": {"type": "percent", "value": "1"}}, "/deposit/value"),
    ({"deposit": {"type": "percent"}}, "/deposit/value"),
    ({"deposit": {"type": "percent", "value": "0.1", "amount": 5}}, "/deposit/amount"),
    ({"deposit": {"type": "fixed"}}, "/deposit/amount"),
    ({"deposit": {"type": "fixed", "amount": 1200000}}, "/deposit/amount"),
    ({"deposit": {"type": "fixed", "amount": 5, "value": "0.1"}}, "/deposit/value"),
    ({"rounding": {"mode": "nearest"}}, "/rounding/mode"),
    ({"rounding": {"unit": 0}}, "/rounding/unit"),
    ({"rounding": {"residual": "middle"}}, "/rounding/residual"),
    ({"insurance": []}, "/insurance"),
])
def test_wrong_terms_are_refused_by_field(api, change, pointer):
    reply = api.post("/v1/simulations", {**TERMS, **change}, expect=422)
    assert reply.code == "validation_failed" and pointer in reply.pointers


@pytest.mark.parametrize("missing", ["currency", "principal", "method", "installments", "annual_rate"])
def test_needed_terms(api, missing):
    reply = api.post("/v1/simulations", {name: value for name, value in TERMS.items() if name != missing}, expect=422)
    assert reply.pointers == ["/" + missing]
