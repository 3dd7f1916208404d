-- A computed change that is not wanted.
WITH canceled AS (
    UPDATE contract_change h SET status = 'canceled', version = h.version + 1, ended_at = :now::timestamptz
    WHERE h.id = :id::uuid AND h.status = 'computed' AND h.version = :version::int
    RETURNING h AS whole
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'order.change_canceled', (whole).order_id::text, (whole).customer_id,
           jsonb_build_object('order_id', (whole).order_id, 'contract_id', (whole).contract_id, 'customer_id', (whole).customer_id, 'change_id', (whole).id,
                              'kind', (whole).kind, 'requested_as', (whole).requested_as, 'canceled_as', CASE WHEN :owner::uuid IS NULL THEN 'staff' ELSE 'customer' END,
                              'draft', (whole).requested_as = 'staff'), :trace, :now::timestamptz
    FROM canceled
), reply AS (
    SELECT contract_change_body(whole, :now::timestamptz)::text AS body FROM canceled
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM reply)
