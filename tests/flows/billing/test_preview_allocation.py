"""POST /v1/receivables-policy/preview: the waterfall, over any receivables and by any rule; the published cases of Apache Fineract come out exactly."""

import datetime
import json
import os
import random

import pytest

from support.waterfall import ORDER, STAGES, rule, spread

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
CASES = os.path.join(ROOT, "..", "shared", "vectors", "fineract_allocation.json")
PATH = "/v1/receivables-policy/preview"


def preview(staff, rows, amount, date, **members):
    body = {"date": str(date), "amount": amount, "receivables": rows, **members}
    answer = staff.post(PATH, body, expect=200).json
    return {(each["number"], each["part"]): each["amount"] for each in answer["allocations"]}, answer["left"]


def row(number, due_date, part, amount, **members):
    return {"number": number, "due_date": str(due_date), "part": part, "amount": amount, **members}


def test_the_oldest_first_when_nothing_was_said(staff):
    rows = [row(2, "2027-02-01", "principal", 100), row(1, "2027-01-01", "principal", 100), row(1, "2027-01-01", "penalty", 7), row(1, "2027-01-01", "tax", 2),
            row(1, "2027-01-01", "interest", 10), row(1, "2027-01-01", "fees", 3), row(2, "2027-02-01", "interest", 8)]
    assert preview(staff, rows, 21, "2027-01-15") == ({(1, "penalty"): 7, (1, "fees"): 3, (1, "interest"): 10, (1, "tax"): 1}, 0)
    assert preview(staff, rows, 130, "2027-01-15") == ({(1, "penalty"): 7, (1, "fees"): 3, (1, "interest"): 10, (1, "tax"): 2, (1, "principal"): 100, (2, "interest"): 8}, 0)
    assert preview(staff, rows, 1000, "2027-01-15")[1] == 1000 - 230
    assert preview(staff, [], 5, "2027-01-15") == ({}, 5)


def test_part_by_part_over_the_installments(staff):
    rows = [row(number, f"2027-0{number}-01", part, 10) for number in (1, 2) for part in ("interest", "principal")]
    vertical = rule(processing="vertical")
    assert preview(staff, rows, 25, "2027-03-01", rule=vertical)[0] == {(1, "interest"): 10, (2, "interest"): 10, (1, "principal"): 5}
    assert preview(staff, rows, 25, "2027-01-15", rule=vertical)[0] == {(1, "interest"): 10, (1, "principal"): 10, (2, "interest"): 5}, "what is past due comes first"


@pytest.mark.parametrize("order, pointer", (
    ([{"due": "due", "parts": list(ORDER)}] * 3, "/rule/order/1/due"),
    ([{"due": stage, "parts": ["fees"] * 5} for stage in STAGES], "/rule/order/0/parts"),
    ([{"due": stage, "parts": list(ORDER)[:4]} for stage in STAGES], "/rule/order/0/parts")))
def test_wrong_rules(staff, order, pointer):
    refused = staff.post(PATH, {"date": "2027-01-01", "amount": 1, "receivables": [], "rule": {"order": order}}, expect=422)
    assert pointer in refused.pointers


def test_only_staff(customer, staff):
    body = {"date": "2027-01-01", "amount": 1, "receivables": []}
    assert customer.api.post(PATH, body, expect=403).code == "forbidden"


def random_rule(rng):
    stages = rng.sample(STAGES, 3)
    return rule(*(rng.sample(ORDER, 5) for _ in STAGES), stages=stages, processing=rng.choice(["horizontal", "vertical"]), first=rng.choice(["next", "last"]))


def test_as_the_model_says(staff):
    """Random receivables, rules and amounts: the statement's answer is the model's, and every cent is either spread or left."""
    seed = os.environ.get("CUOTAS_SEED", f"{random.randrange(1 << 32):08x}")
    print("CUOTAS_SEED=" + seed)
    rng, today = random.Random(seed), datetime.date(2027, 6, 15)
    for _ in range(int(os.environ.get("CUOTAS_CASES", "150"))):
        rows = []
        for number in range(rng.randint(0, 8)):
            due = today + datetime.timedelta(days=rng.choice([-40, -7, -1, 0, 0, 1, 30, 61]))
            for part in ORDER:
                if rng.random() < 0.6:
                    rows.append(row(number, due, part, rng.randint(1, 1000)))
        rng.shuffle(rows)
        said, amount = random_rule(rng), rng.choice([1, rng.randint(1, 300), rng.randint(1, 9000)])
        paid, left = preview(staff, rows, amount, today, rule=said)
        assert paid == spread(said, rows, amount, str(today)), (said, rows, amount)
        assert sum(paid.values()) + left == amount


# ---- Apache Fineract ----------------------------------------------------------------------------------------------------------------------------------

PARTS = {"principal": "principal_minor", "interest": "interest_minor", "fees": "fees_minor", "penalty": "penalties_minor"}
ORDERS = {
    "due: penalty, fee, interest, principal; in advance: principal, penalty, fee, interest":
        rule(("penalty", "fees", "interest", "principal", "tax"), ("penalty", "fees", "interest", "principal", "tax"), ("principal", "penalty", "fees", "interest", "tax")),
    "due: penalty, interest, principal, fee; in advance: penalty, interest, principal, fee":
        rule(*[("penalty", "interest", "principal", "fees", "tax")] * 3),
    "for each of PAST_DUE, DUE, IN_ADVANCE: penalty, fee, principal, interest":
        rule(*[("penalty", "fees", "principal", "interest", "tax")] * 3),
}


def published():
    if not os.path.exists(CASES):
        return []
    with open(CASES) as file:
        return json.load(file)["cases"]


def charge_rows(case, schedule):
    """Fees and penalties, each due on a day of its own within its installment."""
    for event in case["inputs"]["events"]:
        if event["op"] == "charge":
            installment = next(each for each in schedule if each["due_date"] >= event["due_date"])
            part = "penalty" if "NSF" in event["name"] else "fees"
            yield event["seq"], row(installment["nr"], installment["due_date"], part, event["amount_minor"], due_on=event["due_date"])


def owed_at(case, schedule, seq):
    """What had been charged before an event."""
    rows = [row(each["nr"], each["due_date"], part, each[PARTS[part]]) for each in schedule for part in ("principal", "interest") if each[PARTS[part]]]
    return rows + [made for charged, made in charge_rows(case, schedule) if charged < seq]


def take(rows, paid):
    """The rows less what was paid, the earliest due of a part first."""
    for each in sorted(rows, key=lambda each: each.get("due_on") or each["due_date"]):
        taken = min(each["amount"], paid.get((each["number"], each["part"]), 0))
        if taken:
            paid[each["number"], each["part"]] -= taken
        if each["amount"] > taken:
            yield {**each, "amount": each["amount"] - taken}


@pytest.mark.parametrize("case", published() or [pytest.param(None, marks=pytest.mark.skip("../shared/vectors is not there"))], ids=lambda case: case["id"] if case else "none")
def test_published_cases(staff, case):
    product, checkpoints = case["inputs"]["product"], case["expected"]["checkpoints"]
    schedule = [each for each in next(c for c in reversed(checkpoints) if c["kind"] == "schedule")["rows"] if each["type"] == "installment"]
    said = ORDERS[product["allocation"]]
    futures = [event["rule"] for event in case["inputs"]["events"] if event["op"] == "set_future_installment_rule"]
    said = {**said, "future": "last" if futures == ["LAST_INSTALLMENT"] else "next"}
    happened, paid = [], {}
    payments = [(event["seq"], event["date"], event["amount_minor"]) for event in case["inputs"]["events"] if event["op"] == "repayment"]
    if product.get("down_payment_auto_paid"):
        disbursed = next(event for event in case["inputs"]["events"] if event["op"] == "disburse")
        payments.insert(0, (disbursed["seq"], disbursed["date"], disbursed["amount_minor"] * int(product["down_payment_percent"]) // 100))
    for seq, date, amount in payments:
        moved, left = preview(staff, list(take(owed_at(case, schedule, seq), dict(paid))), amount, date, rule=said)
        assert left == 0
        for key, share in moved.items():
            paid[key] = paid.get(key, 0) + share
        happened.append({"date": date, "amount_minor": amount,
                         **{name: sum(share for (_, part), share in moved.items() if part == one) for one, name in PARTS.items()}})
    told = [c for c in checkpoints if c["kind"] == "transactions"][-1]["rows"]
    told = [{name: each[name] for name in ("date", "amount_minor", *PARTS.values())} for each in told if each["type"] in ("Repayment", "Down Payment")]
    assert happened == told
    for each in schedule:
        assert each["paid_minor"] == sum(share for (number, _), share in paid.items() if number == each["nr"]), each
