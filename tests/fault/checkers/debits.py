"""Direct debits of the shop's own bank, and money that somebody recorded: once, as told, and not against what was said of it since."""

from . import checker

SAID = {"send_direct_debit_batch": ("direct_debit_batch", ("sent",)), "cancel_direct_debit_batch": ("direct_debit_batch", ("canceled",)),
        "settle_direct_debit_batch": ("direct_debit_batch", ("sent",)), "return_direct_debit": ("direct_debit", ("returned",))}


@checker
def the_banks_word_stays(evidence):
    """Batches given to the bank or given up, and debits that were returned, stay what somebody was told they are."""
    states = {table: dict(evidence.rows("billing", f"SELECT id::text, status FROM {table}")) for table in ("direct_debit_batch", "direct_debit")}
    for call in evidence.record.named(*SAID):
        table, expected = SAID[call.op]
        state = states[table].get(call.path.split("/")[3])
        if call.outcome == "ok" and state not in expected:
            yield f"{call}: the {table} is {state}"
    for call in evidence.record.named("reverse_manual_payment"):
        if call.outcome == "ok" and not evidence.value("billing", "SELECT count(*) FROM manual_payment WHERE id = %s AND reversed_at IS NOT NULL", (call.path.split("/")[3],)):
            yield f"{call}: it is not reversed"


@checker
def debits_are_recorded_once(evidence):
    """What stands in the books of a debit's money, under its name or as the bank's line that names it, is there once when it was collected, and else not at all. (Of one that was canceled, what a line brings
    is a transfer.)"""
    yield from (f"debit {row[0]} is {row[1]}, and its money is recorded {row[2]} times" for row in evidence.rows("billing", """
        SELECT d.id, d.status, count(m.id) FROM direct_debit d
        LEFT JOIN manual_payment m ON m.reversed_at IS NULL AND (m.method = 'direct_debit' AND m.reference = end_to_end_id(d.id)
             OR EXISTS (SELECT FROM bank_line l CROSS JOIN LATERAL bank_line_names(l) AS n(id) WHERE m.source = 'bank-line:' || l.id AND n.id = d.id))
        WHERE d.status <> 'canceled' GROUP BY d.id, d.status HAVING count(m.id) <> (d.status = 'collected')::int"""))
    yield from (f"receivable {row[0]}/{row[1]} is under way {row[2]} times" for row in evidence.rows("billing", """
        SELECT order_id, number, count(*) FROM direct_debit WHERE status = 'pending' GROUP BY 1, 2 HAVING count(*) > 1"""))
