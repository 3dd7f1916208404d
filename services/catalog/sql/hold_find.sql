-- The active hold of a reference, if it has the lines asked. While it is not sold it then lasts as long as is asked now: whoever comes
-- back late must not order on a hold about to end. No row: there is none, or it ends right now.
WITH line AS (
    SELECT product_id, sum(quantity)::bigint AS quantity
    FROM jsonb_to_recordset(:lines::jsonb) AS l(product_id uuid, quantity bigint)
    GROUP BY product_id
), known AS (
    SELECT r.*, EXISTS (SELECT FROM jsonb_to_recordset(r.lines) AS h(product_id uuid, quantity bigint)
                        FULL JOIN line USING (product_id)
                        WHERE h.quantity IS DISTINCT FROM line.quantity) AS differs
    FROM reservation r
    WHERE r.reference = :reference AND r.status NOT IN ('released', 'expired')
), prolonged AS (
    UPDATE reservation r SET expires_at = greatest(r.expires_at, :expires_at::timestamptz)
    FROM known k
    WHERE r.id = k.id AND NOT k.differs AND r.status IN ('held', 'extended')
    RETURNING r.id, r.expires_at
), release AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'release_reservation', 'release:' || id || ':' || extract(epoch FROM expires_at)::bigint, expires_at,
           jsonb_build_object('reservation_id', id), :trace
    FROM prolonged
    ON CONFLICT (key) DO NOTHING
)
SELECT CASE WHEN k.differs THEN 'reservation_differs' END AS problem,
       json_build_object('reservation_id', k.id, 'currency', k.currency, 'total', k.total, 'lines', k.lines)::text AS body
FROM known k LEFT JOIN prolonged p USING (id)
WHERE k.differs OR p.id IS NOT NULL OR k.status NOT IN ('held', 'extended')
