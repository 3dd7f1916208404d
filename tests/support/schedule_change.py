"""A change of a schedule as orders would send it, computed from the account by itself: what billing is asked, and what must come of it.

    change = Change(account, "reschedule", "why")
    change.replace(row)                       the unpaid part goes; what was paid of it stays, for fees, tax, interest, principal in this order
    change.replace(row, refund=n)             ... less n, that go back: principal first
    change.replace(row, stays={...})          ... these parts stay; by a return more than was paid, which stays owed
    change.add(due_date, principal, interest=0, fees=0, tax=0)
    api.post(change.path, change.body())
"""

import uuid

PARTS = ("principal", "interest", "fees", "tax")


def paid_of(row):
    """What was paid of the sale; what being late costs stands beside it, and no change names it."""
    return row["paid"] - row.get("paid_penalty", 0)


def late_of(row):
    return row.get("penalty", 0) - row.get("paid_penalty", 0)


def stays_of(row, refund=0):
    left, stays = paid_of(row), {}
    for part in ("fees", "tax", "interest", "principal"):
        stays[part] = min(left, row[part])
        left -= stays[part]
    stays["principal"] += left
    for part in PARTS:
        back = min(refund, stays[part])
        stays[part] -= back
        refund -= back
    assert refund == 0
    return stays


class Change:
    def __init__(self, account, kind, reason="asked for in a test"):
        self.account, self.kind, self.reason, self.id = account, kind, reason, str(uuid.uuid4())
        self.replaced, self.installments, self.refund, self.given_up = [], [], 0, 0
        self.adjustments = dict.fromkeys(PARTS, 0)
        self.path = f"/internal/orders/{account['order_id']}/schedule"

    def replace(self, row, refund=0, stays=None):
        stays = stays or stays_of(row, refund)
        self.replaced.append({"number": row["number"], **stays})
        self.refund += max(paid_of(row) - sum(stays.values()), 0)
        self.given_up += late_of(row) if self.kind in ("write_off", "cancellation", "withdrawal") else 0
        for part in PARTS:
            self.adjustments[part] -= row[part] - stays[part]
        return self

    def add(self, due_date, principal, interest=0, fees=0, tax=0):
        number = max(row["number"] for row in self.account["installments"]) + 1 + len(self.installments)
        self.installments.append({"number": number, "due_date": str(due_date), "principal": principal, "interest": interest, "fees": fees, "tax": tax,
                                  "total": principal + interest + fees + tax})
        for part, amount in zip(PARTS, (principal, interest, fees, tax)):
            self.adjustments[part] += amount
        return self

    @property
    def total(self):
        """Of the account afterwards."""
        return self.account["total"] + sum(self.adjustments.values()) - self.given_up

    def account_principal(self):
        return sum(row["principal"] for row in self.account["installments"])

    def body(self, **changes):
        return {"change_id": self.id, "kind": self.kind, "account_revision": self.account["account_revision"], "replaced": self.replaced,
                "installments": self.installments, "adjustments": self.adjustments, "refund": self.refund, "reason": self.reason, **changes}
