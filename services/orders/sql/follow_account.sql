-- Rows in force as billing's account has them now: what it said while they were not written yet; of each row the higher revision wins. Its order follows (after lock_order, in
-- its unit): since when it is past due, whether what is paid opens the gate to its goods, how far it is when some of it is not to be sent any more; and a change that waited
-- to be paid.
WITH change AS (
    SELECT h.id, h.kind, h.order_id, h.contract_id, h.pay_number, c.schedule_version, c.status AS contract_status FROM contract_change h JOIN contract c ON c.id = h.contract_id WHERE h.id = :id::uuid
), said AS (
    SELECT * FROM json_to_recordset(:account::json -> 'installments') AS b(number int, due_date date, status text, paid bigint, total bigint, revision bigint)
), known AS (   -- billing may have told of a row since it gave that answer
    SELECT b.number, b.due_date, b.total, CASE WHEN n.newer THEN b.status ELSE i.status END AS status, CASE WHEN n.newer THEN b.paid ELSE i.paid END AS paid
    FROM change h CROSS JOIN said b
    LEFT JOIN installment i ON i.contract_id = h.contract_id AND i.version = h.schedule_version AND i.number = b.number
    CROSS JOIN LATERAL (
        SELECT i.number IS NULL OR b.revision > i.revision AND (i.status = b.status OR installment_may_become(i.status, b.status)) AS newer) AS n
), standing AS MATERIALIZED (
    SELECT o.id, o.customer_id, o.contract_id, s.since, g.released, f.fulfilment,
           o.status = 'confirmed' AND h.contract_status = 'settled' AND f.fulfilment = 'fulfilled' AS completes
    FROM change h JOIN sales_order o ON o.id = h.order_id,
         (SELECT min(due_date) FILTER (WHERE status = 'overdue' AND paid < total) AS since, sum(paid)::bigint AS paid, sum(total)::bigint AS total FROM known) AS s
    CROSS JOIN LATERAL (   -- NULL: as it was
        SELECT CASE WHEN h.kind = 'return' THEN nullif(fulfilment_from_lines(o.id), coalesce(o.fulfilment_status, 'unfulfilled')) END AS fulfilment) AS f
    CROSS JOIN LATERAL (   -- what was written off was not paid
        SELECT f.fulfilment IS NULL AND h.kind <> 'write_off' AND release_awaited(o) AND release_reached(o.release, h.contract_id, s.paid, s.total) AS released) AS g
), ordered AS (
    UPDATE sales_order o SET overdue_since = s.since, fulfilment_status = CASE WHEN s.released THEN 'unfulfilled' ELSE coalesce(s.fulfilment, o.fulfilment_status) END,
                             status = CASE WHEN s.completes THEN 'completed' ELSE o.status END
    FROM standing s
    WHERE o.id = s.id AND (s.released OR s.fulfilment IS NOT NULL OR o.overdue_since IS DISTINCT FROM s.since)
    RETURNING o.id, o.customer_id, o.contract_id, s.released, s.completes
), released AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'fulfillment.updated', id::text, customer_id, released_event(id, customer_id, :now::timestamptz), :trace, :now::timestamptz FROM ordered WHERE released
    UNION ALL
    SELECT 'order.completed', id::text, customer_id, jsonb_build_object('order_id', id, 'contract_id', contract_id, 'customer_id', customer_id), :trace, :now::timestamptz
    FROM ordered WHERE completes
), settled AS (
    UPDATE contract_change u SET status = 'confirmed', version = u.version + 1, ended_at = :now::timestamptz
    FROM change h JOIN known b ON b.number = h.pay_number
    WHERE u.id = h.id AND u.status = 'awaiting_payment' AND b.paid = b.total
)
UPDATE installment i
SET status = b.status, paid = b.paid, outstanding = b.total - b.paid, told_at = :now::timestamptz, revision = b.revision
FROM change h, said b
WHERE i.contract_id = h.contract_id AND i.version = h.schedule_version AND i.number = b.number AND b.revision > i.revision
  AND (i.status = b.status OR installment_may_become(i.status, b.status))
