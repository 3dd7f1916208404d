-- What an event does.
INSERT INTO thing (id, event, data, name) VALUES (:subject::uuid, :event_id::uuid, :data::jsonb, :data::jsonb ->> 'name')
