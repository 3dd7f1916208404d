-- One dispute.
-- pool: read
SELECT dispute_body(d) AS body FROM dispute d WHERE d.id = :id::uuid
