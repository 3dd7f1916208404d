-- The provider took a payment's money, or credit pays it (after lock_payment, in its unit): see parts/paid.sql.
-- Has an effect once, whoever tells it however often: all hangs on the payment leaving its former state.
WITH done AS (
    UPDATE payment SET status = 'succeeded', received = coalesce(:received::bigint, amount), updated_at = :now::timestamptz, completed_at = :now::timestamptz,
                       provider_reference = coalesce(:provider_reference, provider_reference),
                       brand = coalesce(:brand, brand), last4 = coalesce(:last4, last4), failure_code = NULL, decline_kind = NULL,
                       next_action_type = NULL, next_action_url = NULL
    WHERE id = :payment_id::uuid AND status <> 'succeeded'
    RETURNING *, CASE provider WHEN 'credit' THEN 'customer_credit' ELSE 'cash_at_provider' END AS till, :today::date AS paid_on,
              CASE provider WHEN 'credit' THEN 'credit' ELSE 'payment' END AS kept_as, id AS kept_in
), {{part paid}}, keeping AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'keep_method', 'keep:' || s.id, :now::timestamptz, jsonb_build_object('payment_id', s.id, 'token', :method_token::text), :trace
    FROM split s
    WHERE s.save AND :method_token::text IS NOT NULL
    ON CONFLICT (key) DO NOTHING
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT e.type, e.subject, s.customer_id, e.data, :trace, :now::timestamptz
FROM event e CROSS JOIN split s
ORDER BY e.place, e.number
