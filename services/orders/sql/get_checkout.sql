-- Everything an order is made from, or why none can be: the cart, what is offered for it, the terms, what credit is left.
WITH checkout AS MATERIALIZED (   -- or the functions are called once for each mention
    SELECT c.id AS cart_id, c.customer_id, c.quote_version, CASE WHEN cart_discount(c.lines) > 0 THEN c.promotion ->> 'code' END AS promotion_code,
           c.status, c.expires_at, c.version AS cart_version, c.currency, c.lines, cart_total(c.lines) AS total,
           o.offer_id, o.plan_id, o.plan_version, o.request, o.deposit_rules, o.release, o.min_amount, o.max_amount,
           r.max_rate AS legal_rate, r.basis AS legal_basis, CASE WHEN o.request -> 'due_dates' ? 'calendar' THEN (SELECT closures_from(:today::date)) END AS closures,
           t.sha256 AS terms_sha256, terms_version(:today::date) AS terms_version,
           k.credit_policy, k.credit_room, k.credit_refused, k.credit_free, k.credit_hours
    FROM cart c
    CROSS JOIN credit_terms(c.customer_id, c.currency, :today::date) AS k
    LEFT JOIN plans_offered(c.lines, c.currency, c.channel, c.customer_id, :today::date, :offer_id::uuid) AS o ON true
    LEFT JOIN legal_rate_at(:country, :today::date) AS r ON true
    LEFT JOIN terms t ON t.version = :terms_version AND t.locale = :locale
    WHERE c.id = :cart_id::uuid AND c.customer_id = :owner::uuid
), judged AS (
    SELECT k.*, CASE WHEN quote_version IS NOT NULL THEN 'cart_quoted'
                     WHEN status = 'ordered' THEN 'cart_already_ordered'
                     WHEN expires_at <= :now::timestamptz THEN 'cart_expired'
                     WHEN terms_version IS DISTINCT FROM :terms_version THEN 'terms_version_unknown'
                     WHEN lines = '[]' THEN 'cart_empty'
                     WHEN offer_id IS NULL AND EXISTS (SELECT FROM plan_offer f WHERE f.id = :offer_id::uuid) THEN 'offer_not_available'
                     WHEN offer_id IS NULL THEN 'offer_not_found' END AS problem
    FROM checkout k
)
SELECT j.*, CASE problem WHEN 'terms_version_unknown' THEN 'the version in force is ' || terms_version
                         WHEN 'offer_not_available' THEN 'the plan is not for this cart, or its terms are others now: ask for the offers again' END AS problem_detail
FROM judged j
