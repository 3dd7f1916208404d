-- Keeps a method its owner wants to be charged by later, with what they agreed to; it becomes the customer's default. Saved again, it is as good as new.
-- What autopay has tried in vain and is still owed is tried with it the next day, by a calendar begun anew.
WITH saved AS (
    INSERT INTO payment_method (id, customer_id, provider, provider_customer, token, brand, last4, exp_month, exp_year, status,
                                created_at, saved_at)
    SELECT :id::uuid, :customer_id::uuid, :provider, :provider_customer, :token, :brand, :last4, :exp_month::int, :exp_year::int, 'active',
           :now::timestamptz, :now::timestamptz
    ON CONFLICT (provider, token) WHERE saved_at IS NOT NULL
    DO UPDATE SET status = 'active', saved_at = excluded.saved_at,   -- what was taken back since it was asked for stays so
                  (revoked_at, revoked_by) = (SELECT payment_method.revoked_at, payment_method.revoked_by FROM payment p
                                              WHERE p.id = :payment_id::uuid AND payment_method.revoked_at > p.created_at)
              WHERE payment_method.customer_id = excluded.customer_id AND payment_method.saved_at < excluded.saved_at
    RETURNING *
), agreed AS (
    INSERT INTO mandate (id, payment_method_id, customer_id, text, text_sha256, channel, ip, user_agent, recorded_by, accepted_at, payment_id, revoked_at, revoked_by)
    SELECT entry_id('mandate:' || g.payment_id), m.id, g.customer_id, g.text, g.text_sha256, g.channel, g.ip, g.user_agent, g.recorded_by, g.accepted_at, g.payment_id, m.revoked_at, m.revoked_by
    FROM saved m JOIN payment_mandate g ON g.payment_id = :payment_id::uuid
    ON CONFLICT (id) DO NOTHING
), again AS (
    UPDATE installment i SET next_attempt_on = :today::date + 1, attempts_before = i.attempts, first_attempt_on = NULL FROM saved m
    WHERE i.customer_id = m.customer_id AND i.status IN ('due', 'partially_paid', 'overdue') AND i.number > 0 AND i.autopay
      AND (i.next_attempt_on IS NULL OR i.attempts > i.attempts_before)
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'payment_method.saved', m.id::text, m.customer_id,
       jsonb_build_object('payment_method_id', m.id, 'customer_id', m.customer_id, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4),
       :trace, :now::timestamptz
FROM saved m
