-- Billing's word on one row of the schedule in force. The highest revision wins, whatever order they arrive in; a billing of before
-- revisions tells none.
UPDATE installment i
SET status = e.status, paid = e.paid, outstanding = e.outstanding, dpd = coalesce(e.dpd, 0), told_at = :occurred_at::timestamptz,
    revision = coalesce(e.revision, i.revision)
FROM json_to_record(:data::json) AS e(contract_id uuid, number int, revision bigint, status text, paid bigint, outstanding bigint, dpd int),
     contract c
WHERE c.id = e.contract_id AND i.contract_id = c.id AND i.version = c.schedule_version AND i.number = e.number
  AND coalesce(e.revision > i.revision, true) AND (i.status = e.status OR installment_may_become(i.status, e.status))
