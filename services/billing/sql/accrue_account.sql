-- What being late costs an order up to a day, told again (in the unit of rewind_account).
WITH upto AS MATERIALIZED (
    SELECT :order_id::uuid AS order_id, :day::date AS day
), {{part lateness}}, updated AS (
    UPDATE installment i
    SET penalty = i.penalty + l.interest + coalesce(l.fee, 0) - l.before, total = i.total + l.interest + coalesce(l.fee, 0) - l.before,
        late_until = l.until, late_sum = l.sum, late_interest = l.interest, late_fee = l.fee,
        status = installment_status(i.total + l.interest + coalesce(l.fee, 0) - l.before, i.paid, i.due_date, :today::date)
    FROM lateness l
    WHERE i.order_id = :order_id::uuid AND i.number = l.number AND l.until IS NOT NULL
    RETURNING l.interest + coalesce(l.fee, 0) - l.before AS added
)
UPDATE order_account a SET total = a.total + u.added
FROM (SELECT sum(added)::bigint AS added FROM updated) AS u
WHERE a.order_id = :order_id::uuid AND u.added <> 0
