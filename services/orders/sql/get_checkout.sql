-- Everything an order is made from, or why none can be: the cart, the plan with its limits in the cart's currency, the terms.
WITH checkout AS (
    SELECT c.status, c.expires_at, c.version AS cart_version, c.currency, c.lines, cart_total(c.lines) AS total,
           p.id AS plan_id, p.method, p.annual_rate, p.installments, p.frequency_unit, p.frequency_every, p.frequency_days[1] AS day_1,
           p.frequency_days[2] AS day_2, p.day_count, p.deposit_share, p.rounding_mode, p.rounding_residual,
           l.rounding_unit, l.min_amount, l.max_amount, t.sha256 AS terms_sha256, terms_version(:today::date) AS terms_version
    FROM cart c
    LEFT JOIN plan p ON p.id = :offer_id::uuid AND p.active
    LEFT JOIN plan_currency l ON l.plan_id = p.id AND l.currency = c.currency
    LEFT JOIN terms t ON t.version = :terms_version AND t.locale = :locale
    WHERE c.id = :cart_id::uuid AND c.customer_id = :owner::uuid
), judged AS (
    SELECT k.*, CASE WHEN status = 'ordered' THEN 'cart_already_ordered'
                     WHEN expires_at <= :now::timestamptz THEN 'cart_expired'
                     WHEN terms_version IS DISTINCT FROM :terms_version THEN 'terms_version_unknown'
                     WHEN lines = '[]' THEN 'cart_empty'
                     WHEN plan_id IS NULL THEN 'offer_not_found' END AS problem
    FROM checkout k
)
SELECT j.*, CASE problem WHEN 'terms_version_unknown' THEN 'the version in force is ' || terms_version END AS problem_detail
FROM judged j
