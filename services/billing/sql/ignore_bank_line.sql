-- A line that is none of the shop's business. Once; again it answers the same. No row: no such line.
WITH ignored AS (
    UPDATE bank_line l SET status = 'ignored', reason = :reason, decided_by = :by, decided_at = :now::timestamptz
    WHERE l.id = :id::uuid AND l.status IN ('unmatched', 'proposed')
    RETURNING bank_line_body(l)::text AS body
), known AS (
    SELECT l.status, bank_line_body(l)::text AS body FROM bank_line l WHERE l.id = :id::uuid
)
SELECT CASE WHEN i.body IS NULL AND k.status = 'matched' THEN 'bank_line_decided' END AS problem, coalesce(i.body, k.body) AS body
FROM known k LEFT JOIN ignored i ON true
