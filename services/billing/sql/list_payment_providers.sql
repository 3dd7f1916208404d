-- The providers that take a charge, by the first rule that fits it, else as they are set up (:set_up, in order, with the only currency each takes).
-- pool: read
WITH rule AS (
    SELECT r.rule -> 'providers' AS providers
    FROM (SELECT rules FROM routing_policy ORDER BY version DESC LIMIT 1) AS p, jsonb_array_elements(p.rules) WITH ORDINALITY AS r(rule, place)
    WHERE coalesce(r.rule ->> 'currency', :currency) = :currency AND (r.rule ->> 'amount_min' IS NULL OR :amount::bigint >= (r.rule ->> 'amount_min')::bigint)
      AND (r.rule ->> 'amount_max' IS NULL OR :amount::bigint <= (r.rule ->> 'amount_max')::bigint)
    ORDER BY r.place LIMIT 1
), usable AS (
    SELECT s.provider, coalesce((SELECT e.place FROM jsonb_array_elements_text(r.providers) WITH ORDINALITY AS e(name, place) WHERE e.name = s.provider),
                                CASE WHEN r.providers IS NULL THEN s.place END) AS place
    FROM ROWS FROM (jsonb_to_recordset(:set_up::jsonb) AS (provider text, currency text)) WITH ORDINALITY AS s(provider, currency, place) LEFT JOIN rule r ON true
    WHERE s.currency IS NULL OR s.currency = :currency
)
SELECT json_build_object('currency', :currency::text, 'providers', coalesce(json_agg(provider ORDER BY place) FILTER (WHERE place IS NOT NULL), '[]'::json))::text AS body FROM usable
