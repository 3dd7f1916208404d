-- All a contract's text is made of, but the parties, for a version of its schedule, of a sale that was undone the last one that has rows; and who accepted it.
-- pool: read
SELECT i.version, o.cart_id AS reference, c.customer_id, c.currency, o.goods_total, c.deposit, c.amount_financed,
       CASE i.version WHEN 1 THEN c.total_payable ELSE i.total END AS total_payable, c.apr_nominal::text, c.effective_annual_rate::text,
       c.plan_terms::text AS plan, i.installments::text, t.version AS terms_version, t.body AS terms_body, c.terms_sha256, c.terms_locale AS locale,
       o.release::text, r.max_rate::text AS legal_rate, r.basis AS legal_basis,
       (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l WHERE l.order_id = o.id)::text AS lines,
       c.contract_sha256, c.accepted_by, to_char(c.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS accepted_at, c.accepted_from
FROM contract c
JOIN sales_order o ON o.id = c.order_id
JOIN terms t ON t.version = c.terms_version AND t.locale = c.terms_locale
LEFT JOIN legal_rate_at(:country, (c.plan_terms ->> 'start_date')::date) AS r ON true
CROSS JOIN LATERAL (
    SELECT s.version, sum(s.total) AS total,
           json_agg(json_build_object('number', s.number, 'due_date', s.due_date, 'opening_balance', s.opening_balance, 'principal', s.principal,
                                      'interest', s.interest, 'fees', s.fees, 'tax', s.tax, 'total', s.total, 'closing_balance', s.closing_balance)
                    ORDER BY s.number) AS installments
    FROM installment s
    WHERE s.contract_id = c.id AND s.version = coalesce(:version::int, (SELECT max(version) FROM installment WHERE contract_id = c.id))
    GROUP BY s.version) AS i
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
