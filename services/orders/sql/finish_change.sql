-- Billing has applied a change (`account` is its answer): the next version of the schedule is in force, its rows as billing has them, and contract and order are what
-- the kind makes of them, or of a sale of which nothing is left (written off, it was not undone); the rest of what follows is follow_account's, which comes after it. Once: afterwards it is not `confirming` any more. What waits to be paid is looked at when its day is over.
-- adds: jobs for later
WITH change AS MATERIALIZED (
    UPDATE contract_change h
    SET status = CASE WHEN h.pay_number IS NULL THEN 'confirmed' ELSE 'awaiting_payment' END, version = h.version + 1,
        schedule_version = (SELECT c.schedule_version + 1 FROM contract c WHERE c.id = h.contract_id),
        ended_at = CASE WHEN h.pay_number IS NULL THEN :now::timestamptz END
    WHERE h.id = :id::uuid AND h.status = 'confirming'
    RETURNING h.*, CASE WHEN h.result -> 'total_after' = '0' AND h.kind <> 'write_off' THEN 'terminated' ELSE :contract_becomes END AS contract_becomes,
              CASE WHEN h.result -> 'total_after' = '0' AND h.kind <> 'write_off' THEN 'canceled' ELSE :order_becomes END AS order_becomes
), contracted AS (
    UPDATE contract c
    SET schedule_version = h.schedule_version,
        status = CASE WHEN contract_may_become(c.status, h.contract_becomes) THEN h.contract_becomes ELSE c.status END
    FROM change h
    WHERE c.id = h.contract_id
    RETURNING c.id
), ordered AS (
    UPDATE sales_order o SET status = h.order_becomes, closed_at = :now::timestamptz
    FROM change h
    WHERE o.id = h.order_id AND sales_order_may_become(o.status, h.order_becomes)
    RETURNING o.id, o.customer_id, o.reservation_id,
        EXISTS (SELECT FROM line_fulfilment f WHERE f.order_id = o.id AND (f.away > 0 OR f.returned > 0)) AS sent
), scheduled AS (
    INSERT INTO installment (contract_id, version, number, customer_id, due_date, days, opening_balance, principal, interest, fees, tax, total, closing_balance,
                             status, paid, outstanding, dpd, told_at, revision)
    SELECT h.contract_id, h.schedule_version, r.number, h.customer_id, r.due_date, r.days, r.opening_balance, r.principal, r.interest, r.fees, r.tax, r.total,
           r.closing_balance, b.status, b.paid, b.total - b.paid, CASE WHEN b.status = 'overdue' THEN greatest(:today::date - r.due_date, 0) ELSE 0 END,
           :now::timestamptz, b.revision
    FROM change h,
         jsonb_to_recordset(h.result -> 'installments') AS r(number int, due_date date, days int, opening_balance bigint, principal bigint, interest bigint,
                                                             fees bigint, tax bigint, total bigint, closing_balance bigint)
    JOIN json_to_recordset(:account::json -> 'installments') AS b(number int, status text, paid bigint, total bigint, revision bigint) ON b.number = r.number
), ahead AS (
    SELECT count(*) AS rows, (array_agg(b.due_date ORDER BY b.due_date, b.number))[1] AS due_date, (array_agg(b.total - b.paid ORDER BY b.due_date, b.number))[1] AS amount
    FROM json_to_recordset(:account::json -> 'installments') AS b(number int, due_date date, paid bigint, total bigint)
    WHERE b.paid < b.total
), undone AS (
    UPDATE contract_change u SET status = 'lapsed', version = u.version + 1, ended_at = :now::timestamptz
    FROM change h
    WHERE u.id = h.undoes AND u.status = 'awaiting_payment'
), lapses AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'lapse_change', 'lapse:' || id, expires_at, jsonb_build_object('change_id', id), :trace FROM change WHERE pay_number IS NOT NULL
    ON CONFLICT (key) DO NOTHING
), event AS (
    SELECT 1 AS place, 'order.schedule_changed' AS type, h.order_id, h.customer_id,
           jsonb_build_object('order_id', h.order_id, 'contract_id', h.contract_id, 'customer_id', h.customer_id, 'currency', c.currency, 'change_id', h.id,
                              'kind', h.kind, 'schedule_version', h.schedule_version, 'total', h.result -> 'total_after',
                              'outstanding', h.result -> 'outstanding_after', 'refund', h.result -> 'refund', 'requested_as', h.requested_as, 'pay_by', h.result -> 'pay' -> 'by',
                              'pay_amount', h.result -> 'pay' -> 'amount', 'open_installments', a.rows, 'next_due_date', a.due_date, 'next_amount', a.amount) AS data
    FROM change h JOIN contract c ON c.id = h.contract_id CROSS JOIN ahead a
    UNION ALL
    SELECT 2, 'order.canceled', id, customer_id,
           jsonb_build_object('order_id', id, 'customer_id', customer_id, 'reservation_id', reservation_id, 'sent', sent)
    FROM ordered
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT type, order_id::text, customer_id, data, :trace, :now::timestamptz
FROM event
ORDER BY place
