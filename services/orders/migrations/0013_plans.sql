-- Plans that a shop defines: terms in the words of POST /v1/simulations, and what and whom they are for. The tables of before (plan, plan_currency) stay for the
-- version of before; nothing here reads them any more.

-- As it is now. `definition` is what the API takes and shows, without nulls and with its defaults.
CREATE TABLE plan_definition (
    id          uuid PRIMARY KEY,
    version     int NOT NULL DEFAULT 1,
    definition  jsonb NOT NULL,
    code        text NOT NULL GENERATED ALWAYS AS (definition ->> 'code') STORED CONSTRAINT plan_definition_code_key UNIQUE,
    position    int NOT NULL GENERATED ALWAYS AS ((definition ->> 'position')::int) STORED,
    active      boolean NOT NULL GENERATED ALWAYS AS ((definition ->> 'active')::boolean) STORED,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    updated_by  text                             -- who of the staff; NULL: came with the program
);
CREATE INDEX plan_definition_position ON plan_definition (position, id);

-- Every version there ever was.
CREATE TABLE plan_version (
    plan_id     uuid NOT NULL,
    version     int NOT NULL,
    definition  jsonb NOT NULL,
    made_at     timestamptz NOT NULL,
    made_by     text,
    PRIMARY KEY (plan_id, version)
);

-- What a buyer is shown and accepts: a plan at one number of installments, on these terms. Other terms are another offer: who was shown the old one is told to look again.
CREATE TABLE plan_offer (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    plan_id       uuid NOT NULL,
    installments  int NOT NULL,
    agreed        text NOT NULL,                 -- digest of all a buyer agrees to
    current       boolean NOT NULL,
    CONSTRAINT plan_offer_agreed UNIQUE (plan_id, installments, agreed)
);

CREATE FUNCTION plan_agreed(definition jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5(jsonb_build_array(definition -> 'terms', definition -> 'deposit_rules', definition -> 'release', definition -> 'currency',
                                 jsonb_path_query_array(definition, '$.eligibility.limits[*].rounding_unit'))::text);

-- What the API was given, as it is kept.
CREATE FUNCTION plan_defaults(given jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{"active": true, "position": 100, "release": {"policy": "immediate"}}'::jsonb || jsonb_strip_nulls(given);

-- The numbers of installments a plan is offered with.
CREATE FUNCTION plan_counts(definition jsonb) RETURNS int[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN definition ? 'counts' THEN (SELECT array_agg(n::int) FROM jsonb_array_elements_text(definition -> 'counts') AS n)
                ELSE ARRAY[coalesce((definition -> 'terms' ->> 'installments')::int, jsonb_array_length(definition -> 'terms' -> 'rows'))] END;
END $$;

-- A version is kept, and the offers follow it.
CREATE FUNCTION plan_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plan_version (plan_id, version, definition, made_at, made_by)
    VALUES (NEW.id, NEW.version, NEW.definition, NEW.updated_at, NEW.updated_by);
    UPDATE plan_offer SET current = false
    WHERE plan_id = NEW.id AND current AND NOT (installments = ANY (plan_counts(NEW.definition)) AND agreed = plan_agreed(NEW.definition));
    INSERT INTO plan_offer (plan_id, installments, agreed, current)
    SELECT NEW.id, n, plan_agreed(NEW.definition), true FROM unnest(plan_counts(NEW.definition)) AS n
    ON CONFLICT (plan_id, installments, agreed) DO UPDATE SET current = true WHERE NOT plan_offer.current;
    RETURN NULL;
END $$;
CREATE TRIGGER plan_changed AFTER INSERT OR UPDATE OF definition ON plan_definition FOR EACH ROW EXECUTE FUNCTION plan_changed();

REVOKE UPDATE, DELETE, TRUNCATE ON plan_version FROM {{app}};
REVOKE UPDATE, DELETE, TRUNCATE ON plan_definition, plan_offer FROM {{app}};
GRANT UPDATE (version, definition, updated_at, updated_by) ON plan_definition TO {{app}};
GRANT UPDATE (current) ON plan_offer TO {{app}};

-- The plans a shop has. Their offers keep the ids they were shown with.
CREATE FUNCTION pg_temp.plan_as_defined(p plan) RETURNS jsonb LANGUAGE sql STABLE
    RETURN jsonb_build_object(
        'code', p.code, 'name', jsonb_build_object('es', p.name_es, 'en', p.name_en), 'active', p.active, 'position', p.position,
        'release', jsonb_build_object('policy', 'immediate'),
        'terms', jsonb_strip_nulls(jsonb_build_object(
            'method', p.method, 'annual_rate', p.annual_rate::text, 'installments', p.installments,
            'frequency', jsonb_build_object('unit', p.frequency_unit, 'every', p.frequency_every, 'days', p.frequency_days), 'day_count', p.day_count,
            'deposit', CASE WHEN p.deposit_share > 0 THEN jsonb_build_object('type', 'percent', 'value', p.deposit_share::text) END,
            'rounding', jsonb_build_object('mode', p.rounding_mode, 'residual', p.rounding_residual))),
        'eligibility', jsonb_build_object('limits', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('currency', c.currency, 'min_amount', c.min_amount, 'max_amount', c.max_amount,
                                                         'rounding_unit', c.rounding_unit) ORDER BY c.currency), '[]')
            FROM plan_currency c WHERE c.plan_id = p.id)));
INSERT INTO plan_offer (id, plan_id, installments, agreed, current)
SELECT p.id, p.id, p.installments, plan_agreed(pg_temp.plan_as_defined(p)), true FROM plan p;
INSERT INTO plan_definition (id, definition, created_at, updated_at)
SELECT p.id, pg_temp.plan_as_defined(p), '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z' FROM plan p;

-- The highest rate a year the law allows, by the day. Told, never changed: what was told last of the same days counts.
CREATE TABLE legal_rate (
    id          uuid PRIMARY KEY,                -- in the order of time
    country     text NOT NULL,              -- ISO 3166
    kind        text NOT NULL,
    valid_from  date NOT NULL,
    valid_until date CHECK (valid_until >= valid_from),   -- its last day; NULL: until another one
    basis       text NOT NULL CHECK (basis IN ('effective', 'nominal')),
    max_rate    numeric NOT NULL CHECK (max_rate >= 0),
    source      text NOT NULL,
    created_at  timestamptz NOT NULL,
    created_by  text
);
CREATE INDEX legal_rate_day ON legal_rate (country, kind, valid_from DESC, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON legal_rate FROM {{app}};

-- The one of a day, all NULL where none is known: of those that began last by then, the one told last. Its word on when it ends counts, too: an earlier one does not come back.
CREATE FUNCTION legal_rate_at(of_country text, on_day date, of_kind text DEFAULT 'consumer') RETURNS legal_rate LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found_rate legal_rate;
BEGIN
    SELECT * INTO found_rate FROM legal_rate r
    WHERE r.country = of_country AND r.kind = of_kind AND r.valid_from <= on_day
    ORDER BY r.valid_from DESC, r.id DESC LIMIT 1;
    IF found_rate.valid_until < on_day THEN
        RETURN NULL;
    END IF;
    RETURN found_rate;
END $$;

-- Segments customers are in, as crm tells them; the latest word by its revision.
CREATE TABLE customer_segments (
    customer_id uuid PRIMARY KEY,
    segments    jsonb NOT NULL,
    revision    bigint NOT NULL
);

-- The offers for lines of one currency, [{product_id, category, line_total}], by position. For each product the plans that name it are the ones for it; if none does, those
-- that name its category; if none does, those that name neither. An offer of a plan is one for all lines. Amounts and rates are looked at by who computes it.
-- `request` is one of POST /v1/simulations.
CREATE FUNCTION plans_offered(lines jsonb, in_currency text, in_channel text, buyer uuid, on_day date, only_offer uuid DEFAULT NULL)
RETURNS TABLE (offer_id uuid, plan_id uuid, plan_version int, name jsonb, request jsonb, deposit_rules jsonb, release jsonb, min_amount bigint, max_amount bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    amount numeric := cart_total(lines);
    buyer_in jsonb := coalesce((SELECT s.segments FROM customer_segments s WHERE s.customer_id = buyer), '[]');
BEGIN
    RETURN QUERY
    WITH sold AS (
        SELECT DISTINCT l ->> 'product_id' AS product, l ->> 'category' AS category FROM jsonb_array_elements(lines) AS l
    ), fit AS (
        SELECT p.id, sold.product,
               CASE WHEN e.what -> 'products' ? sold.product THEN 3 WHEN e.what -> 'categories' ? sold.category THEN 2
                    WHEN coalesce(e.what -> 'products', '[]') = '[]' AND coalesce(e.what -> 'categories', '[]') = '[]' THEN 1 ELSE 0 END AS closeness
        FROM plan_definition p
        CROSS JOIN LATERAL (SELECT p.definition -> 'eligibility' AS what) AS e
        CROSS JOIN sold
        WHERE p.active AND coalesce(p.definition ->> 'currency', in_currency) = in_currency
          AND coalesce((e.what ->> 'valid_from')::date, on_day) <= on_day AND coalesce((e.what ->> 'valid_until')::date, on_day) >= on_day
          AND (coalesce(e.what -> 'channels', '[]') = '[]' OR e.what -> 'channels' ? in_channel)
          AND (coalesce(e.what -> 'segments', '[]') = '[]' OR EXISTS (SELECT FROM jsonb_array_elements_text(buyer_in) AS s WHERE e.what -> 'segments' ? s))
    ), judged AS (
        SELECT f.id, f.closeness > 0 AND f.closeness = max(f.closeness) OVER (PARTITION BY f.product) AS is_for_it FROM fit f
    ), chosen AS (
        SELECT j.id FROM judged j GROUP BY j.id HAVING bool_and(j.is_for_it)
    )
    SELECT o.id, p.id, p.version, p.definition -> 'name',
           p.definition -> 'terms' || jsonb_build_object('currency', in_currency, 'principal', amount, 'installments', o.installments,
               'rounding', coalesce(p.definition -> 'terms' -> 'rounding', '{}')
                           || CASE WHEN l.own ? 'rounding_unit' THEN jsonb_build_object('unit', l.own -> 'rounding_unit') ELSE '{}' END),
           coalesce(p.definition -> 'deposit_rules', '[]'), p.definition -> 'release', (l.own ->> 'min_amount')::bigint, (l.own ->> 'max_amount')::bigint
    FROM chosen c
    JOIN plan_definition p ON p.id = c.id
    JOIN plan_offer o ON o.plan_id = p.id AND o.current
    CROSS JOIN LATERAL (SELECT jsonb_path_query_first(p.definition, '$.eligibility.limits[*] ? (@.currency == $of)', jsonb_build_object('of', in_currency)) AS own) AS l
    WHERE only_offer IS NULL OR o.id = only_offer
    ORDER BY p.position, p.id, o.installments;
END $$;

-- Which offer of which version was agreed to. Orders of before: offer and plan were one.
ALTER TABLE contract ADD COLUMN offer_id uuid, ADD COLUMN plan_version int;
-- PostgreSQL 15.20 (November 2026) refuses a column with a default to a table whose rows a function takes that has a parsed body (RETURN). All functions over rows
-- are text from here on; one of before that stands in the way is text first, and says what it said.
CREATE OR REPLACE FUNCTION cart_body(c cart, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'status', CASE WHEN c.status = 'open' AND c.expires_at <= at THEN 'expired' ELSE c.status END,
                             'customer_id', c.customer_id, 'currency', c.currency, 'lines', c.lines, 'total', cart_total(c.lines),
                             'order_id', c.order_id, 'created_at', c.created_at, 'expires_at', c.expires_at)
$$;
-- Where the buyer stands: plans may be for some channels only.
ALTER TABLE cart ADD COLUMN channel text NOT NULL DEFAULT 'web';

CREATE OR REPLACE FUNCTION contract_body(c contract) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'status', c.status, 'schedule_version', c.schedule_version, 'offer_id', coalesce(c.offer_id, c.plan_id),
        'plan_id', c.plan_id, 'plan_version', coalesce(c.plan_version, 1),
        'plan', c.plan_terms, 'deposit', c.deposit, 'amount_financed', c.amount_financed, 'total_payable', c.total_payable,
        'apr_nominal', c.apr_nominal::text, 'effective_annual_rate', c.effective_annual_rate::text,
        'acceptance', json_build_object('terms_version', c.terms_version, 'locale', c.terms_locale, 'terms_sha256', c.terms_sha256,
            'accepted_at', c.accepted_at, 'accepted_by', c.accepted_by, 'ip', c.accepted_from),
        'settled_at', c.settled_at)
$$;

CREATE OR REPLACE FUNCTION order_body(o sales_order, c contract, lines json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', o.id, 'status', o.status, 'fulfilment_status', order_fulfilment(o.status, o.fulfilment_status, o.release),
        'customer_id', o.customer_id, 'contract_id', o.contract_id, 'cart_id', o.cart_id, 'currency', o.currency, 'goods_total', o.goods_total,
        'total_payable', o.total_payable, 'release', coalesce(o.release, '{"policy": "immediate"}'), 'lines', lines, 'contract', contract_body(c),
        'created_at', o.created_at, 'expires_at', o.expires_at, 'confirmed_at', o.confirmed_at, 'closed_at', o.closed_at, 'overdue_since', o.overdue_since)
$$;

CREATE OR REPLACE FUNCTION cart_body(c cart, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'status', CASE WHEN c.status = 'open' AND c.expires_at <= at THEN 'expired' ELSE c.status END,
                             'customer_id', c.customer_id, 'channel', c.channel, 'currency', c.currency, 'lines', c.lines, 'total', cart_total(c.lines),
                             'order_id', c.order_id, 'created_at', c.created_at, 'expires_at', c.expires_at)
$$;

CREATE FUNCTION plan_body(p plan_definition) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('id', p.id, 'version', p.version, 'created_at', p.created_at, 'updated_at', p.updated_at, 'updated_by', p.updated_by) || p.definition
$$;

CREATE FUNCTION legal_rate_body(r legal_rate) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', r.id, 'country', r.country, 'kind', r.kind, 'valid_from', r.valid_from, 'valid_until', r.valid_until, 'basis', r.basis,
                             'max_rate', r.max_rate::text, 'source', r.source, 'created_at', r.created_at, 'created_by', r.created_by)
$$;
