-- One case.
-- pool: read
SELECT case_json(c)::text AS body FROM collection_case c WHERE id = :id::uuid
