-- The law's word on the highest rate. A rate that is effective allows the simple one of a year that never comes to more: that of a day, compounded, is what the law means.
INSERT INTO legal_rate (id, country, kind, valid_from, valid_until, max_rate)
SELECT e.id, e.country, e.kind, e.valid_from, e.valid_until,
       CASE e.basis WHEN 'nominal' THEN e.max_rate ELSE trunc(365 * (power(1 + e.max_rate, 1 / 365::numeric) - 1), 8) END
FROM json_to_record(:data::json) AS e(id uuid, country text, kind text, valid_from date, valid_until date, basis text, max_rate numeric)
ON CONFLICT (id) DO NOTHING
