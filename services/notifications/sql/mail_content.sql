-- What a queued notification needs to be written. email is NULL while the customer is not known here yet; the staff is written to where the key was asked for, also when they have
-- another address by the time it is sent. wanted, not_before: of one that needs a consent.
-- pool: read
SELECT n.customer_id, n.template, n.data::text AS data, n.created_at,
       CASE WHEN n.template LIKE 'staff\_%' THEN n.data ->> 'email' ELSE c.email END AS email, c.full_name, t.language, t.subject, t.body, t.purpose,
       c.consents -> t.purpose = 'true' AS wanted, CASE WHEN t.purpose IS NOT NULL THEN nullif(contact_time(:now::timestamptz, :zone), :now::timestamptz) END AS not_before
FROM notification n
LEFT JOIN contact c ON c.customer_id = n.customer_id
LEFT JOIN template t ON t.code = n.template AND t.language = CASE WHEN c.locale LIKE 'en%' THEN 'en' ELSE 'es' END
WHERE n.id = :id::uuid AND n.status = 'queued'
