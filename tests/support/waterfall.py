"""The allocation waterfall, said again by itself: what billing's statement must come to.

    ORDER                      penalty, fees, interest, tax, principal: what a shop has that said nothing
    rule(...)                  a rule as the API takes it
    spread(rule, rows, amount, today)   {(number, part): amount}; rows: {number, due_date, part, amount[, due_on]}
"""

ORDER = ("penalty", "fees", "interest", "tax", "principal")
STAGES = ("past_due", "due", "future")


def rule(past_due=ORDER, due=ORDER, future=ORDER, stages=STAGES, processing="horizontal", first="next"):
    parts = {"past_due": past_due, "due": due, "future": future}
    return {"processing": processing, "future": first, "order": [{"due": stage, "parts": list(parts[stage])} for stage in stages]}


def stage_of(row, today):
    due = row.get("due_on") or row["due_date"]
    return "past_due" if due < today else "due" if due == today else "future"


def spread(rule, rows, amount, today):
    """Stage by stage; in each the installments one by one, or the parts one by one over all of them."""
    paid = {}
    for stage in rule["order"]:
        here = [row for row in rows if stage_of(row, today) == stage["due"]]
        backward = stage["due"] == "future" and rule["future"] == "last"
        installments = sorted({(row["due_date"], row["number"]) for row in here}, reverse=backward)
        pairs = ([(installment, part) for installment in installments for part in stage["parts"]] if rule["processing"] == "horizontal"
                 else [(installment, part) for part in stage["parts"] for installment in installments])
        for installment, part in pairs:
            for row in here:
                if (row["due_date"], row["number"]) == installment and row["part"] == part:
                    taken = min(row["amount"], amount)
                    amount -= taken
                    if taken:
                        paid[row["number"], part] = paid.get((row["number"], part), 0) + taken
    return paid
