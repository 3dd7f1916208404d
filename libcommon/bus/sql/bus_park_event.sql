-- Parks an event that could not be applied.
INSERT INTO dead_letter (producer, lane, event_id, type, event, error, attempts, parked_at)
VALUES (:producer::text, :lane::smallint, :event_id::uuid, :type::text, :event::text, :error::text, :attempts::int,
        :now::timestamptz)
ON CONFLICT (producer, event_id) DO UPDATE SET error = EXCLUDED.error, attempts = EXCLUDED.attempts
