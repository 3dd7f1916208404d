-- Replaces rows of an order's schedule (after lock_schedule, in its unit): see "Changes after the sale" in README.md. Once a change_id: the same request again
-- has no effect, and the answer of the first time. No row: no such order.
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_record(:request::jsonb)
        AS g(kind text, account_revision text, replaced jsonb, installments jsonb, adjustments jsonb, refund bigint, reason text)
), asked AS MATERIALIZED (
    SELECT * FROM given, jsonb_to_record(adjustments) AS a(principal bigint, interest bigint, fees bigint, tax bigint)
), account AS MATERIALIZED (
    SELECT a AS held, a.* FROM order_account a WHERE a.order_id = :order_id::uuid
), before AS MATERIALIZED (
    SELECT i AS held, i.* FROM installment i WHERE i.order_id = :order_id::uuid
), known AS MATERIALIZED (
    SELECT c.order_id = :order_id::uuid AND c.request = :request::jsonb AS same, c.after FROM receivable_change c WHERE c.change_id = :change_id::uuid
), stays AS MATERIALIZED (   -- of a replaced row; total: what it ends with: paid, or owed where a return only lowers it
    SELECT k.*, k.principal + k.interest + k.fees + k.tax AS total, kind = 'return' AS returned
    FROM given, jsonb_to_recordset(replaced) AS k(number int, principal bigint, interest bigint, fees bigint, tax bigint)
), cut AS MATERIALIZED (     -- of its interest what had been earned stays first; an earned row's all is, and what a return has it pay beside its own was earned by then
    SELECT s.*, b.paid AS paid_before, least(b.paid - t.penalty, s.total) + t.penalty AS paid, t.penalty AS paid_penalty, b.penalty AS penalty_before, b.principal AS principal_before,
           b.interest + b.carried AS interest_before, b.fees AS fees_before, b.tax AS tax_before, c.carried,
           CASE WHEN b.accrued THEN b.carried + b.interest - s.interest ELSE b.carried - c.carried END AS earned_off,
           b.number IS NOT NULL AND b.status NOT IN ('rescheduled', 'written_off', 'canceled', 'waived')
           AND CASE WHEN s.returned THEN s.total <= b.total - b.penalty
                    ELSE s.total <= b.paid - t.penalty AND s.interest <= b.interest + b.carried AND s.fees <= b.fees AND s.tax <= b.tax END AS possible
    FROM stays s LEFT JOIN before b USING (number)
    LEFT JOIN LATERAL (SELECT paid AS penalty FROM receivable_parts(b.held) WHERE part = 'penalty') AS t ON true
    CROSS JOIN LATERAL (SELECT least(s.interest, b.carried) + greatest(s.interest - b.carried - b.interest, 0) AS carried) AS c
), late AS MATERIALIZED (     -- what it costs to be late stays with a row that is owed still, goes on to the first new row, or is given up with the rest
    SELECT c.number, CASE WHEN c.total + c.paid_penalty > c.paid OR NOT g.given_up AND g.heir IS NULL THEN c.penalty_before ELSE c.paid_penalty END AS penalty, g.*
    FROM cut c
    CROSS JOIN (SELECT kind IN ('write_off', 'cancellation', 'withdrawal') AS given_up,
                       (SELECT m.number FROM jsonb_to_recordset(installments) AS m(number int, due_date date) ORDER BY m.due_date, m.number LIMIT 1) AS heir
                FROM given) AS g
), made AS MATERIALIZED (
    SELECT m.*, (SELECT max(number) FROM before) + m.place AS follows, sum(m.interest) OVER (ORDER BY m.due_date, m.number) - m.interest AS interest_ahead
    FROM given, ROWS FROM (jsonb_to_recordset(installments) AS (number int, due_date date, principal bigint, interest bigint, fees bigint, tax bigint,
                                                                total bigint))
                WITH ORDINALITY AS m(number, due_date, principal, interest, fees, tax, total, place)
), fresh AS MATERIALIZED (   -- earned interest that is due anew goes to the first new rows that have any
    SELECT m.*, least(m.interest, greatest((SELECT coalesce(sum(earned_off), 0) FROM cut) - m.interest_ahead, 0))::bigint AS carried,
           coalesce((SELECT sum(c.penalty_before - l.penalty) FROM cut c JOIN late l USING (number) WHERE l.heir = m.number AND NOT l.given_up), 0)::bigint AS penalty
    FROM made m
), refundable AS MATERIALIZED (   -- of each payment what no refund is for, the newest first. One that failed counts, too: its money is here, but owed by that refund (the
                                 -- customer's credit, for an operator to send in another way), and would go out twice if a later one took it along
    SELECT p.id, p.received - r.amount AS amount, CASE p.provider WHEN 'credit' THEN 'credit' ELSE 'method' END AS destination,
           coalesce(sum(p.received - r.amount) OVER (ORDER BY p.completed_at DESC, p.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS newer
    FROM payment p
    LEFT JOIN LATERAL (SELECT coalesce((SELECT sum(f.amount) FROM refund f WHERE f.payment_id = p.id AND f.reason <> 'credit'), 0)
                              + coalesce((SELECT sum(d.reopened + d.recovered) FROM dispute d WHERE d.payment_id = p.id), 0) + recovered_by(p.customer_id, p.id) AS amount) AS r ON true   -- or what was lost of it, or was for what had been written off
    WHERE p.order_id = :order_id::uuid AND p.status = 'succeeded'
), gone AS (
    SELECT count(*) AS rows, count(DISTINCT number) AS numbers, coalesce(bool_and(possible), true) AS possible,
           coalesce(sum(principal_before - principal), 0) AS principal, coalesce(sum(interest_before - interest), 0) AS interest,
           coalesce(sum(fees_before - fees), 0) AS fees, coalesce(sum(tax_before - tax), 0) AS tax, coalesce(sum(earned_off), 0) AS earned,
           coalesce((SELECT sum(c.penalty_before - l.penalty) FROM cut c JOIN late l USING (number) WHERE l.given_up), 0) AS penalty,
           coalesce(sum(paid_before - paid), 0) AS refund, (array_agg(number) FILTER (WHERE NOT possible))[1] AS wrong
    FROM cut
), come AS (
    SELECT count(*) AS rows, coalesce(bool_and(number = follows AND total = principal + interest + fees + tax), true) AS possible,
           coalesce(sum(principal), 0) AS principal, coalesce(sum(interest), 0) AS interest, coalesce(sum(fees), 0) AS fees, coalesce(sum(tax), 0) AS tax,
           coalesce(sum(carried), 0) AS earned
    FROM fresh
), difference AS MATERIALIZED (
    SELECT c.principal - g.principal AS principal, c.interest - g.interest AS interest, c.fees - g.fees AS fees, c.tax - g.tax AS tax,
           c.earned - g.earned AS earned, -g.penalty AS penalty, g.refund, g.rows + c.rows AS rows, g.rows > g.numbers AS repeated, g.possible AS cut_possible, g.wrong,
           c.possible AS made_possible
    FROM gone g CROSS JOIN come c
), outcome AS MATERIALIZED (
    SELECT a.*, d.*, q.kind, q.reason, a.total + d.principal + d.interest + d.fees + d.tax + d.penalty AS total_after, a.paid - d.refund AS paid_after,
           (q.principal, q.interest, q.fees, q.tax, q.refund) IS NOT DISTINCT FROM (d.principal, d.interest, d.fees, d.tax, d.refund) AS agreed,
           q.account_revision = a.changes || '-' || a.paid AS current
    FROM account a CROSS JOIN difference d CROSS JOIN asked q
), verdict AS MATERIALIZED (
    SELECT o.*, n.what AS problem_detail, k.same IS NULL AS is_new,
           CASE WHEN k.same THEN NULL
                WHEN NOT k.same THEN 'idempotency_key_reused'
                WHEN o.status = 'pending' THEN 'order_unpaid'
                WHEN o.status = 'closed' THEN 'order_closed'
                WHEN o.status = 'written_off' THEN 'order_written_off'
                WHEN NOT o.current THEN 'account_changed'
                WHEN o.in_flight IS NOT NULL THEN 'payment_in_progress'
                WHEN n.what IS NOT NULL THEN 'schedule_unbalanced'
                WHEN o.status = 'settled' AND o.paid_after < o.total_after THEN 'order_paid' END AS problem
    FROM outcome o
    LEFT JOIN known k ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN o.rows = 0 THEN 'it changes nothing'
                    WHEN o.repeated THEN 'a row is replaced twice'
                    WHEN NOT o.cut_possible THEN 'row ' || o.wrong || ' is not there, was replaced before, or is to be more than it was, or than was paid of it'
                    WHEN NOT o.made_possible THEN 'new rows are numbered on from the highest there is, and their totals are their parts'
                    WHEN NOT o.agreed THEN format('by its rows it is principal %s, interest %s, fees %s, tax %s, refund %s', o.principal, o.interest,
                                                  o.fees, o.tax, o.refund)
                    WHEN o.principal > 0 OR o.principal < 0 AND o.kind NOT IN ('return', 'cancellation', 'withdrawal', 'write_off')
                    THEN 'principal changes by a return, cancellation, withdrawal or write-off, and falls'
                    WHEN o.kind = 'write_off' AND greatest(o.interest, o.fees, o.tax) > 0 THEN 'a write-off lowers what it changes'
                    WHEN o.refund > 0 AND o.kind NOT IN ('return', 'cancellation', 'withdrawal') THEN 'nothing goes back by such a change'
                    WHEN o.refund > 0 AND o.paid_after < o.total_after THEN 'nothing goes back while something is owed'
                    WHEN o.refund > (SELECT coalesce(sum(amount), 0) FROM refundable) THEN 'more would go back than came in'
                    WHEN o.total_after > 9007199254740991 THEN 'the total is too large' END AS what) AS n
), change AS MATERIALIZED (
    SELECT *, CASE WHEN total_after = 0 AND kind <> 'write_off' THEN 'closed' WHEN paid_after < total_after THEN 'active'
                   WHEN kind = 'write_off' OR kind NOT IN ('cancellation', 'withdrawal') AND given_up(order_id) THEN 'written_off' ELSE 'settled' END AS status_after
    FROM verdict WHERE is_new AND problem IS NULL
), parted AS MATERIALIZED (   -- what was paid of a replaced row, by parts: what a part had it keeps as far as the part stays, the rest fills what is left of them
    SELECT k.number, k.place, k.part, k.owed, k.paid, k.stays, k.kept + greatest(least(k.stays - k.kept, k.rest - k.room), 0) AS paid_after
    FROM (SELECT c.number, p.place, p.part, p.owed, p.paid, n.stays, least(p.paid, n.stays) AS kept,
                 c.paid - sum(least(p.paid, n.stays)) OVER (PARTITION BY c.number) AS rest,
                 sum(n.stays - least(p.paid, n.stays)) OVER (PARTITION BY c.number ORDER BY p.place) - (n.stays - least(p.paid, n.stays)) AS room
          FROM change h CROSS JOIN cut c JOIN late l USING (number) JOIN before b USING (number)
          CROSS JOIN LATERAL receivable_parts(b.held) AS p
          CROSS JOIN LATERAL (SELECT (ARRAY[l.penalty, c.fees, c.interest, c.tax, c.principal])[p.place + 1] AS stays) AS n) AS k
), row_parts AS MATERIALIZED (
    SELECT number, sum(stays)::bigint AS total, sum(paid_after)::bigint AS paid, array_agg(paid_after::bigint ORDER BY place) AS parts FROM parted GROUP BY number
), replaced AS (
    UPDATE installment i
    SET principal = c.principal, interest = c.interest - c.carried, carried = c.carried, fees = c.fees, tax = c.tax, penalty = l.penalty, total = r.total, paid = r.paid,
        paid_penalty = r.parts[1], paid_fees = r.parts[2], paid_interest = r.parts[3], paid_tax = r.parts[4], paid_principal = r.parts[5],
        status = CASE WHEN r.total > r.paid THEN i.status WHEN r.total > 0 THEN 'paid' WHEN h.kind = 'write_off' THEN 'written_off' WHEN h.kind IN ('cancellation', 'withdrawal') THEN 'canceled'
                      ELSE 'rescheduled' END,
        revision = i.revision + 1, next_attempt_on = CASE WHEN r.total > r.paid THEN i.next_attempt_on END
    FROM change h, cut c JOIN late l USING (number) JOIN row_parts r USING (number)
    WHERE i.order_id = h.order_id AND i.number = c.number
    RETURNING i AS held, i.*
), added AS (
    INSERT INTO installment AS i (order_id, number, customer_id, due_date, principal, interest, carried, fees, tax, penalty, total, status, revision, autopay,
                                  next_attempt_on)
    SELECT h.order_id, f.number, h.customer_id, f.due_date, f.principal, f.interest - f.carried, f.carried, f.fees, f.tax, f.penalty, f.total + f.penalty,
           installment_status(f.total + f.penalty, 0, f.due_date, :today::date), 1, p.autopay, CASE WHEN p.autopay AND f.total + f.penalty > 0 THEN f.due_date END
    FROM change h CROSS JOIN fresh f
    CROSS JOIN LATERAL (   -- what is paid because somebody wants to, or is undone, is nobody's to take: all of a payoff, and of a prepayment its first row
        SELECT h.kind NOT IN ('payoff', 'acceleration') AND NOT (h.kind = 'prepayment' AND f.place = 1) AS autopay) AS p
    RETURNING i AS held, i.*
), lapses AS (
    INSERT INTO lapsing (order_id, number, due_date)
    SELECT h.order_id, f.number, f.due_date FROM change h CROSS JOIN fresh f WHERE h.kind = 'payoff' OR h.kind = 'prepayment' AND f.place = 1
), changed AS (
    SELECT true AS is_new, a.* FROM added a UNION ALL SELECT false, r.* FROM replaced r
), moved AS (
    UPDATE order_account a SET total = h.total_after, paid = h.paid_after, changes = a.changes + 1, status = h.status_after
    FROM change h WHERE a.order_id = h.order_id
    RETURNING a AS held, a.*
), told AS MATERIALIZED (
    SELECT account_body(a.held, (SELECT json_agg(account_row(r.held) ORDER BY r.number)
                                 FROM (SELECT held, number FROM changed UNION ALL SELECT held, number FROM before WHERE number NOT IN (SELECT number FROM cut)) AS r))
           AS body
    FROM moved a
), line AS (
    SELECT 1 AS place, 0 AS number, CASE WHEN kind = 'write_off' THEN 'bad_debt' ELSE 'sales_returns' END AS account, principal AS amount FROM change
    UNION ALL SELECT 2, 0, 'deferred_interest', interest - earned FROM change
    UNION ALL SELECT 3, 0, CASE WHEN kind = 'write_off' THEN 'bad_debt' ELSE 'interest_income' END, earned FROM change
    UNION ALL SELECT 4, 0, CASE WHEN kind = 'write_off' THEN 'bad_debt' ELSE 'fee_income' END, fees FROM change
    UNION ALL SELECT 5, 0, CASE WHEN kind = 'write_off' THEN 'bad_debt' ELSE 'tax_payable' END, tax FROM change
    UNION ALL SELECT 6, 0, CASE WHEN kind = 'write_off' THEN 'bad_debt' ELSE 'penalty_income' END, penalty FROM change
    UNION ALL SELECT 7, c.number, 'customer_credit', c.paid_before - c.paid FROM change CROSS JOIN cut c
), posted AS (   -- what falls is taken off the receivable, what rises is owed more, and so is what goes back
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, effective_on,
                         recorded_at)
    SELECT :change_id::uuid, row_number() OVER (ORDER BY l.place, l.number), 'change', CASE WHEN l.amount > 0 THEN 'receivable' ELSE l.account END,
           CASE WHEN l.amount > 0 THEN l.account ELSE 'receivable' END, abs(l.amount), h.currency, h.customer_id, h.order_id,
           CASE WHEN l.place = 7 THEN l.number END, :today::date, :now::timestamptz
    FROM line l CROSS JOIN change h
    WHERE l.amount <> 0
    ORDER BY l.place, l.number
), allocated AS (
    INSERT INTO allocation (order_id, number, part, kind, amount, entry_id, effective_on, recorded_at)
    SELECT h.order_id, m.number, m.part, m.kind, m.amount, :change_id::uuid, :today::date, :now::timestamptz
    FROM change h
    CROSS JOIN (SELECT number, place, part, 'change' AS kind, paid_after - paid AS amount FROM parted
                UNION ALL SELECT number, place, part, 'write_off', owed - stays FROM parted WHERE (SELECT kind FROM change) = 'write_off') AS m
    WHERE m.amount <> 0
    ORDER BY m.number, m.kind, m.place
), refunding AS (
    INSERT INTO refund (id, payment_id, order_id, customer_id, amount, currency, reason, change_id, destination, status, created_at, updated_at)
    SELECT entry_id('refund:' || :change_id::uuid || ':' || p.id), p.id, h.order_id, h.customer_id, least(p.amount, h.refund - p.newer), h.currency, 'change',
           :change_id::uuid, p.destination, CASE p.destination WHEN 'credit' THEN 'succeeded' ELSE 'pending' END, :now::timestamptz, :now::timestamptz
    FROM change h JOIN refundable p ON p.amount > 0 AND p.newer < h.refund
    RETURNING refund.*, refund_told(refund.*) AS told
), jobs AS (   -- money still waited for is not needed any more
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || id, :now::timestamptz, jsonb_build_object('refund_id', id), :trace FROM refunding WHERE status = 'pending'
    UNION ALL
    SELECT 'cancel_payment', 'cancel:' || p.id, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
    FROM change h JOIN payment p USING (order_id)
    WHERE p.status = 'requires_action' AND h.status_after <> 'active'
    ON CONFLICT (key) DO NOTHING
), invoiced AS (
    UPDATE invoice i SET status = CASE h.status_after WHEN 'settled' THEN 'paid' WHEN 'closed' THEN 'void' ELSE 'uncollectible' END,
                         paid_at = CASE WHEN h.status_after = 'settled' THEN :now::timestamptz END
    FROM change h WHERE i.order_id = h.order_id AND i.status = 'open' AND h.status_after <> 'active'
), kept AS (
    INSERT INTO receivable_change (change_id, order_id, customer_id, kind, reason, request, before, after, principal, interest, earned, fees, tax, penalty, refund,
                                   recorded_on, recorded_at)
    SELECT :change_id::uuid, h.order_id, h.customer_id, h.kind, h.reason, :request::jsonb,
           account_body((SELECT held FROM account), (SELECT json_agg(account_row(b.held) ORDER BY b.number) FROM before b)), t.body, h.principal,
           h.interest - h.earned, h.earned, h.fees, h.tax, h.penalty, h.refund, :today::date, :now::timestamptz
    FROM change h CROSS JOIN told t
), event AS (   -- the new rows first: a case is not over because of what only moved
    SELECT CASE WHEN u.is_new THEN 1 ELSE 2 END AS place, u.number, 'installment.updated' AS type, u.order_id::text AS subject,
           jsonb_build_object('order_id', u.order_id, 'contract_id', h.contract_id, 'customer_id', u.customer_id, 'currency', h.currency, 'number', u.number,
                              'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                              'status', u.status, 'dpd', CASE WHEN u.paid < u.total THEN greatest(:today::date - u.due_date, 0) ELSE 0 END, 'change', h.kind) AS data
    FROM changed u CROSS JOIN change h
    UNION ALL
    SELECT 3, 0, CASE h.status_after WHEN 'settled' THEN 'contract.paid' ELSE 'contract.written_off' END, h.contract_id::text,
           jsonb_build_object('order_id', h.order_id, 'contract_id', h.contract_id, 'customer_id', h.customer_id, 'currency', h.currency,
                              'total', h.total_after)
    FROM change h WHERE h.status_after IN ('settled', 'written_off') AND h.status <> h.status_after
                    AND h.kind NOT IN ('cancellation', 'withdrawal', 'write_off')   -- undone, it keeps what was paid for being late; whoever writes off is told by the answer
    UNION ALL
    SELECT 4, 0, 'refund.succeeded', r.id::text, r.told FROM refunding r WHERE r.status = 'succeeded'
), events AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT e.type, e.subject, h.customer_id, e.data, :trace, :now::timestamptz
    FROM event e CROSS JOIN change h
    ORDER BY e.place, e.number
)
SELECT v.problem, CASE v.problem WHEN 'schedule_unbalanced' THEN v.problem_detail END AS problem_detail, coalesce(k.after, t.body) AS body
FROM verdict v LEFT JOIN known k ON k.same LEFT JOIN told t ON true
