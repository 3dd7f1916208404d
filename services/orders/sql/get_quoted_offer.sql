-- A plan for a quote's lines with what was negotiated in place of its own terms, and the highest rate the law allows today.
SELECT o.offer_id, o.plan_id, o.plan_version, o.name ->> 'es' AS name, o.request || :terms::jsonb AS request,
       CASE WHEN :terms::jsonb ? 'deposit' THEN '[]' ELSE o.deposit_rules END AS deposit_rules, o.release, o.min_amount, o.max_amount,
       r.max_rate AS legal_rate, r.basis AS legal_basis,
       CASE WHEN o.request -> 'due_dates' ? 'calendar' THEN (SELECT closures_from(:today::date)) END AS closures,
       terms_version(:today::date) AS terms_version,
       CASE WHEN o.offer_id IS NOT NULL THEN NULL
            WHEN EXISTS (SELECT FROM plan_offer f WHERE f.id = :offer_id::uuid) THEN 'offer_not_available' ELSE 'offer_not_found' END AS problem
FROM legal_rate_at(:country, :today::date) AS r
LEFT JOIN plans_offered(:lines::jsonb, :currency, :channel, :customer_id::uuid, :today::date, :offer_id::uuid) AS o ON true
