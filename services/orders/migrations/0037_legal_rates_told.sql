-- Who collects what is paid late keeps to the highest rates, too: those known by now are told as later ones are.
INSERT INTO outbox (type, subject, data, occurred_at)
SELECT 'legal_rate.recorded', r.id::text,
       jsonb_build_object('id', r.id, 'country', r.country, 'kind', r.kind, 'valid_from', r.valid_from, 'valid_until', r.valid_until, 'basis', r.basis, 'max_rate', r.max_rate::text),
       r.created_at
FROM legal_rate r ORDER BY r.id;
