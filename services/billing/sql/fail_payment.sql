-- A payment took no money (after lock_payment, in its unit): declined, or canceled. The account is free again. Autopay tries
-- again by the calendar of the decline's kind, and the next day where it gave up because part had been paid meanwhile; a card refused
-- for good is left alone until its owner saves one again.
WITH failed AS (
    UPDATE payment SET status = :status, failure_code = :failure_code, decline_kind = :decline_kind,
                       provider_reference = coalesce(:provider_reference, provider_reference), updated_at = :now::timestamptz,
                       brand = coalesce(:brand, brand), last4 = coalesce(:last4, last4)
    WHERE id = :payment_id::uuid AND status IN ('processing', 'unknown', 'requires_action')
    RETURNING *
), released AS (
    UPDATE order_account a SET in_flight = NULL FROM failed p WHERE a.order_id = p.order_id AND a.in_flight = p.id
), again AS (
    UPDATE installment i SET next_attempt_on = greatest(i.first_attempt_on + t.days, :today::date + 1)
    FROM (SELECT p.order_id, n.number, CASE WHEN p.status = 'canceled' THEN 1 ELSE c.days END AS days
          FROM failed p JOIN installment n ON n.order_id = p.order_id AND n.number = p.installment_number
          LEFT JOIN retry_calendar c ON c.decline_kind = p.decline_kind AND c.attempt = p.attempt - n.attempts_before
          WHERE p.source = 'autopay' AND n.paid < n.total) AS t
    WHERE i.order_id = t.order_id AND i.number = t.number AND t.days IS NOT NULL
    RETURNING i.next_attempt_on
), refused AS (
    UPDATE payment_method m SET status = 'declined' FROM failed p
    WHERE p.decline_kind = 'hard' AND m.id = p.payment_method_id AND m.status = 'active'
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'payment.failed', p.id::text, p.customer_id,
       jsonb_build_object('payment_id', p.id, 'order_id', p.order_id, 'customer_id', p.customer_id, 'amount', p.amount, 'currency', p.currency,
                          'source', p.source, 'failure_code', p.failure_code, 'decline_kind', p.decline_kind, 'attempt', p.attempt,
                          'next_attempt_on', (SELECT next_attempt_on FROM again)),
       :trace, :now::timestamptz
FROM failed p
WHERE p.status = 'failed'
