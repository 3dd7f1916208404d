-- The plans offered for installments. Terms are those of the engine (plan.h); a plan is never changed once sold with: contracts keep a
-- copy of the terms they were made on.
CREATE TABLE plan (
    id                uuid PRIMARY KEY,
    code              text NOT NULL UNIQUE,
    position          int NOT NULL,              -- in lists of offers, lowest first
    active            boolean NOT NULL DEFAULT true,
    name_es           text NOT NULL,
    name_en           text NOT NULL,
    method            text NOT NULL CHECK (method IN ('annuity', 'interest_free')),
    annual_rate       numeric NOT NULL CHECK (annual_rate BETWEEN 0 AND 10),
    installments      int NOT NULL CHECK (installments BETWEEN 1 AND 600),
    frequency_unit    text NOT NULL CHECK (frequency_unit IN ('day', 'week', 'semimonth', 'month')),
    frequency_every   int NOT NULL DEFAULT 1 CHECK (frequency_every BETWEEN 1 AND 365),
    frequency_days    int[] CHECK ((frequency_unit = 'semimonth') = (frequency_days IS NOT NULL) AND cardinality(frequency_days) = 2),
    day_count         text NOT NULL DEFAULT 'period' CHECK (day_count IN ('period', '30/360', 'actual/365', 'actual/360')),
    deposit_share     numeric NOT NULL DEFAULT 0 CHECK (deposit_share >= 0 AND deposit_share < 1),
    rounding_mode     text NOT NULL DEFAULT 'half_even' CHECK (rounding_mode IN ('half_even', 'half_up', 'half_down', 'up', 'down')),
    rounding_residual text NOT NULL DEFAULT 'last' CHECK (rounding_residual IN ('last', 'first'))
);
CREATE INDEX plan_offered ON plan (position) WHERE active;

-- What depends on the currency: between which amounts a plan is offered, and the smallest unit installments are rounded to (pesos
-- without cents). A currency without a row has no limits and its minor unit.
CREATE TABLE plan_currency (
    plan_id       uuid NOT NULL REFERENCES plan,
    currency      char(3) NOT NULL,
    min_amount    bigint NOT NULL DEFAULT 1 CHECK (min_amount >= 1),
    max_amount    bigint NOT NULL DEFAULT 9007199254740991 CHECK (max_amount >= min_amount),
    rounding_unit bigint NOT NULL DEFAULT 1 CHECK (rounding_unit BETWEEN 1 AND 1000000),
    PRIMARY KEY (plan_id, currency)
);

-- The plans a new shop begins with. Rates are nominal a year.
INSERT INTO plan (id, code, position, name_es, name_en, method, annual_rate, installments, frequency_unit, deposit_share) VALUES
    ('019aa8a2-0000-7000-8000-000000000001', 'contado-3', 10, '3 cuotas sin interés', '3 installments, interest-free', 'interest_free', 0, 3, 'month', 0),
    ('019aa8a2-0000-7000-8000-000000000002', 'sin-interes-6', 20, '6 cuotas sin interés con 10 % de cuota inicial', '6 installments, interest-free, 10 % deposit', 'interest_free', 0, 6, 'month', 0.10),
    ('019aa8a2-0000-7000-8000-000000000003', 'credito-12', 30, '12 cuotas mensuales con 20 % de cuota inicial', '12 monthly installments, 20 % deposit', 'annuity', 0.18, 12, 'month', 0.20),
    ('019aa8a2-0000-7000-8000-000000000004', 'semanal-16', 40, '16 cuotas semanales con 10 % de cuota inicial', '16 weekly installments, 10 % deposit', 'annuity', 0.18, 16, 'week', 0.10);

-- 12 installments from about 50 dollars on, weekly ones from 20 to 2,000; pesos (COP, ARS, CLP has no cents) in whole pesos.
INSERT INTO plan_currency (plan_id, currency, min_amount, max_amount, rounding_unit)
SELECT p.id, l.currency,
       CASE p.code WHEN 'credito-12' THEN l.fifty WHEN 'semanal-16' THEN l.fifty * 2 / 5 ELSE l.unit * p.installments END,
       CASE p.code WHEN 'semanal-16' THEN l.fifty * 40 ELSE 9007199254740991 END,
       l.unit
FROM plan p
CROSS JOIN (VALUES ('USD', 5000::bigint, 1::bigint), ('EUR', 5000, 1), ('MXN', 100000, 1), ('PEN', 20000, 1), ('COP', 20000000, 100),
                   ('ARS', 7000000, 100), ('CLP', 50000, 1)) AS l(currency, fifty, unit);
