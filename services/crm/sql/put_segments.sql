-- The segments of a customer, if nobody changed them since that version; each once, in order.
WITH wanted AS (
    SELECT coalesce(jsonb_agg(DISTINCT s ORDER BY s), '[]') AS segments FROM jsonb_array_elements(:segments::jsonb) AS s
), put AS (
    INSERT INTO customer_segments AS s (customer_id, segments, version, updated_at)
    SELECT c.id, w.segments, 1, :now::timestamptz FROM customer c, wanted w WHERE c.id = :id::uuid
    ON CONFLICT (customer_id) DO UPDATE SET segments = excluded.segments, version = s.version + 1, updated_at = excluded.updated_at
    WHERE s.version = :version::bigint
    RETURNING s.customer_id, s.segments, s.version
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'customer.segments_changed', customer_id::text, customer_id,
           jsonb_build_object('customer_id', customer_id, 'segments', segments, 'revision', version), :trace, :now::timestamptz
    FROM put
)
SELECT json_build_object('customer_id', customer_id, 'segments', segments, 'version', version)::text AS body, NULL AS problem FROM put
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM put)
