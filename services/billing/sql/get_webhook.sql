-- A kept event that is still to be acted on.
SELECT provider, payload FROM webhook_event WHERE id = :id::uuid AND verdict IS NULL
