"""Billing against the provider, charge by charge, to the cent; and no receivable is paid twice."""

import collections

from . import checker


@checker
def the_provider_agrees(evidence):
    """By payment: what the provider took less what it gave back is what billing says it received less what it gave back. One charge a payment."""
    taken, charges = collections.Counter(), collections.Counter()
    for charge in evidence.charges:
        payment = charge["metadata"].get("payment_id")
        if payment is None:
            yield f"charge {charge['id']} of {charge['amount']} {charge['currency']} is for no payment"
            continue
        taken[payment, charge["currency"].upper()] += charge["amount"] - charge["amount_refunded"] - charge["withheld"]
        charges[payment] += 1
    for payment, count in charges.items():
        if count > 1:
            yield f"payment {payment} was charged {count} times"
    for payment, currency, status, net in evidence.rows("billing", """
            SELECT p.id::text, p.currency, p.status,
                   CASE WHEN p.status = 'succeeded' THEN p.received ELSE 0 END
                   - coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = p.id AND r.status = 'succeeded' AND r.destination = 'method'), 0)::bigint
                   - coalesce((SELECT sum(d.fee + CASE WHEN d.withheld AND d.status <> 'won' THEN d.amount ELSE 0 END) FROM dispute d WHERE d.payment_id = p.id), 0)::bigint
            FROM payment p WHERE p.provider <> 'credit' AND p.source <> 'manual'"""):
        provider = taken.pop((payment, currency), 0)
        if provider != net:
            yield f"payment {payment} ({status}): {net} {currency} in the books, {provider} at the provider"
        if (status == "succeeded") != (charges[payment] > 0):
            yield f"payment {payment} is {status}, and the provider has {charges[payment]} charges of it"
    for (payment, currency), amount in taken.items():
        yield f"the provider took {amount} {currency} for {payment}, which is in no book"


@checker
def charged_once_for_what_was_owed(evidence):
    """An order's account is its succeeded payments less what was given back (or will be), never more than its total; its installments are its account
    (and each what was allocated to it: books_agree)."""
    yield from (f"order {row[0]}: total, paid, received, going back, installments (total, paid): {row[1:]}" for row in evidence.rows("billing", """
        SELECT a.order_id, a.total, a.paid, p.received, r.back, i.total, i.paid, a.status, d.lost
        FROM order_account a
        LEFT JOIN LATERAL (SELECT coalesce(sum(received), 0) AS received FROM payment WHERE order_id = a.order_id AND status = 'succeeded') AS p ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS back FROM refund r JOIN payment p ON p.id = r.payment_id
                           WHERE r.order_id = a.order_id AND r.reason <> 'credit' AND r.status <> 'canceled' AND p.status <> 'reversed') AS r ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(reopened + recovered), 0) AS lost FROM dispute WHERE order_id = a.order_id) AS d ON true
        LEFT JOIN LATERAL (SELECT sum(total) AS total, sum(paid) AS paid FROM installment WHERE order_id = a.order_id) AS i ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(CASE credit_account WHEN 'recoveries' THEN amount ELSE -amount END), 0) AS recovered FROM posting
                           WHERE order_id = a.order_id AND customer_id = a.customer_id AND 'recoveries' IN (debit_account, credit_account)) AS w ON true
        WHERE (a.paid = p.received - r.back - d.lost - w.recovered AND a.paid <= a.total AND i.total = a.total AND i.paid = a.paid
               AND (a.status IN ('settled', 'written_off')) = (a.paid = a.total AND (a.total > 0 OR a.status = 'written_off'))
               AND (a.paid = 0 OR a.status IN ('active', 'settled', 'written_off'))
               AND (p.received = r.back OR a.status <> 'pending')) IS NOT TRUE"""))


@checker
def orders_are_confirmed_by_money(evidence):
    """An order is confirmed exactly when its account has received something; invoiced once, without a gap in the numbers. Of one that
    was never approved there is none."""
    accounts = {row[0]: row[1:] for row in evidence.rows("billing", """
        SELECT a.order_id::text, (a.total - coalesce(sum(c.principal + c.interest + c.earned + c.fees + c.tax), 0)
                                  - (SELECT sum(i.penalty) FROM installment i WHERE i.order_id = a.order_id)
                                  + (SELECT coalesce(sum(l.amount), 0) FROM allocation l WHERE l.order_id = a.order_id AND l.kind = 'waiver' AND l.part <> 'penalty'))::bigint,
               a.status, a.changes, a.total = (SELECT sum(i.penalty) FROM installment i WHERE i.order_id = a.order_id)
        FROM order_account a LEFT JOIN receivable_change c USING (order_id) GROUP BY a.order_id""")}   # as they were sold: without what it costs to be late, with what was forgiven
    invoices = collections.Counter(row[0] for row in evidence.rows("billing", "SELECT order_id::text FROM invoice"))
    for order, status, total in evidence.rows("orders", "SELECT id::text, status, total_payable FROM sales_order WHERE status <> 'draft' AND cancel_reason IS NULL"):
        account = accounts.pop(order, None)
        if account is None or account[0] != total:
            yield f"order {order} of {total} has the account {account}"
            continue
        confirmed = account[1] in ("active", "settled", "written_off") or account[2] > 0
        expired = account[1] == "closed" and account[2] == 0
        undone = account[1] == "closed" and not expired or account[3] and account[2] > 0   # what was paid for being late stays, as all there is
        if confirmed != (status in ("confirmed", "completed") or undone and status == "canceled") or expired != (status == "expired"):
            yield f"order {order} is {status}, its account {account[1]}"
        if invoices[order] != confirmed:
            yield f"order {order} ({account[1]}) has {invoices[order]} invoices"
    for order in accounts:
        yield f"account {order} is of no order"
    numbers = sorted(row[0] for row in evidence.rows("billing", "SELECT number FROM invoice"))
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"invoice numbers have gaps or repetitions: {len(numbers)} invoices up to {numbers[-1] if numbers else 0}"


@checker
def automatic_charges_were_agreed(evidence):
    """Autopay charged only people who kept a card, once a try."""
    kept = {call.reply["customer_id"] for call in evidence.record.named("create_payment_method", "create_payment", "pay_payment_link")
            if call.outcome == "ok" and (call.op == "create_payment_method" or call.body["payment_method"].get("save"))}
    maybe = any(call.outcome == "unknown" for call in evidence.record.named("create_payment_method", "create_payment"))
    for payment, customer in evidence.rows("billing", "SELECT id::text, customer_id::text FROM payment WHERE source = 'autopay'"):
        if customer not in kept and not maybe:
            yield f"payment {payment} charged {customer}, who kept no card, by itself"
    yield from (f"receivable {row[0]}/{row[1]}: try {row[2]} was made {row[3]} times" for row in evidence.rows("billing", """
        SELECT order_id, installment_number, attempt, count(*) FROM payment WHERE source = 'autopay' GROUP BY 1, 2, 3 HAVING count(*) > 1"""))
