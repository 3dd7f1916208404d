-- What a customer agrees to now; the highest revision counts.
UPDATE contact c SET consents = e.consents, consents_revision = e.revision
FROM json_to_record(:data::json) AS e(customer_id uuid, consents jsonb, revision bigint)
WHERE c.customer_id = e.customer_id AND e.revision > c.consents_revision
