-- What a queued notification needs to be written. email is NULL while the customer is not known here yet. wanted, not_before: of one that needs a consent.
-- pool: read
SELECT n.customer_id, n.template, n.data::text AS data, n.created_at, c.email, c.full_name, t.language, t.subject, t.body, t.purpose,
       c.consents -> t.purpose = 'true' AS wanted, CASE WHEN t.purpose IS NOT NULL THEN nullif(contact_time(:now::timestamptz, :zone), :now::timestamptz) END AS not_before
FROM notification n
LEFT JOIN contact c ON c.customer_id = n.customer_id
LEFT JOIN template t ON t.code = n.template AND t.language = CASE WHEN c.locale LIKE 'en%' THEN 'en' ELSE 'es' END
WHERE n.id = :id::uuid AND n.status = 'queued'
