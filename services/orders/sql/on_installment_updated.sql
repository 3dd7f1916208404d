-- Billing's word on one row of the schedule in force. The highest revision wins, whatever order they arrive in; a billing of before
-- revisions tells none. What a change after the sale made of a row is written with the version that it makes (finish_change), and earlier versions stay as they ended.
-- Its order follows: since when it is past due, and whether what is paid opens the gate to its goods; and a change that waited to be paid.
WITH told AS (
    UPDATE installment i
    SET status = e.status, paid = e.paid, outstanding = e.outstanding, dpd = coalesce(e.dpd, 0), told_at = :occurred_at::timestamptz,
        revision = coalesce(e.revision, i.revision)
    FROM json_to_record(:data::json) AS e(contract_id uuid, number int, revision bigint, status text, paid bigint, outstanding bigint, dpd int),
         contract c
    WHERE c.id = e.contract_id AND i.contract_id = c.id AND i.version = c.schedule_version AND i.number = e.number AND NOT :data::jsonb ? 'change'
      AND coalesce(e.revision > i.revision, true) AND (i.status = e.status OR installment_may_become(i.status, e.status))
    RETURNING c.order_id, i.contract_id, i.version, i.number, i.due_date, i.status, i.paid, i.total, i.outstanding, i.status = 'overdue' AND i.outstanding > 0 AS overdue
), followed AS (
    SELECT o.id, o.release,
           CASE WHEN t.overdue THEN least(o.overdue_since, t.due_date)
                WHEN o.overdue_since = t.due_date THEN (SELECT min(i.due_date) FROM installment i
                                                        WHERE i.contract_id = t.contract_id AND i.version = t.version AND i.number <> t.number
                                                          AND i.status = 'overdue' AND i.outstanding > 0)
                ELSE o.overdue_since END AS overdue_since,
           release_awaited(o)
           AND (SELECT release_reached(o.release, t.contract_id, (t.paid + coalesce(sum(i.paid), 0))::bigint, (t.total + coalesce(sum(i.total), 0))::bigint)
                FROM installment i WHERE i.contract_id = t.contract_id AND i.version = t.version AND i.number <> t.number) AS released
    FROM told t JOIN sales_order o ON o.id = t.order_id
), settled AS (
    UPDATE contract_change h SET status = 'confirmed', version = h.version + 1, ended_at = :occurred_at::timestamptz
    FROM told t
    WHERE h.contract_id = t.contract_id AND h.status = 'awaiting_payment' AND h.pay_number = t.number AND t.outstanding = 0
), ordered AS (
    UPDATE sales_order o SET overdue_since = f.overdue_since, fulfilment_status = CASE WHEN f.released THEN 'unfulfilled' ELSE o.fulfilment_status END
    FROM followed f
    WHERE o.id = f.id AND (f.released OR f.overdue_since IS DISTINCT FROM o.overdue_since)
    RETURNING o.id, o.customer_id, f.released
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'fulfillment.updated', id::text, customer_id, released_event(id, customer_id, :occurred_at::timestamptz), :trace, :occurred_at::timestamptz
FROM ordered WHERE released
