-- What being late costs: late interest, day by day from what was overdue and the rates of those days, and late fees, once an installment.

-- The policy holds for days from this one on.
ALTER TABLE receivables_policy ADD COLUMN valid_from date NOT NULL DEFAULT '-infinity';

-- late_sum: balance x rate x days so far, in 131,400ths of a minor unit (of a year of 360 and of 365 days alike), exact; late_interest: that, rounded once; both up to late_until.
-- late_fee: NULL until it has been decided.
ALTER TABLE installment
    ADD COLUMN late_until date,
    ADD COLUMN late_sum numeric NOT NULL DEFAULT 0,
    ADD COLUMN late_interest bigint NOT NULL DEFAULT 0,
    ADD COLUMN late_fee bigint;
GRANT UPDATE (late_until, late_sum, late_interest, late_fee) ON installment TO {{app}};

-- The highest rates the law allows, as orders tells them: a fraction a year of 365 days, of simple interest.
CREATE TABLE legal_rate (
    id          uuid PRIMARY KEY,      -- in the order of time: of two for the same first day the later one counts
    country     text NOT NULL,
    kind        text NOT NULL,
    valid_from  date NOT NULL,
    valid_until date,
    max_rate    numeric NOT NULL
);
CREATE INDEX legal_rate_day ON legal_rate (country, kind, valid_from DESC, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON legal_rate FROM {{app}};

-- Of a day; NULL: no limit is known. That of late interest, where the law has one of its own, else that of consumer credit.
CREATE FUNCTION legal_rate_on(of_country text, day date) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT r.max_rate
            FROM unnest(ARRAY['late', 'consumer']) WITH ORDINALITY AS k(kind, place)
            CROSS JOIN LATERAL (SELECT l.max_rate, l.valid_until FROM legal_rate l
                                WHERE l.country = of_country AND l.kind = k.kind AND l.valid_from <= day ORDER BY l.valid_from DESC, l.id DESC LIMIT 1) AS r
            WHERE r.valid_until IS NULL OR r.valid_until >= day
            ORDER BY k.place LIMIT 1);

-- What a policy says of being late, day by day. rate: 131,400ths a day of what is overdue, at most the law's.
CREATE VIEW late_policy AS
SELECT p.version, p.valid_from, coalesce(lead(p.valid_from) OVER (ORDER BY p.version), 'infinity') AS ends, (l.annual_rate)::numeric AS annual_rate,
       CASE l.day_count WHEN 'actual_360' THEN 365 ELSE 360 END AS parts, l.basis, coalesce(l.grace_days, 0) AS grace_days, coalesce(l.fees, '[]') AS fees
FROM receivables_policy p
CROSS JOIN LATERAL jsonb_to_record(coalesce(p.body -> 'late', '{}')) AS l(annual_rate text, day_count text, basis text, grace_days int, fees jsonb);

CREATE OR REPLACE FUNCTION receivables_policy_body(p receivables_policy) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (jsonb_build_object('version', p.version, 'valid_from', nullif(p.valid_from, '-infinity'), 'late', NULL, 'changed_at', p.made_at, 'changed_by', p.made_by) || p.body)::json
$$;
