-- One object as its document.
-- pool: read
SELECT body::text AS body, version, customer FROM object WHERE id = :id AND kind = :kind
