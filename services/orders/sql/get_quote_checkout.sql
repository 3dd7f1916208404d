-- Everything an order is made from, or why none can be, when a quote is accepted: as get_checkout, with what was agreed.
WITH checkout AS (
    SELECT q.id AS cart_id, q.customer_id, NULL AS promotion_code, v.version AS cart_version, v.currency, v.lines, cart_total(v.lines) AS total,
           v.offer_id, v.plan_id, v.plan_version, v.request, v.deposit_rules, v.release, NULL AS min_amount, NULL AS max_amount,
           r.max_rate AS legal_rate, r.basis AS legal_basis, CASE WHEN v.request -> 'due_dates' ? 'calendar' THEN (SELECT closures_from(:today::date)) END AS closures,
           t.sha256 AS terms_sha256, terms_version(:today::date) AS terms_version,
           k.credit_policy, k.credit_room, k.credit_refused, k.credit_free, k.credit_hours, q.version AS latest, quote_status(q, v, c.order_id, :now::timestamptz) AS status
    FROM quote q
    JOIN quote_version v ON v.quote_id = q.id AND v.version = q.approved_version
    CROSS JOIN credit_terms(q.customer_id, v.currency, :today::date) AS k
    LEFT JOIN cart c ON c.id = q.id
    LEFT JOIN legal_rate_at(:country, :today::date) AS r ON true
    LEFT JOIN terms t ON t.version = :terms_version AND t.locale = :locale
    WHERE q.id = :id::uuid AND q.customer_id = :owner::uuid
), judged AS (
    SELECT k.*, CASE WHEN status = 'void' THEN 'quote_void'
                     WHEN status = 'converted' THEN 'quote_converted'
                     WHEN latest <> cart_version OR cart_version <> :version::int THEN 'quote_changed'
                     WHEN status = 'expired' THEN 'quote_expired'
                     WHEN terms_version IS DISTINCT FROM :terms_version THEN 'terms_version_unknown' END AS problem
    FROM checkout k
)
SELECT j.*, CASE problem WHEN 'terms_version_unknown' THEN 'the version in force is ' || terms_version END AS problem_detail
FROM judged j
