-- What was owed and paid for an order at the end of a business day, as it was known at an instant: rows as they stood before the first change that was not known, less what was charged for being late, and with what was
-- waived, only afterwards; what was paid by the journal. No row: no such order, or somebody else's.
-- pool: read
WITH account AS (
    SELECT * FROM order_account WHERE order_id = :order_id::uuid AND (:owner::uuid IS NULL OR customer_id = :owner::uuid)
), seen AS MATERIALIZED (
    SELECT coalesce(:as_of::date, :today::date) AS day, coalesce(:known_at::timestamptz, 'infinity') AS at
), base AS MATERIALIZED (
    SELECT c.before, c.recorded_at FROM account a JOIN receivable_change c USING (order_id) CROSS JOIN seen s
    WHERE c.recorded_on > s.day OR c.recorded_at > s.at
    ORDER BY c.recorded_at LIMIT 1
), told AS MATERIALIZED (
    SELECT s.*, coalesce((SELECT b.recorded_at FROM base b), 'infinity') AS base_at, coalesce((SELECT b.before ->> 'status' FROM base b), a.status) AS status FROM seen s CROSS JOIN account a
), stood AS MATERIALIZED (
    SELECT r.number, r.due_date, r.principal, r.interest, r.fees, r.tax, coalesce(r.penalty, 0) AS penalty, r.status
    FROM base b CROSS JOIN LATERAL json_to_recordset(b.before -> 'installments')
        AS r(number int, due_date date, principal bigint, interest bigint, fees bigint, tax bigint, penalty bigint, status text)
    UNION ALL
    SELECT i.number, i.due_date, i.principal, i.interest + i.carried, i.fees, i.tax, i.penalty, i.status FROM account a JOIN installment i USING (order_id)
    WHERE NOT EXISTS (SELECT FROM base)
), moved AS (
    SELECT m.number, m.part, sum(m.amount) FILTER (WHERE k.known AND m.kind NOT IN ('waiver', 'write_off'))::bigint AS paid,
           sum(m.amount) FILTER (WHERE k.known AND m.kind = 'waiver')::bigint AS waived, sum(m.amount) FILTER (WHERE k.known AND m.kind = 'write_off')::bigint AS written_off,
           sum(m.amount) FILTER (WHERE NOT k.known AND m.kind = 'waiver' AND m.recorded_at < t.base_at)::bigint AS waived_later
    FROM account a JOIN allocation m USING (order_id) CROSS JOIN told t CROSS JOIN LATERAL (SELECT m.effective_on <= t.day AND m.recorded_at <= t.at AS known) AS k
    GROUP BY m.number, m.part
), later AS (
    SELECT p.installment_number AS number, sum(CASE WHEN p.debit_account = 'receivable' THEN p.amount ELSE -p.amount END)::bigint AS penalty
    FROM account a JOIN posting p ON p.customer_id = a.customer_id AND p.order_id = a.order_id CROSS JOIN told t
    WHERE p.kind = 'penalty' AND NOT (p.effective_on <= t.day AND p.recorded_at <= t.at) AND p.recorded_at < t.base_at
    GROUP BY p.installment_number
), part AS (
    SELECT r.number, r.due_date, r.status, p.place, p.part, p.owed + coalesce(m.waived_later, 0) - CASE p.part WHEN 'penalty' THEN coalesce(l.penalty, 0) ELSE 0 END AS owed,
           coalesce(m.paid, 0) AS paid, coalesce(m.waived, 0) AS waived, coalesce(m.written_off, 0) AS written_off
    FROM stood r
    CROSS JOIN LATERAL (VALUES (0, 'penalty', r.penalty), (1, 'fees', r.fees), (2, 'interest', r.interest), (3, 'tax', r.tax), (4, 'principal', r.principal)) AS p(place, part, owed)
    LEFT JOIN moved m ON m.number = r.number AND m.part = p.part
    LEFT JOIN later l ON l.number = r.number
), shown AS (
    SELECT p.number, p.due_date, p.status, sum(p.owed)::bigint AS total, sum(p.paid)::bigint AS paid,
           json_agg(json_build_object('part', p.part, 'due', p.owed + p.waived + p.written_off, 'paid', p.paid, 'waived', p.waived, 'written_off', p.written_off,
                                      'outstanding', p.owed - p.paid) ORDER BY p.place) AS parts
    FROM part p GROUP BY p.number, p.due_date, p.status
), sums AS (
    SELECT coalesce(sum(total), 0)::bigint AS total, coalesce(sum(paid), 0)::bigint AS paid FROM shown
)
SELECT json_build_object(
    'order_id', a.order_id, 'customer_id', a.customer_id, 'currency', a.currency, 'as_of', t.day, 'known_at', :known_at::timestamptz,
    'status', CASE WHEN t.status IN ('closed', 'written_off', 'pending') THEN t.status WHEN s.paid = 0 AND NOT EXISTS (
                       SELECT FROM posting p WHERE p.entry_id = a.order_id AND p.kind = 'sale' AND p.effective_on <= t.day AND p.recorded_at <= t.at) THEN 'pending'
                   WHEN s.paid = s.total THEN 'settled' ELSE 'active' END,
    'total', s.total, 'paid', s.paid, 'outstanding', s.total - s.paid,
    'data', (SELECT coalesce(json_agg(json_build_object(
                 'number', r.number, 'due_date', r.due_date,
                 'status', CASE WHEN r.status IN ('rescheduled', 'written_off', 'canceled') THEN r.status ELSE installment_status(r.total, r.paid, r.due_date, t.day) END,
                 'dpd', CASE WHEN r.paid < r.total THEN greatest(t.day - r.due_date, 0) ELSE 0 END, 'total', r.total, 'paid', r.paid, 'outstanding', r.total - r.paid,
                 'parts', r.parts) ORDER BY r.due_date, r.number), '[]') FROM shown r)) AS body
FROM account a CROSS JOIN told t CROSS JOIN sums s
