-- The provider has set a method up for later charges: it becomes the customer's default. What autopay has
-- tried in vain and is still owed is tried with it the next day, by a calendar begun anew. What was taken back for its token since it was asked for stays so.
WITH saved AS (
    UPDATE payment_method m SET status = 'active', token = :token, provider_customer = :provider_customer, brand = :brand, last4 = :last4,
                              exp_month = :exp_month::int, exp_year = :exp_year::int, saved_at = :now::timestamptz,
                              provider_reference = coalesce(:provider_reference, provider_reference),
                              failure_code = NULL, next_action_type = NULL, next_action_url = NULL,
                              (revoked_at, revoked_by) = (SELECT o.revoked_at, o.revoked_by FROM payment_method o
                                                          WHERE o.customer_id = m.customer_id AND o.provider = m.provider AND o.token = :token AND o.revoked_at > m.created_at
                                                          ORDER BY o.revoked_at DESC LIMIT 1)
    WHERE id = :id::uuid AND status IN ('processing', 'requires_action')
    RETURNING *
), ended AS (
    UPDATE mandate d SET revoked_at = m.revoked_at, revoked_by = m.revoked_by FROM saved m WHERE d.payment_method_id = m.id AND m.revoked_at IS NOT NULL
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
