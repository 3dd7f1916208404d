"""What being late costs: interest day by day as one exact sum, fees once an installment, never above the law, and nothing within the days of grace."""

import concurrent.futures
import datetime
import json
import os
from fractions import Fraction

import psycopg2
import pytest

from support.schedule_change import Change

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
CASES = os.path.join(ROOT, "..", "shared", "vectors", "late_interest_payoff.json")


def rounded(amount):
    return int(amount + Fraction(1, 2))


@pytest.fixture
def owing(shop, customer):
    """An order whose installments nobody pays by themselves: (order, its first installment)."""
    def buy(price="1200.00", installments=3):
        product = shop.new_product(price=price)
        order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=installments), save=False)
        row = next(each for each in customer.schedule(order["id"]) if each["outstanding"])
        return order, row
    return buy


def receivable(customer, order, number):
    shown = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200).json
    row, = [each for each in shown["data"] if each["number"] == number]
    return {**row, **{part["part"]: part for part in row["parts"]}, "account": shown}


def days_late(shop, row, days):
    shop.advance_to(datetime.date.fromisoformat(row["due_date"]) + datetime.timedelta(days=days))


def test_nothing_while_the_shop_has_said_nothing(shop, customer, owing, books_agree):
    order, row = owing()
    days_late(shop, row, 10)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == 0
    books_agree()


@pytest.mark.parametrize("day_count, year", (("actual_365", 365), ("actual_360", 360)))
def test_day_by_day_is_the_sum_rounded_once(shop, customer, owing, set_receivables_policy, ledger_of, statement_foots, books_agree, wait_until, day_count, year):
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.2345", "day_count": day_count})
    for days in (1, 2, 7, 30):
        days_late(shop, row, days)
        expected = rounded(Fraction(row["principal"] * days) * Fraction("0.2345") / year)
        now = receivable(customer, order, row["number"])
        assert (now["penalty"]["due"], now["penalty"]["outstanding"], now["dpd"]) == (expected, expected, days)
        assert now["outstanding"] == row["outstanding"] + expected
    penalties = sum(receivable(customer, order, each["number"])["penalty"]["due"] for each in customer.schedule(order["id"]))
    assert ledger_of(order)["penalty_income"] == -penalties
    statement_foots(customer)
    books_agree()
    # Others see it as owed.
    overdue = sum(each["outstanding"] for each in now["account"]["data"] if each["dpd"])
    wait_until(lambda: sum(case["overdue"] for case in shop.cases(customer)) == overdue, 20, "the case owing it")
    wait_until(lambda: next(each for each in customer.schedule(order["id"]) if each["number"] == row["number"])["outstanding"] == now["outstanding"], 20, "the schedule owing it")


@pytest.mark.parametrize("end", ("won", "lost"))
def test_nothing_while_a_payment_is_disputed(shop, customer, sandbox, disputes, reference_of, set_receivables_policy, statement_foots, books_agree, end):
    """Nothing of the order is charged by itself meanwhile, so its days cost nothing: neither when they pass nor later. What was lost is owed from its day on."""
    set_receivables_policy(late={"annual_rate": "0.2345", "fees": [{"currency": "USD", "flat": 500}]})
    product = shop.new_product(price="1200.00")
    order, payment = shop.buy(customer, product, offer=shop.offer(product, installments=3), save=False)
    deposit, row = customer.schedule(order["id"])[:2]
    made = sandbox.dispute(reference_of(payment))
    disputes(order, "needs_response")
    days_late(shop, row, 5)
    overdue = receivable(customer, order, row["number"])
    assert (overdue["status"], overdue["dpd"], overdue["penalty"]["due"]) == ("overdue", 5, 0)
    sandbox.answer_dispute(made["id"], f"{'winning' if end == 'won' else 'losing'}_evidence")
    disputes(order, end)
    days_late(shop, row, 7)
    charged = {each["number"]: rounded(Fraction(each["principal"] * 2) * Fraction("0.2345") / 365) + 500 for each in (row, deposit)}
    assert receivable(customer, order, row["number"])["penalty"]["due"] == charged[row["number"]]
    assert receivable(customer, order, deposit["number"])["penalty"]["due"] == (charged[deposit["number"]] if end == "lost" else 0)
    statement_foots(customer)
    books_agree()


def test_overdue_is_told_with_what_it_costs(shop, owing, set_receivables_policy, database, books_agree):
    """One change of the receivable and one event; what the next days cost is told by itself."""
    set_receivables_policy(late={"annual_rate": "0.12", "fees": [{"currency": "USD", "flat": 500}]})
    order, row = owing()
    for days in (1, 2):
        days_late(shop, row, days)
    told = [data for data, in database("billing", """
        SELECT data FROM outbox WHERE type = 'installment.updated' AND subject = %s AND (data ->> 'number')::int = %s AND data ->> 'status' = 'overdue' ORDER BY (data ->> 'revision')::int""",
                                       (order["id"], row["number"]))]
    interest = [rounded(Fraction(row["principal"] * days) * Fraction("0.12") / 365) for days in (1, 2)]
    assert [(data["dpd"], data["outstanding"] - row["outstanding"], data.get("late")) for data in told] == [
        (1, interest[0] + 500, None), (2, interest[1] + 500, interest[1] - interest[0])]
    assert told[1]["revision"] == told[0]["revision"] + 1
    books_agree()


def test_at_once_after_the_days_of_grace(shop, customer, owing, set_receivables_policy, books_agree):
    """Nothing for five days; on the sixth as much as without grace."""
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.31", "grace_days": 5})
    days_late(shop, row, 5)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == 0
    for days in (6, 7):
        days_late(shop, row, days)
        assert receivable(customer, order, row["number"])["penalty"]["due"] == rounded(row["principal"] * days * Fraction("0.31") / 365)
    books_agree()


def test_what_was_paid_meanwhile_does_not_count(shop, customer, owing, set_receivables_policy, books_agree):
    """Part of the principal is paid on the fourth day late, within the grace: three days on all of it, the others on the rest."""
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.31", "grace_days": 8})
    days_late(shop, row, 3)
    paid = row["outstanding"] - row["principal"] // 2
    shop.wait_payment(customer, customer.pay(order["id"], amount=paid).json["id"])
    days_late(shop, row, 9)
    rest = row["principal"] // 2
    expected = rounded((row["principal"] * 3 + rest * 6) * Fraction("0.31") / 365)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == expected
    days_late(shop, row, 10)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == rounded((row["principal"] * 3 + rest * 7) * Fraction("0.31") / 365)
    books_agree()


def test_rates_of_their_days(shop, customer, owing, set_receivables_policy, books_agree):
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.20", "basis": "overdue_total"})
    days_late(shop, row, 4)
    set_receivables_policy(late={"annual_rate": "0.10", "basis": "overdue_principal", "day_count": "actual_360"})
    days_late(shop, row, 9)
    expected = rounded(row["outstanding"] * 4 * Fraction("0.20") / 365 + row["principal"] * 5 * Fraction("0.10") / 360)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == expected
    set_receivables_policy()
    days_late(shop, row, 12)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == expected
    books_agree()


def test_never_above_the_law(shop, customer, staff, owing, set_receivables_policy, database, wait_until, books_agree):
    order, row = owing()
    due = datetime.date.fromisoformat(row["due_date"])
    low = {"country": "CO", "kind": "late", "basis": "nominal", "source": "Prueba"}
    for first, last, rate in ((due + datetime.timedelta(days=2), due + datetime.timedelta(days=4), "0.05"),):
        made = staff.post("/v1/legal-rates", {**low, "valid_from": str(first), "valid_until": str(last), "max_rate": rate}, expect=201).json
    wait_until(lambda: database("billing", "SELECT 1 FROM legal_rate WHERE id = %s", (made["id"],)), 20, "billing knowing the law")
    set_receivables_policy(late={"annual_rate": "0.36"})
    days_late(shop, row, 8)
    expected = rounded(row["principal"] * (5 * Fraction("0.36") + 3 * Fraction("0.05")) / 365)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == expected
    books_agree()


def test_an_effective_limit_is_one_of_simple_interest(staff, database, wait_until):
    made = staff.post("/v1/legal-rates", {"country": "PE", "kind": "late", "valid_from": "2026-01-01", "max_rate": "0.2824", "source": "Prueba"}, expect=201).json
    wait_until(lambda: database("billing", "SELECT 1 FROM legal_rate WHERE id = %s", (made["id"],)), 20, "billing knowing it")
    (rate,), = database("billing", "SELECT max_rate::text FROM legal_rate WHERE id = %s", (made["id"],))
    assert (1 + Fraction(rate) / 365) ** 365 <= Fraction("1.2824") < (1 + (Fraction(rate) + Fraction(1, 10 ** 7)) / 365) ** 365


def test_fees_once_with_their_limits(shop, customer, owing, set_receivables_policy, ledger_of, books_agree):
    order, first = owing(installments=3)
    set_receivables_policy(late={"grace_days": 1, "fees": [{"currency": "USD", "flat": 500, "percent": "0.10", "installment_max": 2000, "contract_max": 3000}]})
    days_late(shop, first, 1)
    assert receivable(customer, order, first["number"])["penalty"]["due"] == 0
    days_late(shop, first, 2)
    charged = min(500 + rounded(first["principal"] * Fraction("0.10")), 2000)
    assert receivable(customer, order, first["number"])["penalty"]["due"] == charged
    rows = [each for each in customer.schedule(order["id"]) if each["outstanding"]]
    days_late(shop, rows[-1], 3)
    fees = [receivable(customer, order, row["number"])["penalty"]["due"] for row in rows]
    assert fees[0] == charged and sum(fees) == min(3000, 2000 * len(rows)) and fees == sorted(fees, reverse=True)
    assert ledger_of(order)["penalty_income"] == -sum(fees)
    books_agree()


def test_paid_first_and_with_the_rest(shop, customer, owing, set_receivables_policy, books_agree):
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.36", "fees": [{"currency": "USD", "flat": 700}]})
    days_late(shop, row, 5)
    late = receivable(customer, order, row["number"])
    shop.wait_payment(customer, customer.pay(order["id"], amount=late["penalty"]["due"] + 1).json["id"])
    now = receivable(customer, order, row["number"])
    assert now["penalty"]["paid"] == late["penalty"]["due"] and now["paid"] == late["paid"] + late["penalty"]["due"] + 1
    shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    now = receivable(customer, order, row["number"])
    assert (now["status"], now["outstanding"], now["dpd"]) == ("paid", 0, 0)
    days_late(shop, row, 9)
    assert receivable(customer, order, row["number"])["penalty"]["due"] == late["penalty"]["due"], "what is paid costs no more"
    books_agree()


def test_through_changes(shop, customer, owing, set_receivables_policy, as_service, books_agree):
    """What a replaced row owes for being late goes on to the first new row; a write-off gives it up."""
    from support.schedule_change import Change
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.36"})
    days_late(shop, row, 20)
    late = receivable(customer, order, row["number"])["penalty"]["due"]
    for kind in ("reschedule", "write_off"):
        account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
        change = Change(account, kind)
        for each in account["installments"]:
            if each["paid"] < each["total"]:
                change.replace(each)
        if kind == "reschedule":
            change.add(shop.today() + datetime.timedelta(days=10), -change.adjustments["principal"])
        as_service.post(change.path, change.body(), expect=200)
        books_agree()
        shown = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200).json
        owed = [part["outstanding"] for each in shown["data"] for part in each["parts"] if part["part"] == "penalty" and part["outstanding"]]
        assert owed == ([late] if kind == "reschedule" else [])
    assert shown["outstanding"] == 0 and shown["status"] == "written_off"


def test_a_payoff_asks_for_it(shop, customer, owing, set_receivables_policy, books_agree):
    """In `pay` and in what is outstanding; all of it paid, nothing is owed and the contract is settled."""
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.36"})
    days_late(shop, row, 10)
    owed = receivable(customer, order, row["number"])["penalty"]["due"]
    contract = customer.order(order["id"])["contract_id"]
    reply = customer.api.post(f"/v1/contracts/{contract}/changes", {"kind": "payoff"}, key=True, expect=201)
    result = reply.json["result"]
    assert result["outstanding_before"] == receivable(customer, order, row["number"])["account"]["outstanding"]
    assert result["pay"]["amount"] == result["outstanding_after"] and owed > 0
    customer.api.request("POST", f"/v1/contracts/{contract}/changes/{reply.json['id']}/confirm", json={}, headers={"If-Match": reply.headers["ETag"]}, key=True, expect=(200, 202))
    shop.wait_until(lambda: customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["outstanding"] == result["pay"]["amount"], 30, "the payoff in force")
    shop.wait_payment(customer, customer.pay(order["id"], amount=result["pay"]["amount"]).json["id"])
    assert customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["status"] == "settled"
    books_agree()


def published():
    if not os.path.exists(CASES):
        return []
    with open(CASES) as file:
        return [case for case in json.load(file)["cases"] if case["inputs"]["operation"] == "late_interest"]


@pytest.mark.parametrize("case", published() or [pytest.param(None, marks=pytest.mark.skip("../shared/vectors is not there"))], ids=lambda case: case["id"] if case else "none")
def test_published_cases(shop, customer, set_receivables_policy, case):
    """One installment, as late as the case says. Where the source rounds each day first, its note has the exact sum: 16949."""
    inputs = case["inputs"]
    product = shop.new_product(price=f"{inputs['principal_minor'] // 100}.00")
    shop.new_plan(product, terms={"method": "annuity", "annual_rate": "0.24", "installments": 1})
    order = shop.order(customer, product, offer=shop.offer(product, installments=1, deposit=False))
    shop.wait_payment(customer, customer.pay(order["id"], amount=1).json["id"])
    row, = customer.schedule(order["id"])
    assert row["principal"] == inputs["principal_minor"]
    set_receivables_policy(late={"annual_rate": str(Fraction(inputs["annual_rate_percent"]) / 100 + 0.0)})
    days_late(shop, row, inputs["days"])
    assert receivable(customer, order, row["number"])["penalty"]["due"] == {"uk-late-5000-101": 16949}.get(case["id"], case["expected"]["interest_minor"])


@pytest.mark.parametrize("late, pointer", (
    ({"annual_rate": "10.1"}, "/late/annual_rate"), ({"annual_rate": "-0.1"}, "/late/annual_rate"), ({"annual_rate": "0.123456789"}, "/late/annual_rate"),
    ({"fees": [{"currency": "USD", "percent": "1.01"}]}, "/late/fees/0/percent"), ({"fees": [{"currency": "USD"}, {"currency": "USD"}]}, "/late/fees/1/currency"),
    ({"basis": "all"}, "/late/basis"), ({"grace_days": 366}, "/late/grace_days")))
def test_wrong_policies(staff, set_receivables_policy, late, pointer):
    from support.waterfall import rule
    version = set_receivables_policy()["version"]
    body = {"allocation": [{"transaction": "payment", **rule()}], "late": late}
    assert staff.request("PUT", "/v1/receivables-policy", json=body, headers={"If-Match": f'"{version}"'}, expect=422).pointers == [pointer]


def test_what_was_owed_of_what_is_reopened(shop, customer, staff, set_receivables_policy, as_service, books_agree):
    """A deposit of which some went back, the rest of it written off, then more went back: late is what is owed since, and nothing that was owed less before."""
    from support.schedule_change import Change
    product = shop.new_product(price="1200.00")
    order, deposit = shop.buy(customer, product, offer=shop.offer(product, installments=12, deposit=True), save=False)
    set_receivables_policy(late={"annual_rate": "0.36"})
    day = shop.today()

    def give_back(amount):
        staff.post(f"/v1/payments/{deposit['id']}/refunds", {"amount": amount, "reason": "requested_by_customer", "to": "credit"}, key=True, expect=201)
    shop.advance_to(day + datetime.timedelta(days=2))
    give_back(5000)
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    change = Change(account, "write_off")
    for each in account["installments"]:
        if each["paid"] < each["total"]:
            change.replace(each)
    as_service.post(change.path, change.body(), expect=200)
    shop.advance_to(day + datetime.timedelta(days=4))
    give_back(3000)
    for days in (5, 30):
        shop.advance_to(day + datetime.timedelta(days=days))
        assert receivable(customer, order, 0)["penalty"]["due"] == rounded(Fraction(3000 * (days - 4)) * Fraction("0.36") / 365)
        books_agree()


def test_a_payoff_waits_to_be_put_back(shop, customer, as_service, owing, set_receivables_policy, books_agree):
    """Not paid on its day, it is put back by orders within moments; here by nobody, so after three days it is owed as any other, from its day on."""
    order, _ = owing()
    set_receivables_policy(late={"annual_rate": "0.31"})
    payoff = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "payoff")
    owed = [row for row in payoff.account["installments"] if row["paid"] < row["total"]]
    for row in owed:
        payoff.replace(row)
    principal, due = sum(row["principal"] for row in owed), shop.today()
    payoff.add(due, principal)
    as_service.post(payoff.path, payoff.body(), expect=200)
    number, late = payoff.installments[0]["number"], lambda days: rounded(principal * days * Fraction("0.31") / 365)
    for days, status, penalty in ((1, "due", 0), (3, "due", 0), (4, "overdue", late(4)), (5, "overdue", late(5))):
        shop.advance_to(due + datetime.timedelta(days=days))
        now = receivable(customer, order, number)
        assert (now["status"], now["penalty"]["due"]) == (status, penalty), days
    books_agree()


def test_what_changes_at_that_moment_costs_its_day(stack, shop, customer, owing, set_receivables_policy, wait_until):
    """A row that the close has read and somebody changes before it is charged."""
    order, row = owing()
    set_receivables_policy(late={"annual_rate": "0.31"})
    days_late(shop, row, 0)
    with psycopg2.connect(stack.database_url("billing")) as somebody, somebody.cursor() as at, concurrent.futures.ThreadPoolExecutor() as pool:
        at.execute("SELECT FROM order_account WHERE order_id = %s FOR UPDATE", (order["id"],))
        day = pool.submit(shop.advance, 1)
        try:
            wait_until(lambda: waits_for(at), 20, "the close waiting for the account")
            at.execute("UPDATE installment SET revision = revision + 1 WHERE order_id = %s AND number = %s", (order["id"], row["number"]))
        finally:
            somebody.commit()
        day.result()
    somebody.close()
    assert receivable(customer, order, row["number"])["penalty"]["due"] == rounded(row["principal"] * Fraction("0.31") / 365)


def waits_for(at):
    """Whether anybody waits for this transaction."""
    at.execute("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
    return at.fetchone()[0] > 0
