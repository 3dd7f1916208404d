-- An event has been acted on: applied, or ignored (nothing of ours, or a kind we do not use).
UPDATE webhook_event SET verdict = :verdict, processed_at = :now::timestamptz WHERE id = :id::uuid AND verdict IS NULL
