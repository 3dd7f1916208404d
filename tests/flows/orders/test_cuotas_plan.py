"""build/bin/cuotas-plan: the engine as a command, one JSON request a line in, one answer a line out."""

import json
import os
import subprocess

import pytest

PROGRAM = os.path.join(os.path.dirname(__file__), "..", "..", "..", "build", "bin", "cuotas-plan")
TERMS = {"currency": "COP", "principal": 1200000, "method": "annuity", "annual_rate": "0.24", "installments": 12, "start_date": "2026-11-22"}


def answers(*lines):
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_answers_what_the_api_answers(api):
    told, explained = answers({"op": "simulate", **TERMS}, {"op": "simulate", **TERMS, "explain": True})
    assert told == api.post("/v1/simulations", TERMS, expect=200).json
    assert explained == api.post("/v1/simulations?explain=true", TERMS, expect=200).json
    flows = {"convention": "eu", "flows": [{"direction": "advance", "amount": 100000, "after": {}},
                                           {"direction": "payment", "amount": 9000, "count": 12, "after": {"months": 1}, "every": {"unit": "month", "every": 1}}]}
    assert answers({"op": "apr", **flows}) == [api.post("/v1/simulations/apr", flows, expect=200).json]


@pytest.mark.parametrize("asked, answer", [
    ({"op": "days", "day_count": "30/360 BOND", "from": "2006-08-20", "to": "2007-02-20"}, {"days": 180, "numerator": 180, "denominator": 360}),
    ({"op": "days", "day_count": "ACT/ACT ISDA", "from": "2011-12-28", "to": "2012-02-29"}, {"days": 63, "numerator": 22999, "denominator": 133590}),
    ({"op": "days", "day_count": "actual/365", "from": "2026-01-01", "to": "2026-03-01"}, {"days": 59, "numerator": 59, "denominator": 365}),
    ({"op": "due_dates", "start_date": "2026-01-31", "installments": 3}, {"due_dates": ["2026-02-28", "2026-03-31", "2026-04-30"]}),
    ({"op": "due_dates", "start_date": "2026-01-01", "installments": 3, "frequency": {"unit": "semimonth"}}, {"due_dates": ["2026-01-15", "2026-02-01", "2026-02-15"]}),
    ({"op": "due_dates", "start_date": "2026-03-01", "first_due_date": "2026-04-03", "installments": 1, "due_dates": {"business_day": "following", "calendar": "CO"}},
     {"due_dates": ["2026-04-06"]}),
    ({"op": "adjust", "date": "2014-08-30", "business_day": "MODIFIED_FOLLOWING", "weekend": ["SATURDAY", "SUNDAY"], "holidays": []}, {"date": "2014-08-29"}),
    ({"op": "adjust", "date": "2014-07-12", "business_day": "following", "weekend": ["saturday", "sunday"], "holidays": ["2014-07-15", "2014-07-14"]}, {"date": "2014-07-16"}),
    ({"op": "adjust", "date": "2026-07-20", "business_day": "preceding", "calendar": "CO"}, {"date": "2026-07-17"}),
    ({"op": "round", "mode": "half_even", "value": "2.5"}, {"value": 2}),
    ({"op": "round", "mode": "UP", "value": "-1.1"}, {"value": -2}),
    ({"op": "round", "mode": "half_up", "value": "0.13961605", "decimals": 2}, {"value": "0.14"}),
    # gov.uk: 12.25 % on 5,000 pounds for 101 days, with the daily interest rounded first, and 70 pounds for collecting it.
    ({"op": "late_interest", "principal": 500000, "annual_rate": "0.1225", "days": 101, "method": "daily_rounded", "compensation": "uk_1998"},
     {"annual": 61250, "daily": 168, "interest": 16968, "compensation": 7000, "total": 23968}),
    ({"op": "late_interest", "principal": 200000, "annual_rate": "0.03", "days": 30}, {"annual": 6000, "daily": 16, "interest": 493, "compensation": 0, "total": 493}),
    # Half of February's 29 days, of 7 % on what is left of 100.
    ({"op": "payoff", "terms": {"currency": "USD", "principal": 10000, "method": "annuity", "annual_rate": "0.07", "installments": 6, "start_date": "2024-01-01"},
      "date": "2024-02-15", "paid": 1}, {"principal": 8357, "interest": 24, "fees": 0, "tax": 0, "total": 8381, "rebate": 123, "arrears": 0, "refund": 0}),
    ({"op": "payoff", "terms": {"currency": "USD", "principal": 1200000, "method": "flat", "annual_rate": "0.12", "installments": 12, "start_date": "2024-01-01"},
      "date": "2024-07-01", "paid": 6, "rebate": "rule_of_78"}, {"principal": 600000, "interest": 33231, "fees": 0, "tax": 0, "total": 633231, "rebate": 38769, "arrears": 0, "refund": 0}),
])
def test_examples(asked, answer):
    assert answers(asked) == [answer]


LOAN = {"currency": "EUR", "principal": 500000, "method": "annuity", "annual_rate": "0.12", "installments": 6, "start_date": "2022-11-01",
        "day_count": "actual/365", "rounding": {"unit": 100}}


def changed(op, **members):
    """Totals of the rows that an op on the plan in force leaves, and all it says."""
    answer, = answers({"op": op, "terms": LOAN, **members})
    assert "error" not in answer, answer
    rows = answer["installments"]
    assert sum(row["principal"] for row in rows) + answer["prepaid"] == LOAN["principal"] and rows[-1]["closing_balance"] == 0
    return [row["total"] for row in rows], answer


def test_a_prepayment_pays_what_is_due_and_then_principal():
    lower, answer = changed("prepay", date="2022-12-01", amount=150000, choice="lower_installment")
    assert lower == [86300, 73100, 73100, 73100, 73100, 73224] and (answer["arrears"], answer["prepaid"], answer["balance"]) == (86300, 63700, 354932)
    shorter, answer = changed("prepay", date="2022-12-01", amount=250000, choice="shorter_term")
    assert len(shorter) == 5 and shorter[:-1] == [86300] * 4 and 0 < shorter[-1] < 86300
    assert answer["interest_after"] < answer["interest_before"]
    following, answer = changed("prepay", date="2022-12-01", amount=150000, choice="next_installments")
    assert answer["paid"] == [86300, 63700, 0, 0, 0, 0] and answer["prepaid"] == 0 and following == [86300] * 5 + [86036]


def test_a_part_is_returned():
    """As a prepayment of its price; with its share of the interest so far, that is less principal, too. More than is left comes off what was paid."""
    _, prepaid = changed("prepay", date="2022-12-05", paid=1, amount=200000, choice="lower_installment")
    asked = [{"op": "return", "terms": LOAN, "date": "2022-12-05", "paid": 1, **members} for members in
             ({"amount": 200000}, {"amount": 200000, "date": "2022-12-01", "refund": "0.4"}, {"amount": 500000}, {"amount": 1, "refund": "1.1"})]
    plain, given, all_of_it, wrong = answers(*asked)
    assert plain["installments"] == prepaid["installments"] and (plain["beyond"], plain["refunded"]["interest"]) == (0, 0)
    interest = 4932   # of the first month
    assert given["refunded"] == {"interest": 1973, "fees": 0, "tax": 0} and given["installments"][0]["interest"] == interest - 1973
    assert given["balance"] == 500000 - (86300 - interest) - 200000 - 1973
    assert all_of_it["beyond"] == 86300 - interest and 0 < all_of_it["covered"]["interest"] < 700 and len(all_of_it["installments"]) == 1
    assert wrong["error"]["errors"][0]["pointer"] == "/refund"


def test_periods_are_skipped_and_due_days_moved():
    _, answer = changed("skip", date="2022-12-05", paid=1, periods=1)
    rows = answer["installments"]
    assert [row["due_date"] for row in rows[:3]] == ["2022-12-01", "2023-02-01", "2023-03-01"] and rows[-1]["due_date"] == "2023-06-01"
    # 5 days of December before the date, 58 behind it: of 12 % on what is left, each rounded for itself.
    assert answer["brought"] == 551 and rows[1]["interest"] == 551 + 7983
    ended, answer = changed("skip", date="2022-12-05", paid=1, periods=1, same_end=True)
    assert len(ended) == 5 and answer["installments"][-1]["due_date"] == "2023-05-01"
    _, answer = changed("due_day", date="2022-12-05", paid=1, days=[31])
    assert [row["due_date"] for row in answer["installments"]][1:4] == ["2022-12-31", "2023-01-31", "2023-02-28"]
    # The nearest such day: never a month on because of a day earlier; not one that has passed.
    for date, days, first in (("2022-12-05", 20, "2022-12-20"), ("2022-12-05", 10, "2023-01-10"), ("2022-12-31", 31, "2023-01-31")):
        _, answer = changed("due_day", date=date, paid=1, days=[days])
        assert answer["installments"][1]["due_date"] == first


def test_changes_follow_each_other():
    first = {"op": "reschedule", "date": "2023-02-15", "paid": 1, "installments": 8, "first_due_date": "2023-03-10", "arrears": "spread"}
    spread, answer = changed("reschedule", **{key: value for key, value in first.items() if key != "op"})
    assert spread[:4] == [86300, 0, 0, 55700] and len(spread) == 11 and answer["brought"] == 4267 + 3431 + 1168
    # What settles it on the day is the same by way of the change, but for rounding.
    after, = answers({"op": "payoff", "terms": LOAN, "changes": [first], "date": "2023-02-15"})
    before, = answers({"op": "payoff", "terms": LOAN, "date": "2023-02-15", "paid": 1})
    assert after["total"] == before["total"] and before["arrears"] == 172600 and after["arrears"] == 0
    again, answer = changed("prepay", changes=[first], date="2023-03-10", amount=100000, choice="lower_installment")
    assert answer["arrears"] == 55700 and again[4:-1] == [again[4]] * 6


@pytest.mark.parametrize("line, code, pointer", [
    ("nonsense\n", "malformed_json", None),
    ("\n", "malformed_json", None),
    ("[]\n", "validation_failed", None),
    ({"op": "loan"}, "validation_failed", "/op"),
    ({"op": "simulate"}, "validation_failed", "/currency"),
    ({"op": "simulate", **TERMS, "installments": 601}, "validation_failed", "/installments"),
    ({"op": "simulate", **TERMS, "explain": "yes"}, "validation_failed", "/explain"),
    ({"op": "days", "day_count": "ACT/7", "from": "2026-01-01", "to": "2026-03-01"}, "validation_failed", "/day_count"),
    ({"op": "days", "day_count": "ACT/360", "from": "2026-03-01", "to": "2026-01-01"}, "validation_failed", "/to"),
    ({"op": "due_dates", "start_date": "2026-01-31"}, "validation_failed", "/installments"),
    ({"op": "adjust", "date": "2026-01-31", "business_day": "sometimes"}, "validation_failed", "/business_day"),
    ({"op": "adjust", "date": "2026-01-31", "business_day": "following", "weekend": ["lunes"]}, "validation_failed", "/weekend"),
    ({"op": "adjust", "date": "2026-01-31", "business_day": "following", "calendar": "XX"}, "validation_failed", "/calendar"),
    ({"op": "adjust", "date": "2026-01-31", "business_day": "following", "weekend": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
     "validation_failed", "/date"),
    ({"op": "round", "mode": "up", "value": "1e3"}, "validation_failed", "/value"),
    ({"op": "late_interest", "principal": 1, "annual_rate": "11", "days": 1}, "validation_failed", "/annual_rate"),
    ({"op": "payoff", "date": "2026-12-01"}, "validation_failed", "/terms"),
    ({"op": "payoff", "terms": {**TERMS, "installments": 0}, "date": "2026-12-01"}, "validation_failed", "/terms/installments"),
    ({"op": "payoff", "terms": TERMS, "date": "2026-11-01"}, "validation_failed", "/date"),
    ({"op": "payoff", "terms": TERMS, "date": "2026-12-01", "paid": 13}, "validation_failed", "/paid"),
    ({"op": "payoff", "terms": TERMS, "date": "2026-12-01", "rebate": "half"}, "validation_failed", "/rebate"),
    ({"op": "payoff", "terms": {**TERMS, "annual_rate": "11"}, "date": "2026-12-01"}, "validation_failed", "/terms/annual_rate"),
    ({"op": "prepay", "terms": LOAN, "date": "2022-12-02", "amount": 500000, "paid": 1, "choice": "shorter_term"}, "validation_failed", "/amount"),
    ({"op": "prepay", "terms": LOAN, "date": "2022-12-02", "amount": 5, "choice": "any"}, "validation_failed", "/choice"),
    ({"op": "skip", "terms": LOAN, "date": "2022-12-02", "periods": 5, "same_end": True}, "validation_failed", "/periods"),
    ({"op": "due_day", "terms": {**LOAN, "frequency": {"unit": "week"}}, "date": "2022-11-02", "days": [5]}, "validation_failed", "/days"),
    ({"op": "reschedule", "terms": LOAN, "date": "2022-12-02", "first_due_date": "2022-12-02"}, "validation_failed", "/first_due_date"),
    ({"op": "reschedule", "terms": LOAN, "date": "2026-12-02", "arrears": "keep", "installments": 3}, "validation_failed", "/date"),
    ({"op": "skip", "terms": LOAN, "changes": [{"op": "simulate", "date": "2022-12-02"}], "date": "2022-12-02", "periods": 1}, "validation_failed", "/changes"),
])
def test_a_wrong_line_is_told_and_the_next_one_answered(line, code, pointer):
    wrong, right = answers(line, {"op": "round", "mode": "up", "value": "0.1"})
    assert wrong["error"]["code"] == code and right == {"value": 1}
    if pointer:
        assert wrong["error"]["errors"][0]["pointer"] == pointer
