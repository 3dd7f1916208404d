-- A kept event with what it was signed with, whatever became of it.
SELECT provider, payload, signature FROM webhook_event WHERE id = :id::uuid
