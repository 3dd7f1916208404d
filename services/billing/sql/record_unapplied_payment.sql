-- Money that came past every provider, and nobody knows yet whose it is: in suspense, of no customer, and of no order but itself.
WITH wanted AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (SELECT FROM manual_payment m WHERE m.reversed_at IS NULL AND m.method = :method AND m.reference = :reference
                             OR m.reversed_at IS NULL AND m.source = :source) THEN 'already_recorded' END AS problem
), recorded AS (
    INSERT INTO manual_payment AS m (id, method, reference, amount, currency, received_on, source, recorded_by, recorded_at)
    SELECT :id::uuid, :method, :reference, :amount::bigint, :currency, coalesce(:received_on::date, :today::date), :source, :by, :now::timestamptz
    FROM wanted w WHERE w.problem IS NULL
    RETURNING m.*, manual_payment_body(m)::text AS body
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, recorded_at)
    SELECT entry_id('unapplied:' || r.id), 1, 'payment', manual_till(r.method), 'suspense', r.amount, r.currency, '00000000-0000-0000-0000-000000000000', r.id,
           r.received_on, :now::timestamptz
    FROM recorded r
)
SELECT CASE WHEN w.problem IS NOT NULL THEN cuotas_fail(w.problem) END AS checked, r.body
FROM wanted w LEFT JOIN recorded r ON true
