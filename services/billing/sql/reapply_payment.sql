-- A payment that rewind_account has taken back is made again, as of its day.
WITH done AS MATERIALIZED (
    SELECT p.id, p.order_id, p.customer_id, p.source, :amount::bigint AS received, :day::date AS paid_on, 'reallocation' AS kept_as, :id::uuid AS kept_in
    FROM payment p WHERE p.id = :payment_id::uuid
), {{part spread}}
SELECT CASE WHEN s.applied < s.received THEN cuotas_fail('unavailable', 'more was paid than is owed') END AS checked FROM split s
