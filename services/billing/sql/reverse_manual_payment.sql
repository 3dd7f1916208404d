-- What was recorded had not come, or not so (after lock_manual_payment, lock_payment and lock_credit, in their unit): what it had paid is owed again, what it had left over is the customer's no more,
-- and its money is out of the till. Done once; again it answers the same. No row: there is no such. A mistake is refused when money of it has gone. A bank that takes it back (returned) does not ask: what had
-- left, or was used as credit, is lost.
WITH known AS MATERIALIZED (
    SELECT m.*, p.id AS payment_id, p.received, a.status AS account_status, a.currency AS of_currency,
           k.amount AS refunded, recovered_by(p.customer_id, p.id) AS recovered,
           k.gone + greatest(k.amount - k.gone - k.held - k.available, 0) AS losing,
           CASE WHEN NOT coalesce(:returned::boolean, false) AND (EXISTS (SELECT FROM refund r WHERE r.payment_id = p.id AND (r.status = 'succeeded' AND (r.reason, r.destination) <> ('excess', 'credit') OR r.reason = 'change'))
                  OR k.amount - k.pending > k.available)   -- used as credit
                THEN 'payment_went_back' END AS problem
    FROM manual_payment m LEFT JOIN payment p ON p.id = m.id LEFT JOIN order_account a ON a.order_id = p.order_id
    CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount) FILTER (WHERE r.reason <> 'credit'), 0) AS amount,
                               coalesce(sum(r.amount) FILTER (WHERE r.reason <> 'credit' AND r.status = 'pending'), 0) AS pending,
                               coalesce(sum(r.amount) FILTER (WHERE r.status = 'pending'), 0) AS held,   -- on its way, until now
                               coalesce(sum(r.amount) FILTER (WHERE r.reason <> 'credit' AND r.status = 'succeeded' AND r.destination = 'method'), 0) AS gone,
                               coalesce((SELECT c.balance - c.on_its_way FROM credit_of(p.customer_id) AS c WHERE c.currency = p.currency), 0) AS available
                        FROM refund r WHERE r.payment_id = p.id) AS k
    WHERE m.id = :id::uuid
), undone AS MATERIALIZED (
    SELECT * FROM known WHERE problem IS NULL AND reversed_at IS NULL
), back AS MATERIALIZED (
    SELECT u.order_id, u.payment_id, u.customer_id, u.currency, u.account_status, (u.received - u.refunded - u.recovered)::bigint AS amount, true AS charge_again, 'reallocation' AS kind,
           entry_id('reversed:' || u.id) AS entry_id, 0 AS disputed
    FROM undone u WHERE u.payment_id IS NOT NULL AND u.received > u.refunded + u.recovered
), {{part reopened}}, ended AS (
    UPDATE payment p SET status = 'reversed', updated_at = :now::timestamptz FROM undone u WHERE p.id = u.payment_id
), kept AS (
    UPDATE refund r SET status = 'canceled', updated_at = :now::timestamptz FROM undone u
    WHERE r.payment_id = u.payment_id AND (r.status IN ('pending', 'failed') OR r.status = 'succeeded' AND r.destination = 'credit')
), debited AS (   -- a direct debit is under way as before, unless its receivable is again
    UPDATE direct_debit d SET payment_id = NULL, decided_by = :by, decided_at = :now::timestamptz,
           status = CASE WHEN EXISTS (SELECT FROM direct_debit o WHERE o.order_id = d.order_id AND o.number = d.number AND o.status = 'pending') THEN 'canceled' ELSE 'pending' END
    FROM undone u WHERE d.payment_id = u.id AND d.status = 'collected'
), reversed AS (
    UPDATE manual_payment m SET reversed_by = :by, reversed_at = :now::timestamptz, reversal_reason = :reason, lost = u.losing FROM undone u WHERE m.id = u.id
    RETURNING manual_payment_body(m)::text AS body
), entry AS (
    SELECT 1 AS line, 'suspense' AS debit, u.amount, NULL::int AS number FROM undone u WHERE u.payment_id IS NULL
    UNION ALL SELECT 2, 'customer_credit', u.refunded - u.losing, NULL FROM undone u WHERE u.refunded > u.losing   -- of what stays here
    UNION ALL SELECT 3, 'recoveries', u.recovered, NULL FROM undone u WHERE u.recovered > 0
    UNION ALL SELECT 4, 'bad_debt', u.losing, NULL FROM undone u WHERE u.losing > 0
    UNION ALL SELECT 9 + row_number() OVER (ORDER BY n.due_date, n.number), 'receivable', n.taken, n.number FROM updated n
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, payment_id,
                         effective_on, recorded_at)
    SELECT entry_id('reversed:' || u.id), e.line, 'reallocation', e.debit, manual_till(u.method), e.amount, u.currency,
           coalesce(u.customer_id, '00000000-0000-0000-0000-000000000000'), coalesce(u.order_id, u.id), e.number, u.payment_id, :today::date, :now::timestamptz
    FROM entry e CROSS JOIN undone u
    ORDER BY e.line
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT n.type, n.subject, n.customer_id, n.data, :trace, :now::timestamptz FROM news n ORDER BY n.place, n.number
), reply AS (
    SELECT coalesce((SELECT r.body FROM reversed r),
                    (SELECT manual_payment_body(m)::text FROM manual_payment m JOIN known k USING (id) WHERE k.reversed_at IS NOT NULL)) AS body
    FROM known WHERE problem IS NULL OR reversed_at IS NOT NULL
), {{remember 200}}
SELECT CASE WHEN k.problem IS NOT NULL AND k.reversed_at IS NULL THEN cuotas_fail(k.problem) END AS checked, r.body FROM known k LEFT JOIN reply r ON true
