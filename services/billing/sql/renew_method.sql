-- The provider says what a saved method is like now: its bank has sent another card in its place, or its data was corrected. One that was declined for what is another now can be charged again, and
-- what autopay has given up and is still owed is tried with it the next day. known: it is one of ours.
WITH kept AS MATERIALIZED (
    SELECT m.*, (:exp_year::int, :exp_month::int, coalesce(:last4::text, m.last4)) IS DISTINCT FROM (m.exp_year, m.exp_month, m.last4) AS another FROM payment_method m
    WHERE m.provider = :provider AND m.token = :token AND m.saved_at IS NOT NULL
    FOR NO KEY UPDATE
), renewed AS (
    UPDATE payment_method m SET brand = coalesce(:brand, m.brand), last4 = coalesce(:last4, m.last4), exp_month = :exp_month::int, exp_year = :exp_year::int,
        status = CASE WHEN k.status = 'declined' AND (
            SELECT p.failure_code FROM payment p WHERE p.customer_id = k.customer_id AND p.payment_method_id = k.id AND p.status = 'failed' AND p.decline_kind = 'hard'
            ORDER BY p.created_at DESC, p.id DESC LIMIT 1) <> 'card_declined' THEN 'active' ELSE m.status END
    FROM kept k WHERE m.id = k.id AND k.another
    RETURNING m.customer_id, k.status = 'declined' AND m.status = 'active' AS usable_again
), again AS (
    UPDATE installment i SET next_attempt_on = :today::date + 1, attempts_before = i.attempts, first_attempt_on = NULL FROM renewed r
    WHERE r.usable_again AND i.customer_id = r.customer_id AND i.status IN ('due', 'partially_paid', 'overdue') AND i.number > 0 AND i.autopay AND i.next_attempt_on IS NULL
)
SELECT EXISTS (SELECT FROM kept) AS known
