-- What the provider made of it; what it says of the dispute itself comes as an event.
UPDATE dispute SET evidence_status = :status, updated_at = :now::timestamptz WHERE id = :id::uuid AND evidence_version = :version::int
