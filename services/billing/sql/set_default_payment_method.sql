-- The method that is charged automatically from now on: the one saved last, so this one is saved again. What autopay has given up and is still owed is tried with it the next day.
WITH chosen AS (
    SELECT m.id, m.status, m.revoked_at, d.id AS now_default
    FROM payment_method m
    LEFT JOIN LATERAL (SELECT o.id FROM payment_method o WHERE o.customer_id = m.customer_id AND o.saved_at IS NOT NULL
                       ORDER BY o.saved_at DESC, o.id DESC LIMIT 1) AS d ON true
    WHERE m.id = :id::uuid AND m.removed_at IS NULL AND (:owner::uuid IS NULL OR m.customer_id = :owner::uuid)
), made AS (
    UPDATE payment_method m SET saved_at = :now::timestamptz FROM chosen c
    WHERE m.id = c.id AND c.status IN ('active', 'signed') AND m.status = c.status AND m.revoked_at IS NULL AND c.now_default IS DISTINCT FROM m.id
    RETURNING m.*
), again AS (
    UPDATE installment i SET next_attempt_on = :today::date + 1, attempts_before = i.attempts, first_attempt_on = NULL FROM made m
    WHERE i.customer_id = m.customer_id AND i.status IN ('due', 'partially_paid', 'overdue') AND i.number > 0 AND i.autopay AND i.next_attempt_on IS NULL
)
SELECT CASE WHEN c.status NOT IN ('active', 'signed') THEN 'payment_method_not_usable' WHEN c.revoked_at IS NOT NULL THEN 'mandate_revoked' END AS problem,
       CASE WHEN c.status IN ('active', 'signed') THEN payment_method_body(m.*, true, :today::date) END AS body
FROM chosen c JOIN payment_method m ON m.id = c.id
