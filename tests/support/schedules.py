"""What tests of schedules share: rounding by exact fractions, and the promises every schedule keeps."""

from fractions import Fraction


def rounded(value, mode="half_even"):
    """A non-negative fraction to a whole number."""
    whole, rest = divmod(value.numerator, value.denominator)
    rest = Fraction(rest, value.denominator)
    half = Fraction(1, 2)
    up = {"half_even": rest > half or (rest == half and whole % 2 == 1), "half_up": rest >= half, "half_down": rest > half,
          "up": rest > 0, "down": False}[mode]
    return whole + up


def check_promises(answer, principal):
    """principal: what was asked for, without fees that are financed with it."""
    balance = answer["amount_financed"]
    assert answer["deposit"] + balance == principal
    last = ""
    for number, row in enumerate(answer["installments"], 1):
        assert row["number"] == number and row["due_date"] > last and row["days"] >= 1
        assert row["opening_balance"] == balance and row["closing_balance"] == balance - row["principal"]
        assert row["total"] == row["principal"] + row["interest"] + row["fees"] + row["tax"]
        assert all(row[part] >= 0 for part in ("principal", "interest", "fees", "tax", "closing_balance"))
        balance, last = row["closing_balance"], row["due_date"]
    assert balance == 0
    for part, total in answer["totals"].items():
        assert total == sum(row[part] for row in answer["installments"])
    assert answer["total_payable"] == answer["deposit"] + sum(answer["upfront"].values()) + answer["totals"]["total"]
