-- A cart becomes an order with its contract and schedule, in one statement: whoever claims the cart writes all of it, and a second
-- request finds it claimed. Installment 0 is the deposit. Nothing is written when the cart changed since it was read.
-- adds: jobs for later
WITH claimed AS (
    UPDATE cart SET status = 'ordered', order_id = :order_id::uuid, updated_at = :now::timestamptz
    WHERE id = :cart_id::uuid AND customer_id = :owner::uuid AND status = 'open' AND version = :cart_version::int
    RETURNING id, customer_id
), placed AS (
    INSERT INTO sales_order AS o (id, customer_id, status, cart_id, contract_id, reservation_id, currency, goods_total, total_payable,
                                  created_at, expires_at)
    SELECT :order_id::uuid, customer_id, 'pending_payment', id, :contract_id::uuid, :reservation_id::uuid, :currency,
           :goods_total::bigint, :total_payable::bigint, :now::timestamptz, :expires_at::timestamptz
    FROM claimed
    RETURNING o AS whole
), agreed AS (
    INSERT INTO contract AS c (id, order_id, customer_id, status, plan_id, plan_terms, currency, deposit, amount_financed, total_payable,
                               apr_nominal, effective_annual_rate, terms_version, terms_locale, terms_sha256, accepted_at, accepted_by,
                               accepted_from)
    SELECT :contract_id::uuid, :order_id::uuid, customer_id, 'pending_signature', :plan_id::uuid, :plan_terms::jsonb, :currency,
           :deposit::bigint, :amount_financed::bigint, :total_payable::bigint, :apr_nominal::numeric, :effective_annual_rate::numeric,
           :terms_version, :locale, :terms_sha256, :now::timestamptz, customer_id, :client_ip
    FROM claimed
    RETURNING c AS whole
), sold AS (
    INSERT INTO order_line (order_id, number, product_id, sku, name, kind, category, quantity, unit_price, line_total)
    SELECT :order_id::uuid, l.number, l.product_id, l.sku, l.name, l.kind, l.category, l.quantity, l.unit_price, l.line_total
    FROM claimed,
         ROWS FROM (json_to_recordset(:lines::json) AS (product_id uuid, sku text, name text, kind text, category text, quantity bigint,
                                                          unit_price bigint, line_total bigint)) WITH ORDINALITY
             AS l(product_id, sku, name, kind, category, quantity, unit_price, line_total, number)
), scheduled AS (
    INSERT INTO installment (contract_id, version, number, customer_id, due_date, days, opening_balance, principal, interest, fees, tax,
                             total, closing_balance, outstanding)
    SELECT :contract_id::uuid, 1, i.number, customer_id, i.due_date, i.days, i.opening_balance, i.principal, i.interest, i.fees, i.tax,
           i.total, i.closing_balance, i.total
    FROM claimed,
         json_to_recordset(:installments::json) AS i(number int, due_date date, days int, opening_balance bigint, principal bigint,
                                                       interest bigint, fees bigint, tax bigint, total bigint, closing_balance bigint)
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'order.placed', :order_id, customer_id,
           jsonb_build_object('order_id', :order_id::uuid, 'contract_id', :contract_id::uuid, 'customer_id', customer_id, 'currency', :currency,
                              'total_payable', :total_payable::bigint, 'deposit', :deposit::bigint, 'reservation_id', :reservation_id::uuid,
                              'expires_at', :expires_at::timestamptz, 'lines', :lines::jsonb, 'installments', :installments::jsonb),
           :trace, :now::timestamptz
    FROM claimed
), given_up_later AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'expire_order', 'expire:' || :order_id, :expires_at::timestamptz, jsonb_build_object('order_id', :order_id::uuid), :trace
    FROM claimed
), reply AS (
    SELECT order_body(p.whole, a.whole, :lines::json)::text AS body FROM placed p, agreed a
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN c.status = 'ordered' THEN 'cart_already_ordered' ELSE 'cart_changed' END
FROM cart c
WHERE c.id = :cart_id::uuid AND NOT EXISTS (SELECT FROM claimed)
