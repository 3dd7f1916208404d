-- A cart becomes an order with its contract and schedule, in one statement: whoever claims the cart writes all of it, and a second
-- request finds it claimed. Installment 0 is the deposit. Nothing is written when the cart changed since it was read.
-- The customer's book takes the order first: of two orders at once the second waits there, and is judged with the first in it. Declined, nothing of it stays. What a
-- person has to decide is a draft, and told to nobody who would take money for it.
-- adds: jobs for later
WITH claimed AS (
    UPDATE cart SET status = 'ordered', order_id = :order_id::uuid, updated_at = :now::timestamptz
    WHERE id = :cart_id::uuid AND customer_id = :owner::uuid AND status = 'open' AND version = :cart_version::int
    RETURNING id, customer_id
), booked AS (
    INSERT INTO credit_book AS b (customer_id, exposure, contracts)
    SELECT customer_id, credit_more('{}', :currency, :on_credit::bigint), 1 FROM claimed
    ON CONFLICT (customer_id) DO UPDATE SET exposure = credit_more(b.exposure, :currency, :on_credit::bigint), contracts = b.contracts + 1
    RETURNING b AS whole
), judged AS MATERIALIZED (   -- once
    SELECT CASE WHEN :credit_policy::int IS NOT NULL
                THEN credit_place(:credit_policy::int, b.whole, :on_credit::bigint, :currency, :today::date) END AS credit
    FROM booked b
), decided AS MATERIALIZED (
    SELECT credit, coalesce(credit ->> 'outcome' = 'review', false) AS review,
           :now::timestamptz + make_interval(hours => (credit ->> 'review_hours')::int) AS review_until
    FROM judged
), placed AS (
    INSERT INTO sales_order AS o (id, customer_id, status, cart_id, contract_id, reservation_id, currency, goods_total, total_payable,
                                  created_at, expires_at, release, credit)
    SELECT :order_id::uuid, customer_id, CASE WHEN d.review THEN 'draft' ELSE 'pending_payment' END, id, :contract_id::uuid, :reservation_id::uuid, :currency,
           :goods_total::bigint, :total_payable::bigint, :now::timestamptz,
           CASE WHEN d.review THEN d.review_until ELSE :expires_at::timestamptz END, :release::jsonb, d.credit
    FROM claimed, decided d
    RETURNING o AS whole
), agreed AS (
    INSERT INTO contract AS c (id, order_id, customer_id, status, plan_id, plan_version, offer_id, plan_terms, currency, deposit, amount_financed, total_payable,
                               apr_nominal, effective_annual_rate, terms_version, terms_locale, terms_sha256, contract_sha256, accepted_at, accepted_by,
                               accepted_from, in_book)
    SELECT :contract_id::uuid, :order_id::uuid, customer_id, 'pending_signature', :plan_id::uuid, :plan_version::int, :offer_id::uuid,
           :plan_terms::jsonb, :currency,
           :deposit::bigint, :amount_financed::bigint, :total_payable::bigint, :apr_nominal::numeric, :effective_annual_rate::numeric,
           :terms_version, :locale, :terms_sha256, :contract_sha256, :now::timestamptz, customer_id, :client_ip, true
    FROM claimed
    RETURNING c AS whole
), documented AS (
    INSERT INTO contract_document (id, contract_id, kind, version, locale, media_type, body, created_at)
    SELECT gen_random_uuid(), :contract_id::uuid, 'contract', 1, :locale, 'text/markdown', convert_to(:contract_text, 'UTF8'), :now::timestamptz
    FROM claimed
    WHERE :contract_text IS NOT NULL
), sold AS (
    INSERT INTO order_line (order_id, number, product_id, sku, name, kind, category, quantity, unit_price, line_total, discount)
    SELECT :order_id::uuid, l.number, l.product_id, l.sku, l.name, l.kind, l.category, l.quantity, l.unit_price, l.line_total, coalesce(l.discount, 0)
    FROM claimed,
         ROWS FROM (json_to_recordset(:lines::json) AS (product_id uuid, sku text, name text, kind text, category text, quantity bigint,
                                                          unit_price bigint, line_total bigint, discount bigint)) WITH ORDINALITY
             AS l(product_id, sku, name, kind, category, quantity, unit_price, line_total, discount, number)
), scheduled AS (
    INSERT INTO installment (contract_id, version, number, customer_id, due_date, days, opening_balance, principal, interest, fees, tax,
                             total, closing_balance, outstanding, status)
    SELECT :contract_id::uuid, 1, i.number, customer_id, i.due_date, i.days, i.opening_balance, i.principal, i.interest, i.fees, i.tax,
           i.total, i.closing_balance, i.total, CASE WHEN i.total = 0 THEN 'paid' ELSE 'scheduled' END
    FROM claimed,
         json_to_recordset(:installments::json) AS i(number int, due_date date, days int, opening_balance bigint, principal bigint,
                                                       interest bigint, fees bigint, tax bigint, total bigint, closing_balance bigint)
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'order.placed', :order_id, customer_id,
           jsonb_build_object('order_id', :order_id::uuid, 'contract_id', :contract_id::uuid, 'customer_id', customer_id, 'currency', :currency,
                              'total_payable', :total_payable::bigint, 'deposit', :deposit::bigint, 'reservation_id', :reservation_id::uuid,
                              'expires_at', :expires_at::timestamptz, 'lines', :lines::jsonb, 'installments', :installments::jsonb) || {{part taxes_of_charges}},
           :trace, :now::timestamptz
    FROM claimed, (SELECT (whole).plan_terms AS terms FROM agreed) AS plan, decided d WHERE NOT d.review
    UNION ALL
    SELECT 'order.review_started', :order_id, customer_id,
           jsonb_build_object('order_id', :order_id::uuid, 'customer_id', customer_id, 'currency', :currency, 'total_payable', :total_payable::bigint,
                              'expires_at', d.review_until), :trace, :now::timestamptz
    FROM claimed, decided d WHERE d.review
), given_up_later AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT CASE WHEN d.review THEN 'expire_credit_review' ELSE 'expire_order' END, 'expire:' || :order_id,
           CASE WHEN d.review THEN d.review_until ELSE :expires_at::timestamptz END, jsonb_build_object('order_id', :order_id::uuid), :trace
    FROM decided d
), reviewed AS (
    INSERT INTO credit_review (order_id, customer_id, approvals_needed, expires_at)
    SELECT :order_id::uuid, customer_id, (d.credit ->> 'approvals_needed')::int, d.review_until
    FROM claimed, decided d WHERE d.review
), reply AS (
    SELECT order_body(p.whole, a.whole, :lines::json)::text AS body FROM placed p, agreed a
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN c.status = 'ordered' THEN 'cart_already_ordered' ELSE 'cart_changed' END
FROM cart c
WHERE c.id = :cart_id::uuid AND NOT EXISTS (SELECT FROM claimed)
