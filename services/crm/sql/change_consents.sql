-- What a customer agrees to from now on. Told when it is another answer than before, or the first one since changes are told: what was said at
-- the registration may be unknown to those who follow.
WITH changed AS (
    UPDATE customer AS c SET consents = c.consents || :changes::jsonb, consents_revision = c.consents_revision + 1
    WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.id = :owner::uuid)
      AND (c.consents || :changes::jsonb <> c.consents OR c.consents_revision = 0 AND :changes::jsonb <> '{}')
    RETURNING c AS whole
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'customer.consents_changed', (whole).id::text, (whole).id,
           jsonb_build_object('customer_id', (whole).id, 'consents', (whole).consents, 'revision', (whole).consents_revision), :trace, :now::timestamptz
    FROM changed
)
SELECT customer_body(whole)::text AS body FROM changed
UNION ALL
SELECT customer_body(c)::text FROM customer c
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.id = :owner::uuid) AND NOT EXISTS (SELECT FROM changed)
