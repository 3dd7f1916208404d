-- What is to be paid next of an order, or all of it up to an installment, and what the order is called where it is paid; its JSON without the closing brace. No row: no such order, or somebody else's.
WITH account AS (
    SELECT * FROM order_account WHERE order_id = :order_id::uuid AND (:owner::uuid IS NULL OR customer_id = :owner::uuid)
), owed AS MATERIALIZED (
    SELECT i.number, i.due_date, i.total - i.paid AS outstanding, row_number() OVER (ORDER BY i.due_date, i.number) AS place
    FROM account a JOIN installment i USING (order_id)
    WHERE i.paid < i.total AND a.status IN ('pending', 'active')
), picked AS MATERIALIZED (   -- the deposit while that is unpaid, else what is due, else the next one
    SELECT o.* FROM owed o
    WHERE o.place <= CASE WHEN :through::int IS NOT NULL THEN (SELECT t.place FROM owed t WHERE t.number = :through::int)
                          ELSE coalesce((SELECT t.place FROM owed t WHERE t.number = 0), (SELECT max(t.place) FROM owed t WHERE t.due_date <= :today::date), 1) END
), judged AS (
    SELECT a.*, CASE WHEN a.status = 'closed' THEN 'order_closed' WHEN a.status = 'settled' THEN 'order_paid' WHEN a.status = 'written_off' THEN 'order_written_off'
                     WHEN NOT EXISTS (SELECT FROM picked) THEN 'not_found' END AS problem
    FROM account a
), known AS (
    SELECT r.number FROM payment_reference r WHERE r.order_id = :order_id::uuid
), made AS (
    INSERT INTO payment_reference (order_id) SELECT j.order_id FROM judged j WHERE j.problem IS NULL AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
    RETURNING number
), total AS (
    SELECT sum(p.outstanding)::bigint AS amount, greatest(min(p.due_date), :today::date) AS due_date,
           json_agg(json_build_object('number', p.number, 'due_date', p.due_date, 'outstanding', p.outstanding) ORDER BY p.place) AS installments
    FROM picked p
), called AS (
    SELECT payment_reference_text(coalesce((SELECT number FROM made), (SELECT number FROM known))) AS reference
)
SELECT j.problem, CASE j.problem WHEN 'not_found' THEN 'nothing is owed of such an installment' END AS problem_detail, t.amount, t.due_date, j.currency, c.reference,
       left(json_build_object('order_id', j.order_id, 'customer_id', j.customer_id, 'currency', j.currency, 'amount', t.amount, 'due_date', t.due_date, 'reference', c.reference,
                              'installments', t.installments)::text, -1) AS open_body
FROM judged j CROSS JOIN total t CROSS JOIN called c
