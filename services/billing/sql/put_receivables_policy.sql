-- The policy that follows a version; nobody else may have followed it. A kind of transaction that has no rule of its own has that of payments.
WITH given AS (
    SELECT jsonb_set(b, '{allocation}', (SELECT jsonb_agg(coalesce(own.rule, payment.rule) || jsonb_build_object('transaction', t.name) ORDER BY t.place)
                                         FROM unnest(ARRAY['payment', 'autopay', 'link', 'credit']) WITH ORDINALITY AS t(name, place)
                                         LEFT JOIN jsonb_array_elements(b -> 'allocation') AS own(rule) ON own.rule ->> 'transaction' = t.name
                                         JOIN jsonb_array_elements(b -> 'allocation') AS payment(rule) ON payment.rule ->> 'transaction' = 'payment')) AS body
    FROM (SELECT :body::jsonb AS b) AS said
), put AS (
    INSERT INTO receivables_policy AS p (version, valid_from, body, made_at, made_by)
    SELECT :version::int + 1, :today::date, body, :now::timestamptz, :by FROM given
    ON CONFLICT (version) DO NOTHING
    RETURNING receivables_policy_body(p)::text AS body, p.version, p.body -> 'allocation' AS rules
), ruled AS (
    INSERT INTO allocation_rule (transaction, version, ranks, vertical, last_first)
    SELECT r ->> 'transaction', p.version, allocation_ranks(r -> 'order'), r ->> 'processing' = 'vertical', r ->> 'future' = 'last'
    FROM put p, jsonb_array_elements(p.rules) AS r
)
SELECT body, NULL AS problem FROM put
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM put)
