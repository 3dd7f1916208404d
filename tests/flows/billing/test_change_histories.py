"""Random histories of orders: payments spread by random rules, changes of every kind with random rows, money going back, days passing, late charges, waivers. After every round the books of every
order agree, nothing is negative, and the provider has what the books say. CUOTAS_HISTORIES=<n> for more than a few, CUOTAS_SEED for those of a
failure, which prints it."""

import datetime
import itertools
import os
import random

from support import books
from support.invoice import correcting
from support.schedule_change import Change, paid_of, stays_of
from support.waterfall import ORDER, STAGES, rule

ORDERS, ROUNDS = int(os.environ.get("CUOTAS_HISTORIES", "6")), 6
GIVES_BACK = ("return", "cancellation", "withdrawal")


def parted(rng, amount, count):
    """amount in count parts."""
    cuts = sorted(rng.randint(0, amount) for _ in range(count - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, amount])]


def prepaid(rng, row):
    """What stays of a row: mostly as money covers it, sometimes all of it principal, as what is paid ahead is."""
    return {"principal": paid_of(row), "interest": 0, "fees": 0, "tax": 0} if rng.random() < 0.3 else stays_of(row)


def add_rows(rng, change, principal, today):
    count = rng.randint(1, 5)
    due = today + datetime.timedelta(days=rng.randint(-20, 60))
    interests = parted(rng, rng.choice([0, 1, 500, 4321]), count)
    for share, interest in zip(parted(rng, principal, count), interests):
        fees, tax = rng.choice([0, 0, 250]), rng.choice([0, 0, 47])
        if share + interest + fees + tax > 0:
            change.add(due, share, interest, fees, tax)
        due += datetime.timedelta(days=rng.randint(0, 40))


def lowered(rng, now, kind):
    """Less principal: all that is owed goes, and part of it comes back; or money goes back too."""
    change = Change(now, kind)
    owing = [row for row in now["installments"] if row["paid"] < row["total"]]
    for row in owing:
        change.replace(row)
    everything = kind in GIVES_BACK and rng.random() < 0.6
    if everything:
        for row in now["installments"]:
            if paid_of(row) > 0 and row["paid"] == row["total"] and rng.random() < 0.7:
                change.replace(row, refund=rng.choice([paid_of(row), rng.randint(0, paid_of(row))]))
        return change
    rest = rng.randint(0, -change.adjustments["principal"])
    if kind == "write_off" or rest == 0:
        return change
    change.add(now["today"], rest, rng.choice([0, 77]))
    return change


def moved(rng, now, kind):
    """The same principal in other rows."""
    change = Change(now, kind)
    owing = [row for row in now["installments"] if row["paid"] < row["total"]]
    for row in rng.sample(owing, rng.randint(1, len(owing))):
        change.replace(row, stays=prepaid(rng, row))
    principal = -change.adjustments["principal"]
    if principal < 0:
        return None     # more was prepaid than the rows held
    if kind == "payoff":
        if principal:
            change.add(now["today"] + datetime.timedelta(days=rng.randint(0, 3)), principal, rng.choice([0, 99]))
    else:
        add_rows(rng, change, principal, now["today"])
    return change


def random_change(rng, now):
    kind = rng.choice(["payoff", "prepayment", "reschedule", "refinance", "due_day", "skip", "acceleration", "restore", "reschedule", "return", "write_off",
                       "cancellation", "withdrawal"])
    if kind in (*GIVES_BACK, "write_off"):
        return lowered(rng, now, kind)
    return moved(rng, now, kind) if now["paid"] < now["total"] else None


class History:
    def __init__(self, rng, shop, api):
        self.rng, self.shop, self.api, self.changes = rng, shop, api, []
        product = shop.new_product(price=f"{rng.randint(300, 2000)}.00")
        self.customer = shop.new_customer()
        self.order, _ = shop.buy(self.customer, product, offer=rng.choice(shop.offers(product)), save=rng.random() < 0.5)

    def account(self):
        account = self.api.get(f"/internal/orders/{self.order['id']}/account", expect=200).json
        return {**account, "today": self.shop.today()}

    def step(self):
        now = self.account()
        if now["status"] in ("active", "settled") and self.rng.random() < 0.6:
            self.change(now)
        elif now["paid"] < now["total"]:
            self.waive(now) if self.rng.random() < 0.3 else self.pay(now)

    def waive(self, now):
        row = self.rng.choice([each for each in now["installments"] if each["paid"] < each["total"]])
        part = self.rng.choice([part for part in ORDER if row[part]])
        body = {"order_id": self.order["id"], "number": row["number"], "part": part, "amount": self.rng.randint(1, row[part]), "reason": "by chance"}
        reply = self.shop.staff.post("/v1/waivers", body, key=True)
        assert reply.status == 201 or reply.code == "waiver_too_large", reply.json

    def pay(self, now):
        amount = self.rng.choice([None, self.rng.randint(1, now["total"] - now["paid"]), now["total"] - now["paid"]])
        reply = self.customer.pay(self.order["id"], amount=amount, expect=None)
        if reply.status == 201:
            self.shop.wait_payment(self.customer, reply.json["id"])
        else:
            assert reply.code == "payment_in_progress", reply.json

    def change(self, now):
        change = random_change(self.rng, now)
        if change is None or not change.replaced and not change.installments:
            return
        reply = self.api.post(change.path, change.body())
        refusable = {"payment_in_progress", "account_changed"} | ({"order_paid"} if now["status"] == "settled" else set())
        if change.refund and change.total > now["paid"] - change.refund:   # what being late costs stays owed by a return
            refusable = refusable | {"schedule_unbalanced"}
            assert reply.status != 200
        assert reply.status == 200 or reply.code in refusable, (change.body(), reply.json)
        if reply.status == 200:
            assert (reply.json["total"], reply.json["paid"]) == (change.total, now["paid"] - change.refund)
            self.changes.append((change, reply.json))
        for earlier, answer in self.changes:
            assert self.api.post(earlier.path, earlier.body(), expect=200).json == answer


def random_policy(rng):
    said = lambda: rule(*(rng.sample(ORDER, 5) for _ in STAGES), stages=rng.sample(STAGES, 3), processing=rng.choice(["horizontal", "vertical"]),
                        first=rng.choice(["next", "last"]))
    late = {"annual_rate": rng.choice(["0", "0.24", "0.31999999"]), "basis": rng.choice(["overdue_principal", "overdue_total"]), "grace_days": rng.choice([0, 0, 4]),
            "day_count": rng.choice(["actual_365", "actual_360"]), "fees": rng.choice([[], [{"currency": "USD", "flat": 300, "percent": "0.015", "contract_max": 1000}]])}
    return {"waiver_limits": [{"currency": "USD", "amount": 10 ** 12}],
            "allocation": [{"transaction": "payment", **said()}, {"transaction": "autopay", **said()}], **({"late": late} if rng.random() < 0.8 else {})}


def test_books_after_any_history(shop, as_service, database, sandbox, wait_until, set_receivables_policy):
    seed = os.environ.get("CUOTAS_SEED", f"{random.randrange(1 << 32):08x}")
    print("CUOTAS_SEED=" + seed)
    rng, rows = random.Random(seed), lambda sql: database("billing", sql)
    histories = [History(random.Random(f"{seed}:{n}"), shop, as_service) for n in range(ORDERS)]
    for played in itertools.count():   # on until enough was changed to tell
        if played >= ROUNDS and sum(len(history.changes) for history in histories) > ORDERS or played == 4 * ROUNDS:
            break
        set_receivables_policy(**random_policy(rng))
        for history in histories:
            history.step()
            assert books.wrong(rows) == []
        shop.advance(rng.choice([1, 3, 16]))
        assert books.wrong(rows) == []
    changes = sum(len(history.changes) for history in histories)
    assert changes > ORDERS, "hardly anything was changed"
    wait_until(lambda: database("billing", "SELECT count(*) FROM refund WHERE status = 'pending'") == [(0,)], 60, "all money back")
    assert books.wrong(rows) == []
    charged = {}
    for charge in sandbox.ledger():
        order = charge["metadata"].get("order_id")
        charged[order] = charged.get(order, 0) + charge["amount"] - charge["amount_refunded"]
    for history in histories:
        assert charged[history.order["id"]] == history.account()["paid"]
        # Its own two records of it, and those who only hear of it.
        overdue = database("billing", "SELECT number, total - paid FROM installment WHERE order_id = %s AND status = 'overdue' ORDER BY number", (history.order["id"],))
        wait_until(lambda: database("collections", "SELECT number, outstanding FROM overdue_installment WHERE order_id = %s ORDER BY number",
                                    (history.order["id"],)) == overdue, 30, "collections knowing what is overdue")
        cases = database("collections", "SELECT count(*)::int FROM collection_case WHERE order_id = %s AND oldest_due_date IS NOT NULL", (history.order["id"],))
        assert cases == [(1 if overdue else 0,)]
        # What was invoiced, and what corrected it, is the account, but for what was written off or forgiven and what it costs to be late.
        invoice, notes = correcting(history.customer.api, history.order["id"])
        corrected = sum(note["total"] if note["kind"] == "debit_note" else -note["total"] for note in notes)
        given_up, = database("billing", """SELECT coalesce(sum(principal + interest + earned + fees + tax) FILTER (WHERE kind = 'write_off'), 0)::bigint,
                                                  (SELECT sum(penalty)::bigint FROM installment WHERE order_id = %s),
                                                  (SELECT -coalesce(sum(amount), 0)::bigint FROM allocation WHERE order_id = %s AND kind = 'waiver' AND part <> 'penalty')
                                                  FROM receivable_change WHERE order_id = %s""", (history.order["id"],) * 3)
        assert invoice["total"] + corrected + sum(given_up) == history.account()["total"]
