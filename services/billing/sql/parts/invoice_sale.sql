sale AS MATERIALIZED (   -- of `target` (order_id, issued_at): as it was told, or, placed before that was kept, as its rows were before any change
    SELECT t.order_id, s.lines, s.tax_on_interest, s.tax_on_fees, coalesce(p.tax_rate, 0) AS tax_rate, p.tax_rates,
           coalesce(s.terms,
                    (SELECT c.before -> 'installments' FROM receivable_change c WHERE c.order_id = t.order_id ORDER BY c.recorded_at LIMIT 1),
                    (SELECT json_agg(account_row(i) ORDER BY i.number) FROM installment i WHERE i.order_id = t.order_id)) AS terms
    FROM target t
    LEFT JOIN order_sale s USING (order_id)
    LEFT JOIN LATERAL (SELECT q.* FROM invoice_policy q WHERE q.made_at <= t.issued_at ORDER BY q.version DESC LIMIT 1) AS p ON true
), term AS MATERIALIZED (
    SELECT r.number, r.due_date, r.principal, r.interest, c.fees, c.tax, r.principal + r.interest + c.fees + c.tax AS total
    FROM sale, json_to_recordset(terms) AS r(number int, due_date date, principal bigint, interest bigint, fees bigint, tax bigint)
    CROSS JOIN LATERAL (SELECT coalesce(r.fees, 0) AS fees, coalesce(r.tax, 0) AS tax) AS c
), parts AS (
    SELECT sum(principal)::bigint AS principal, sum(interest)::bigint AS interest, sum(fees)::bigint AS fees, sum(tax)::bigint AS tax FROM term
), whole AS MATERIALIZED (   -- what orders did not tell of the taxes is what they came to
    SELECT p.*, u.interest_rate, u.fees_rate,
           (SELECT sum(CASE WHEN u.fees_rate = 0 OR t.fees = 0 THEN t.tax ELSE least(t.tax, round(t.interest * u.interest_rate)) END) FROM term t
            WHERE u.interest_rate > 0)::bigint AS interest_tax
    FROM parts p CROSS JOIN sale s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.tax_on_interest IS NULL AND s.tax_on_fees IS NULL AND p.tax > 0
                    THEN round(p.tax::numeric / greatest(p.interest + p.fees, 1), 4) END AS come_to) AS c
    CROSS JOIN LATERAL (SELECT coalesce(s.tax_on_interest, c.come_to, 0) AS interest_rate, coalesce(s.tax_on_fees, c.come_to, 0) AS fees_rate) AS u
), told AS (
    SELECT l.place, l.name AS description, l.sku, l.quantity, l.unit_price, coalesce(l.discount, 0) AS discount, l.line_total AS gross,
           coalesce((s.tax_rates ->> l.category)::numeric, s.tax_rate) AS rate
    FROM sale s,
         ROWS FROM (json_to_recordset(s.lines) AS (sku text, name text, category text, quantity bigint, unit_price bigint, discount bigint, line_total bigint))
             WITH ORDINALITY AS l(sku, name, category, quantity, unit_price, discount, line_total, place)
    WHERE l.line_total > 0
), goods AS MATERIALIZED (   -- the principal, line by line: the goods, and fees that are financed, with their tax
    SELECT 'goods' AS kind, t.* FROM told t WHERE (SELECT sum(gross) FROM told) <= (SELECT principal FROM whole)
    UNION ALL
    SELECT CASE WHEN x.known THEN 'fees' ELSE 'goods' END, 1000000, NULL, NULL, 1, x.rest, 0, x.rest,
           CASE WHEN x.known THEN 100 * x.fees_rate ELSE x.tax_rate END
    FROM (SELECT w.principal - CASE WHEN g.sum <= w.principal THEN g.sum ELSE 0 END AS rest, g.sum BETWEEN 1 AND w.principal AS known, w.fees_rate, s.tax_rate
          FROM whole w CROSS JOIN sale s CROSS JOIN (SELECT coalesce(sum(gross), 0)::bigint AS sum FROM told) AS g) AS x
    WHERE x.rest > 0
)
