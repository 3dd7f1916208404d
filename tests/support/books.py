"""Billing's books against themselves, order by order: the ledger is what accounts, receivables, payments, refunds and changes say.

    wrong(rows)   what does not agree, as texts; rows(sql) asks billing's database
    of_order(rows, order_id)   {ledger account: balance}
    CREDIT                     what is owed to customers, as rows of order_id, customer_id, currency, amount"""

SIDES = """
    SELECT order_id, debit_account::text AS account, amount FROM posting UNION ALL SELECT order_id, credit_account::text, -amount FROM posting"""

CREDIT = """
    SELECT order_id, customer_id, currency, CASE reason WHEN 'credit' THEN -amount ELSE amount END AS amount FROM refund
    WHERE status <> 'canceled' AND (destination = 'credit' OR (status = 'succeeded') = (reason = 'credit'))
    UNION ALL SELECT order_id, customer_id, currency, -received FROM payment WHERE provider = 'credit' AND status = 'succeeded'
    UNION ALL SELECT order_id, customer_id, currency, -amount FROM posting WHERE kind = 'dispute' AND debit_account = 'customer_credit'
    UNION ALL SELECT m.order_id, m.customer_id, m.currency, m.lost - g.gone FROM manual_payment m   -- used before the bank took its direct debit back
    CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount), 0)::bigint AS gone FROM refund r WHERE r.payment_id = m.id AND r.reason <> 'credit' AND r.status = 'succeeded') AS g WHERE m.lost > 0"""

CHECKS = {
    "an account is its rows": """
        SELECT a.order_id, a.status, a.total, a.paid, i.total, i.paid FROM order_account a
        LEFT JOIN LATERAL (SELECT sum(total) AS total, sum(paid) AS paid FROM installment WHERE order_id = a.order_id) AS i ON true
        WHERE (i.total = a.total AND i.paid = a.paid) IS NOT TRUE""",
    "what is paid is what came in, was not for what had been written off, and did not go back": """
        SELECT a.order_id, a.status, a.paid, p.received, r.back, d.lost, w.recovered FROM order_account a
        LEFT JOIN LATERAL (SELECT coalesce(sum(received), 0) AS received FROM payment WHERE order_id = a.order_id AND status = 'succeeded') AS p ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS back FROM refund r JOIN payment p ON p.id = r.payment_id
                           WHERE r.order_id = a.order_id AND r.status <> 'canceled' AND r.reason <> 'credit' AND p.status <> 'reversed') AS r ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(reopened + recovered), 0) AS lost FROM dispute WHERE order_id = a.order_id) AS d ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(CASE credit_account WHEN 'recoveries' THEN amount ELSE -amount END), 0) AS recovered FROM posting
                           WHERE order_id = a.order_id AND customer_id = a.customer_id AND 'recoveries' IN (debit_account, credit_account)) AS w ON true
        WHERE a.paid <> p.received - r.back - d.lost - w.recovered""",
    "what is recovered was lost before, and no payment recovers more than it brought": """
        SELECT order_id, NULL::uuid AS payment_id, sum(CASE WHEN 'bad_debt' IN (debit_account, credit_account) THEN amount * CASE debit_account WHEN 'bad_debt' THEN 1 ELSE -1 END END) AS lost,
               sum(CASE WHEN 'recoveries' IN (debit_account, credit_account) THEN amount * CASE credit_account WHEN 'recoveries' THEN 1 ELSE -1 END END) AS recovered
        FROM posting WHERE 'recoveries' IN (debit_account, credit_account) OR kind = 'change' AND 'bad_debt' IN (debit_account, credit_account) GROUP BY order_id
        HAVING sum(CASE WHEN 'recoveries' IN (debit_account, credit_account) THEN amount * CASE credit_account WHEN 'recoveries' THEN 1 ELSE -1 END END) NOT BETWEEN 0
               AND coalesce(sum(CASE WHEN 'bad_debt' IN (debit_account, credit_account) THEN amount * CASE debit_account WHEN 'bad_debt' THEN 1 ELSE -1 END END), 0)
        UNION ALL
        SELECT p.order_id, p.id, p.received, l.recovered FROM payment p
        JOIN (SELECT payment_id, sum(CASE credit_account WHEN 'recoveries' THEN amount ELSE -amount END) AS recovered FROM posting
              WHERE 'recoveries' IN (debit_account, credit_account) GROUP BY payment_id) AS l ON l.payment_id = p.id
        WHERE l.recovered NOT BETWEEN 0 AND p.received""",
    "no payment gives back more than it brought": """
        SELECT p.id, p.received, sum(r.amount) FROM payment p JOIN refund r ON r.payment_id = p.id GROUP BY p.id
        HAVING sum(r.amount) FILTER (WHERE r.reason <> 'credit' AND r.status <> 'canceled') > coalesce(p.received, 0)
            OR sum(r.amount) FILTER (WHERE r.status = 'succeeded' AND r.destination = 'method' AND r.paid_from IS NULL) > p.received""",
    "a row is paid what was allocated to it and did not go back": """
        SELECT i.order_id, i.number, i.paid, i.total, coalesce(sum(CASE WHEN p.kind IN ('payment', 'credit') OR p.kind = 'reallocation' AND p.credit_account = 'receivable' THEN p.amount ELSE -p.amount END), 0)
        FROM installment i LEFT JOIN posting p ON p.order_id = i.order_id AND p.installment_number = i.number AND p.kind IN ('payment', 'credit', 'change', 'refund', 'dispute', 'reallocation')
        GROUP BY i.order_id, i.number, i.paid, i.total
        HAVING i.paid <> coalesce(sum(CASE WHEN p.kind IN ('payment', 'credit') OR p.kind = 'reallocation' AND p.credit_account = 'receivable' THEN p.amount ELSE -p.amount END), 0) OR i.paid > i.total""",
    "what was paid of a row is what was paid of its parts, and no part is paid more than is owed of it": """
        SELECT order_id, number, paid, total, paid_penalty, paid_fees, paid_interest, paid_tax, paid_principal FROM installment
        WHERE paid <> paid_penalty + paid_fees + paid_interest + paid_tax + paid_principal
           OR paid_penalty > penalty OR paid_fees > fees OR paid_interest > interest + carried OR paid_tax > tax OR paid_principal > principal
           OR least(paid_penalty, paid_fees, paid_interest, paid_tax, paid_principal) < 0""",
    "what was paid of a part is what was allocated to it": """
        SELECT i.order_id, i.number, p.part, p.paid, a.amount FROM installment i CROSS JOIN LATERAL receivable_parts(i) AS p
        LEFT JOIN (SELECT order_id, number, part, sum(amount) AS amount FROM allocation WHERE kind NOT IN ('waiver', 'write_off')
                   GROUP BY order_id, number, part) AS a USING (order_id, number, part)
        WHERE p.paid <> coalesce(a.amount, 0)""",
    "what was allocated of a payment is what it paid": """
        SELECT p.id, a.amount, l.amount FROM payment p
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM allocation WHERE order_id = p.order_id AND payment_id = p.id AND kind IN ('payment', 'credit')) AS a ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM posting WHERE entry_id = p.id AND kind IN ('payment', 'credit') AND credit_account = 'receivable') AS l ON true
        WHERE a.amount <> l.amount""",
    "nothing is owed of a row that was replaced": """
        SELECT order_id, number, status, total, paid FROM installment WHERE status IN ('rescheduled', 'written_off') AND (total, paid) <> (0, 0)""",
    "the ledger is what is so": f"""
        WITH account AS (
            SELECT * FROM order_account WHERE status IN ('active', 'settled', 'written_off') OR changes > 0
        ), row AS (
            SELECT order_id, sum(principal) AS principal, sum(CASE WHEN accrued THEN 0 ELSE interest END) AS unearned,
                   sum(carried + CASE WHEN accrued THEN interest ELSE 0 END) AS earned, sum(fees) AS fees, sum(tax) AS tax,
                   sum(penalty) AS penalty
            FROM account JOIN installment USING (order_id) GROUP BY order_id
        ), change AS (
            SELECT order_id, -sum(principal) AS undone, -sum(principal) FILTER (WHERE kind = 'write_off') AS principal,
                   -sum(earned) FILTER (WHERE kind = 'write_off') AS earned, -sum(fees) FILTER (WHERE kind = 'write_off') AS fees,
                   -sum(tax) FILTER (WHERE kind = 'write_off') AS tax,
                   -sum(penalty) FILTER (WHERE kind = 'write_off') AS penalty
            FROM receivable_change GROUP BY order_id
        ), waived AS (
            SELECT order_id, part, sum(amount) AS amount FROM allocation WHERE kind = 'waiver' GROUP BY order_id, part
        ), truth AS (
            SELECT order_id, 'receivable' AS account, total - paid AS balance FROM account
            UNION ALL SELECT order_id, 'sales', -r.principal - coalesce(c.undone, 0) FROM row r LEFT JOIN change c USING (order_id)
            UNION ALL SELECT order_id, 'sales_returns', undone - coalesce(principal, 0) FROM change
            UNION ALL SELECT order_id, 'bad_debt', sum(amount) FROM (
                SELECT order_id, principal + earned + fees + tax + penalty AS amount FROM change
                UNION ALL SELECT order_id, amount - reopened - recovered FROM dispute WHERE withheld AND status = 'lost'
                UNION ALL SELECT order_id, lost FROM manual_payment WHERE lost > 0
                UNION ALL SELECT order_id, -amount FROM posting WHERE kind = 'dispute' AND debit_account = 'customer_credit') AS loss GROUP BY order_id
            UNION ALL SELECT order_id, 'disputed', sum(amount) FROM dispute WHERE withheld AND status NOT IN ('won', 'lost') GROUP BY order_id
            UNION ALL SELECT order_id, 'provider_fees', sum(fee) FROM dispute GROUP BY order_id
            UNION ALL SELECT order_id, 'deferred_interest', -unearned FROM row
            UNION ALL SELECT order_id, 'interest_income', -r.earned - coalesce(c.earned, 0) FROM row r LEFT JOIN change c USING (order_id)
            UNION ALL SELECT order_id, 'fee_income', -r.fees - coalesce(c.fees, 0) FROM row r LEFT JOIN change c USING (order_id)
            UNION ALL SELECT order_id, 'tax_payable', -r.tax - coalesce(c.tax, 0) FROM row r LEFT JOIN change c USING (order_id)
            UNION ALL SELECT order_id, 'penalty_income', -r.penalty - coalesce(c.penalty, 0) FROM row r LEFT JOIN change c USING (order_id)
            UNION ALL SELECT order_id, 'customer_credit', -sum(amount) FROM ({CREDIT}) AS credit GROUP BY order_id
            UNION ALL SELECT order_id, 'cash_at_provider', sum(amount) FROM (
                SELECT order_id, received AS amount FROM payment WHERE status = 'succeeded' AND source <> 'manual' AND provider <> 'credit'
                UNION ALL SELECT order_id, -amount FROM refund WHERE status = 'succeeded' AND paid_from IS NULL AND destination = 'method'
                UNION ALL SELECT order_id, -fee - CASE WHEN withheld AND status <> 'won' THEN amount ELSE 0 END FROM dispute) AS flow GROUP BY order_id
            UNION ALL SELECT order_id, 'waivers', sum(amount) FROM waived GROUP BY order_id
            UNION ALL SELECT a.order_id, 'recoveries', a.paid - sum(f.amount) FROM order_account a JOIN (   -- what came in, paid nothing and did not go back
                SELECT order_id, received AS amount FROM payment WHERE status = 'succeeded'
                UNION ALL SELECT r.order_id, -r.amount FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status <> 'canceled' AND r.reason <> 'credit' AND p.status <> 'reversed'
                UNION ALL SELECT order_id, -reopened - recovered FROM dispute) AS f USING (order_id) GROUP BY a.order_id, a.paid
            UNION ALL SELECT order_id, account, sum(amount) FROM (   -- what was unapplied is in the books under its own id
                SELECT CASE WHEN assigned_at IS NULL THEN coalesce(order_id, id) ELSE id END AS order_id, manual_till(method) AS account, amount FROM manual_payment
                UNION ALL SELECT coalesce(order_id, id), manual_till(method), -amount FROM manual_payment WHERE reversed_at IS NOT NULL
                UNION ALL SELECT id, 'suspense', -amount FROM manual_payment WHERE assigned_at IS NOT NULL OR order_id IS NULL AND reversed_at IS NULL
                UNION ALL SELECT order_id, 'suspense', amount FROM manual_payment WHERE assigned_at IS NOT NULL
                UNION ALL SELECT order_id, paid_from, -amount FROM refund WHERE status = 'succeeded' AND paid_from IS NOT NULL) AS flow GROUP BY order_id, account
        ), earned AS (   -- what was waived had been earned all the same
            SELECT order_id, account, sum(balance) AS balance FROM (
                SELECT order_id, account, balance FROM truth
                UNION ALL SELECT order_id, CASE part WHEN 'principal' THEN 'sales' WHEN 'interest' THEN 'interest_income' WHEN 'fees' THEN 'fee_income'
                                                     WHEN 'tax' THEN 'tax_payable' ELSE 'penalty_income' END, -amount FROM waived) AS each GROUP BY order_id, account
        ), book AS (SELECT order_id, account, sum(amount) AS balance FROM ({SIDES}) AS side GROUP BY order_id, account)
        SELECT order_id, account, b.balance AS in_the_ledger, t.balance AS in_truth FROM book b FULL JOIN earned t USING (order_id, account)
        WHERE coalesce(b.balance, 0) <> coalesce(t.balance, 0)""",
    "an entry of a change is the change": """
        SELECT c.change_id, c.refund, p.* FROM receivable_change c
        LEFT JOIN LATERAL (SELECT coalesce(sum(CASE WHEN debit_account = 'receivable' THEN amount ELSE -amount END), 0) AS receivable,
                                  coalesce(sum(amount) FILTER (WHERE credit_account = 'customer_credit'), 0) AS credit
                           FROM posting WHERE entry_id = c.change_id AND kind = 'change') AS p ON true
        WHERE p.credit <> c.refund OR p.receivable <> c.principal + c.interest + c.earned + c.fees + c.tax + c.penalty + c.refund""",
    "what was given back on request opened what it had paid": """
        SELECT r.id, r.amount, p.amount FROM refund r
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM posting
                           WHERE entry_id = md5('reopened:' || r.id)::uuid AND debit_account IN ('receivable', 'recoveries') AND credit_account = 'customer_credit') AS p ON true
        WHERE r.reason = 'requested' AND r.amount <> p.amount""",
    "a change of what was invoiced has its note": """
        SELECT c.change_id, c.kind, d.amount, n.kind, n.total FROM receivable_change c JOIN order_sale USING (order_id)
        CROSS JOIN LATERAL (SELECT CASE WHEN c.kind = 'write_off' THEN 0 ELSE c.principal + c.interest + c.earned + c.fees + c.tax END AS amount) AS d
        LEFT JOIN invoice_note n USING (change_id)
        WHERE coalesce(CASE n.kind WHEN 'credit_note' THEN -n.total WHEN 'debit_note' THEN n.total END, 0) <> d.amount OR n.refund <> c.refund""",
    "numbers of invoices and notes have no gap": """
        SELECT s.series, s.next_number, d.numbers, d.last FROM invoice_series s
        LEFT JOIN LATERAL (SELECT count(*) AS numbers, coalesce(max(number), 0) AS last FROM (
            SELECT number FROM invoice WHERE series = s.series UNION ALL SELECT number FROM deposit_invoice WHERE series = s.series
            UNION ALL SELECT number FROM invoice_note WHERE series = s.series) AS each) AS d ON true
        WHERE (d.numbers, d.last) <> (s.next_number - 1, s.next_number - 1)""",
    "what a lost dispute took of credit had gone back of its payment": """
        SELECT p.payment_id, p.amount, d.amount, r.amount
        FROM (SELECT payment_id, sum(amount) AS amount FROM posting WHERE kind = 'dispute' AND debit_account = 'customer_credit' GROUP BY payment_id) AS p
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount - reopened - recovered), 0) AS amount FROM dispute WHERE payment_id = p.payment_id AND withheld AND status = 'lost') AS d
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM refund WHERE payment_id = p.payment_id AND reason <> 'credit' AND status <> 'canceled') AS r
        WHERE p.amount > least(d.amount, r.amount)""",
    "an account is disputed by what is open": """
        SELECT a.order_id, a.disputed, d.amount FROM order_account a
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM dispute WHERE order_id = a.order_id AND status NOT IN ('won', 'lost')) AS d ON true
        WHERE a.disputed <> d.amount""",
    "what was waived was asked for, and over the limit somebody else agreed": """
        SELECT w.id, w.amount, a.amount, p.amount FROM waiver w LEFT JOIN waiver_decision d ON d.waiver_id = w.id
        LEFT JOIN allocation a ON a.order_id = w.order_id AND a.entry_id = w.id AND (a.number, a.part, a.kind) = (w.number, w.part, 'waiver')
        LEFT JOIN posting p ON p.entry_id = w.id AND p.kind = 'waiver'
        CROSS JOIN LATERAL (SELECT CASE WHEN NOT w.over_limit OR d.approved THEN w.amount END AS amount) AS holds
        WHERE a.amount IS DISTINCT FROM holds.amount OR p.amount IS DISTINCT FROM holds.amount OR d.decided_by = w.asked_by""",
    "what was recorded by hand is a payment, as long as it was no mistake": """
        SELECT m.id, m.amount, m.reversed_at, p.status, p.received FROM (SELECT * FROM manual_payment WHERE order_id IS NOT NULL) AS m
        FULL JOIN (SELECT * FROM payment WHERE source = 'manual') AS p USING (id)
        WHERE (m.order_id, m.amount, m.currency, CASE WHEN m.reversed_at IS NULL THEN 'succeeded' ELSE 'reversed' END) IS DISTINCT FROM (p.order_id, p.received, p.currency, p.status)
           OR p.status = 'reversed' AND EXISTS (SELECT FROM refund r WHERE r.payment_id = p.id AND r.status <> 'canceled' AND (r.status, r.destination) <> ('succeeded', 'method'))""",
    "what was lost of a direct debit had gone before its bank took it back": """
        SELECT m.id, m.lost, g.gone, g.kept FROM manual_payment m
        CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount) FILTER (WHERE r.status = 'succeeded'), 0) AS gone, coalesce(sum(r.amount) FILTER (WHERE r.status = 'canceled'), 0) AS kept
                            FROM refund r WHERE r.payment_id = m.id AND r.reason <> 'credit') AS g
        WHERE CASE WHEN EXISTS (SELECT FROM direct_debit d WHERE d.payment_id = m.id AND d.status = 'returned') THEN m.lost NOT BETWEEN g.gone AND g.gone + g.kept
                   ELSE m.lost <> 0 OR m.reversed_at IS NOT NULL AND g.gone > 0 END""",
    "a bank's line is the payment that was recorded of it": """
        SELECT l.id, l.status, l.amount, l.payment_id, m.id, m.amount, m.currency FROM bank_line l
        FULL JOIN (SELECT * FROM manual_payment WHERE starts_with(source, 'bank-line:') AND reversed_at IS NULL) AS m ON m.source = 'bank-line:' || l.id
        WHERE ((l.status = 'matched') <> (l.payment_id IS NOT NULL) OR l.id IS NULL OR m.id IS NOT NULL AND (m.id, m.amount, m.currency) IS DISTINCT FROM (l.payment_id, l.amount, l.currency)
               OR m.id IS NULL AND l.payment_id IS NOT NULL AND NOT EXISTS (SELECT FROM manual_payment r WHERE r.id = l.payment_id AND r.reversed_at IS NOT NULL))""",
    "nothing is rounded in the ledger": "SELECT order_id, kind, amount FROM posting WHERE 'rounding' IN (debit_account, credit_account)",
    "a direct debit is the payment that was recorded of it, and a receivable is under way once": """
        SELECT d.id, d.status, d.amount, d.payment_id, m.id, m.amount, m.currency FROM direct_debit d
        FULL JOIN (SELECT * FROM manual_payment WHERE method = 'direct_debit' AND reversed_at IS NULL) AS m ON m.id = d.payment_id
        WHERE (d.status = 'collected') <> (m.id IS NOT NULL) OR d.id IS NULL OR m.id IS NOT NULL AND (m.amount, m.currency, m.reference) IS DISTINCT FROM (d.amount, d.currency, end_to_end_id(d.id))
           OR d.status = 'pending' AND EXISTS (SELECT FROM direct_debit_batch b WHERE b.id = d.batch_id AND b.status = 'canceled')""",
    "the money of direct debits is recorded as theirs": """
        SELECT l.id, m.id, m.method, d.id, d.status FROM bank_line l JOIN manual_payment m ON m.id = l.payment_id AND m.reversed_at IS NULL CROSS JOIN LATERAL bank_line_names(l) AS n(id)
        JOIN direct_debit d ON d.id = n.id WHERE m.method <> 'direct_debit' AND d.status <> 'canceled'""",
    "debits are credits": "SELECT currency, sum(balance) FROM trial_balance GROUP BY currency HAVING sum(balance) <> 0",
    "the ledger's chain is whole": "SELECT * FROM ledger_broken",
    "what balances are added up from is what was posted": """
        SELECT * FROM (SELECT recorded_on, effective_on, kind, debit_account, credit_account, currency, amount AS folded FROM ledger_sum) AS s
        FULL JOIN (SELECT recorded_day(recorded_at) AS recorded_on, effective_on, kind, debit_account::text, credit_account::text, currency, sum(amount) AS posted
                   FROM posting JOIN ledger_folded USING (lane) WHERE position <= upto GROUP BY 1, 2, 3, 4, 5, 6) AS p
            USING (recorded_on, effective_on, kind, debit_account, credit_account, currency)
        WHERE folded IS DISTINCT FROM posted""",
    "the ledger in sums is the ledger": """
        SELECT f.*, b.* FROM (SELECT currency, sum(amount) AS folded FROM ledger_flow GROUP BY currency) AS f
        FULL JOIN (SELECT currency, sum(debit) AS posted FROM trial_balance GROUP BY currency) AS b USING (currency) WHERE folded IS DISTINCT FROM posted""",
    "no credit is used twice, and what is on its way is there": f"""
        SELECT customer_id, currency, c.amount, w.amount FROM (SELECT customer_id, currency, sum(amount) AS amount FROM ({CREDIT}) AS each GROUP BY 1, 2) AS c
        LEFT JOIN (SELECT customer_id, currency, sum(amount) AS amount FROM refund WHERE status = 'pending' GROUP BY 1, 2) AS w USING (customer_id, currency)
        WHERE c.amount < coalesce(w.amount, 0)""",
    "what was earned, deferred or is owed to somebody has its sign": """
        SELECT order_id, account, sum(amount) FROM ({sides}) AS side
        GROUP BY order_id, account
        HAVING sum(amount) < 0 AND account IN ('receivable', 'disputed', 'provider_fees', 'bad_debt', 'sales_returns')
            OR sum(amount) < 0 AND account = 'cash_at_provider' AND order_id NOT IN (SELECT order_id FROM dispute)   -- a fee, or money that had gone back already
            OR sum(amount) > 0 AND account IN ('deferred_interest', 'tax_payable', 'sales', 'interest_income')""".format(sides=SIDES),
}


def wrong(rows):
    return [f"{what}: {found}" for what, sql in CHECKS.items() for found in rows(sql)]


def of_order(rows, order_id):
    return dict(rows(f"SELECT account, sum(amount)::bigint FROM ({SIDES}) AS side WHERE order_id = '{order_id}' GROUP BY account"))
