-- What is offered for lines of one currency, and the highest rate the law allows today.
-- pool: read
SELECT o.offer_id, o.plan_id, o.plan_version, o.name ->> :locale AS name, o.request, o.deposit_rules, o.release, o.min_amount,
       o.max_amount, r.max_rate AS legal_rate, r.basis AS legal_basis,
       CASE WHEN o.request -> 'due_dates' ? 'calendar' THEN (SELECT closures_from(:today::date)) END AS closures,
       terms_version(:today::date) AS terms_version
FROM plans_offered(:lines::jsonb, :currency, :channel, :buyer::uuid, :today::date) AS o
CROSS JOIN legal_rate_at(:country, :today::date) AS r
