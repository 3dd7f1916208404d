-- An event has been acted on: applied, ignored (nothing of ours, or a kind we do not use), or refused (it contradicts what it is about).
UPDATE webhook_event SET verdict = :verdict, processed_at = :now::timestamptz WHERE id = :id::uuid AND verdict IS NULL
