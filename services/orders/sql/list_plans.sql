-- The plans on offer, with their limits in a currency.
-- pool: read
SELECT p.id AS plan_id, CASE :locale WHEN 'en' THEN p.name_en ELSE p.name_es END AS name, p.method, p.annual_rate, p.installments,
       p.frequency_unit, p.frequency_every, p.frequency_days[1] AS day_1, p.frequency_days[2] AS day_2, p.day_count, p.deposit_share,
       p.rounding_mode, p.rounding_residual, l.rounding_unit, l.min_amount, l.max_amount, terms_version(:today::date) AS terms_version
FROM plan p
LEFT JOIN plan_currency l ON l.plan_id = p.id AND l.currency = :currency
WHERE p.active
ORDER BY p.position
