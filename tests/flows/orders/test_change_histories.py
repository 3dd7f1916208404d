"""Histories of one order after the other, of plans of any method: changes of every kind in any order, money in between, days that pass. After each step schedule, account, statement,
ledger and credit book agree, and what was shown is what happened. CUOTAS_SEED names a history to play again, CUOTAS_HISTORIES how many orders."""

import datetime
import os
import random

STEPS = 9


def test_changes_in_any_order(shop, customer, change, confirm, agrees, account, book, approver):
    seed = int(os.environ.get("CUOTAS_SEED", random.randrange(10 ** 6)))
    rng = random.Random(seed)
    for _ in range(int(os.environ.get("CUOTAS_HISTORIES", 3))):
        units = rng.randint(2, 5)
        product = shop.new_product(price=f"{rng.randint(60, 390)}.{rng.randint(0, 99):02}")
        if rng.random() < 0.6:
            shop.new_plan(product, currency="USD", terms=terms(rng))
        offer = rng.choice(shop.offers(product))
        order = shop.buy(customer, product, units, offer=offer, save=False)[0]
        history = [f"seed {seed}", offer["name"], f"{units} units"]
        try:
            for _ in range(STEPS):
                if not play(rng, shop, customer, order, change, confirm, agrees, account, history, approver):
                    break
                book(customer)
        except AssertionError as failed:
            raise AssertionError(f"{history}: {failed}") from None


def terms(rng):
    method = rng.choice(["annuity", "equal_principal", "flat", "interest_only", "interest_free"])
    made = {"method": method, "annual_rate": rng.choice(["0.12", "0.2799"]), "installments": rng.randint(2, 14), "rounding": {"unit": rng.choice([1, 100])},
            "day_count": rng.choice(["period", "actual/365", "30/360"])}
    if rng.random() < 0.5:
        made.update(tax_rate_on_interest="0.19", tax_rate_on_fees="0.16")
    if rng.random() < 0.5:
        made["fees"] = [{"code": "study", "type": "fixed", "amount": 777, "charged": rng.choice(["upfront", "financed", "first"])},
                        {"code": "handling", "type": "percent", "value": "0.003", "charged": "each"}]
    if method != "interest_only" and rng.random() < 0.3:
        made["grace"] = {"principal": 1, **({"interest": 1} if rng.random() < 0.5 else {})}
    if rng.random() < 0.5:
        made["deposit"] = {"type": "percent", "value": "0.15"}
    return made


def play(rng, shop, customer, order, change, confirm, agrees, account, history, approver):
    """One step; false when nothing is left to do."""
    now = account(order)
    owed = now["total"] - now["paid"]
    if owed == 0:
        return False
    step = rng.choice(["days", "pay", "payoff", "prepayment", "reschedule", "refinance", "due_day", "skip", "return", "return", "acceleration", "lapse", "waive"])
    if step == "days":
        days = rng.choice([1, 6, 20, 33])
        history.append(f"{days} days")
        shop.advance(days)
    elif step == "pay":
        pay(rng.randint(1, owed), shop, customer, order, history)
    elif step == "waive":   # the schedule shows it with the next change, and without one until then
        waive(rng, shop, customer, order, approver, history)
        kind = rng.choice(["payoff", "prepayment", "reschedule", "refinance", "due_day", "skip", "return", "acceleration", "lapse"])
        owed = account(order)["total"] - account(order)["paid"]
        if not alter(kind, rng, owed, shop, customer, order, change, confirm, account, history):
            return False
    else:
        alter(step, rng, owed, shop, customer, order, change, confirm, account, history)
    agrees(order)
    return True


def pay(amount, shop, customer, order, history):
    history.append(f"pays {amount}")
    payment = customer.pay(order["id"], amount=amount).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"


def waive(rng, shop, customer, order, approver, history):
    rows = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["data"]
    number, part = rng.choice([(row["number"], part) for row in rows for part in row["parts"] if part["outstanding"]])
    amount = rng.choice([part["outstanding"], rng.randint(1, part["outstanding"])])
    asked = shop.staff.post("/v1/waivers", {"order_id": order["id"], "number": number, "part": part["part"], "amount": amount, "reason": "so it goes"}, key=True, expect=None)
    history.append(f"waives {amount} of the {part['part']} of {number} -> {asked.status} {asked.code or ''}")
    assert asked.status in (201, 409, 422), asked   # interest that nobody has earned yet, or all there is
    if asked.status == 201 and asked["status"] == "pending":
        approver("billing.approve").post(f"/v1/waivers/{asked['id']}/decision", {"decision": "approve", "reason": "so it goes"}, expect=200)


def members_of(kind, rng, owed, shop):
    ahead = str(shop.today() + datetime.timedelta(days=rng.randint(5, 40)))
    if kind == "prepayment":
        return {"amount": rng.randint(1, owed), "choice": rng.choice(["shorter_term", "lower_installment"])}
    if kind in ("reschedule", "refinance"):
        rate = {"annual_rate": rng.choice(["0", "0.1", "0.2999"])} if kind == "refinance" else {}
        return {"installments": rng.randint(1, 20), "arrears": rng.choice(["keep", "spread"]), **({"first_due_date": ahead} if rng.random() < 0.6 else {}), **rate}
    return {"due_day": {"days": [rng.randint(1, 31)]}, "skip": {"periods": rng.randint(1, 3), "same_end": rng.random() < 0.3},
            "return": {"lines": [{"line": 1, "quantity": rng.randint(1, 2)}], **({"refund_interest": rng.choice(["earned", "unearned"])} if rng.random() < 0.7 else {}),
                       **({"choice": "shorter_term"} if rng.random() < 0.3 else {})}}.get(kind, {})


def alter(step, rng, owed, shop, customer, order, change, confirm, account, history):
    kind = rng.choice(["payoff", "prepayment"]) if step == "lapse" else step
    members = members_of(kind, rng, owed, shop)
    reply = change(shop.staff, order, kind, expect=None, reason="so it goes", **members)
    history.append(f"{step} {members} -> {reply.status} {reply.code or ''}")
    assert reply.status in (201, 409, 422) and reply.code != "change_in_progress", reply
    if reply.status != 201:
        return False
    applied = confirm(shop.staff, reply.json)
    assert applied["status"] in ("confirmed", "awaiting_payment"), applied
    assert account(order)["total"] == applied["result"]["total_after"]
    if applied["status"] == "confirmed":
        return applied["schedule_version"] is not None
    unpaid = applied["result"]["pay"]["amount"]
    if step == "lapse":
        if rng.random() < 0.5 and unpaid > 1:
            pay(rng.randint(1, unpaid - 1), shop, customer, order, history)
        shop.advance(1)
        history.append("not paid in time")
        path = f"/v1/contracts/{order['contract_id']}/changes/{applied['id']}"
        assert shop.wait_until(lambda: customer.api.get(path, expect=200)["status"] != "awaiting_payment", 20, "the change undone")
        assert customer.api.get(path, expect=200)["status"] == "lapsed"
    else:
        pay(unpaid, shop, customer, order, history)
    return True
