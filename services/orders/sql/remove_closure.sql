-- A closure taken back; whoever does it again is told the same.
WITH removed AS (
    UPDATE closure AS c SET removed_at = :now::timestamptz, removed_by = :by WHERE id = :id::uuid AND removed_at IS NULL
    RETURNING closure_body(c)::text AS body
)
SELECT body FROM removed
UNION ALL
SELECT closure_body(c)::text FROM closure c WHERE id = :id::uuid AND removed_at IS NOT NULL AND NOT EXISTS (SELECT FROM removed)
