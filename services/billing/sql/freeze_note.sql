-- What a credit or debit note says, or the invoice of a deposit, which has the share of each rate that a note of as much would take off: made when it is first read, kept for ever. What it takes off the principal is divided among the rates of its invoice by running
-- sums over all notes of the invoice, so that those which undo all of it come to exactly what the invoice said.
WITH target AS MATERIALIZED (
    SELECT n.id, n.order_id, i.issued_at, :locale LIKE 'es%' AS spanish, false AS deposit, CASE n.kind WHEN 'credit_note' THEN -1 ELSE 1 END AS sign,
           n.principal, n.interest, n.fees, n.tax, -n.principal_before AS undone_before, -n.principal_before - n.principal AS undone, n.reason,
           json_build_object('id', i.id, 'number', invoice_number_text(i.series, i.number), 'issued_on', i.issued_on) AS corrects
    FROM invoice_note n JOIN invoice i ON i.id = n.invoice_id
    WHERE n.id = :id::uuid
    UNION ALL
    SELECT d.id, d.order_id, d.issued_at, :locale LIKE 'es%', true, -1, -r.principal, -r.interest, -coalesce(r.fees, 0), -coalesce(r.tax, 0), 0, r.principal, NULL, NULL
    FROM deposit_invoice d JOIN order_sale s USING (order_id)
    CROSS JOIN LATERAL json_to_recordset(s.terms) AS r(number int, principal bigint, interest bigint, fees bigint, tax bigint)
    WHERE d.id = :id::uuid AND r.number = 0
), {{part invoice_sale}}, rated AS (
    SELECT kind, rate, min(place) AS place, sum(gross) AS gross, sum(sum(gross)) OVER (ORDER BY min(place)) AS until FROM goods GROUP BY kind, rate
), share AS (
    SELECT r.*, round(r.until * t.undone / w.principal) - round((r.until - r.gross) * t.undone / w.principal) AS after,
           round(r.until * t.undone_before / w.principal) - round((r.until - r.gross) * t.undone_before / w.principal) AS before
    FROM rated r CROSS JOIN target t CROSS JOIN whole w
    WHERE t.principal <> 0
), charge AS (   -- a tax that the plan does not know of is at the rate that it comes to
    SELECT t.interest, t.fees, t.tax, r.interest_rate, r.fees_rate,
           CASE WHEN r.interest_rate = 0 THEN 0 WHEN r.fees_rate = 0 OR t.fees = 0 THEN t.tax ELSE round(t.interest * r.interest_rate) END::bigint AS interest_tax
    FROM target t CROSS JOIN whole w
    CROSS JOIN LATERAL (SELECT CASE WHEN greatest(w.interest_rate, w.fees_rate) = 0 AND t.tax <> 0
                                    THEN greatest(round(t.tax::numeric / nullif(t.interest + t.fees, 0), 4), 0) ELSE 0 END AS come_to) AS u
    CROSS JOIN LATERAL (SELECT greatest(w.interest_rate, u.come_to) AS interest_rate, greatest(w.fees_rate, u.come_to) AS fees_rate) AS r
), raw AS (   -- what is taken off is negative
    SELECT s.place, s.kind, (s.before - s.after)::bigint AS gross,
           (round(s.before * 100 / (100 + s.rate)) - round(s.after * 100 / (100 + s.rate)))::bigint AS net, s.rate
    FROM share s
    UNION ALL
    SELECT 1000001, 'interest', c.interest + c.interest_tax, c.interest, 100 * c.interest_rate FROM charge c
    UNION ALL
    SELECT 1000002, 'fees', c.fees + c.tax - c.interest_tax, c.fees, 100 * c.fees_rate FROM charge c
), line AS MATERIALIZED (
    SELECT r.place, r.kind, CASE WHEN t.deposit AND r.kind = 'goods' THEN CASE WHEN t.spanish THEN 'Anticipo del pedido' ELSE 'Deposit for the order' END END AS description, NULL AS sku, CASE WHEN t.sign * r.gross < 0 THEN -1 ELSE 1 END AS quantity, abs(r.gross) AS unit_price, 0 AS discount,
           t.sign * r.gross AS gross, t.sign * (r.gross - r.net) AS tax, t.sign * r.net AS net, r.rate,
           CASE WHEN r.rate > 0 OR r.gross <> r.net THEN 'S' WHEN r.kind = 'goods' THEN 'Z' ELSE 'E' END AS category
    FROM raw r CROSS JOIN target t
    WHERE r.gross <> 0 OR r.net <> 0
)
INSERT INTO invoice_document (id, body, made_at)
SELECT t.id, json_build_object(
    'seller', :seller::json, 'buyer', :buyer::json, 'locale', :locale, 'corrects', t.corrects,
    'lines', {{part invoice_lines}},
    'tax_subtotals', {{part invoice_taxes}},
    'net_total', (SELECT sum(net) FROM line), 'tax_total', (SELECT sum(tax) FROM line), 'payment_terms', '[]'::json), :now::timestamptz
FROM target t
ON CONFLICT (id) DO NOTHING
