-- Whose the credits of a statement that nobody has decided about may be, at most five orders a line, with percent of confidence and why. An order is found by what the payer wrote:
-- a slip's reference, the number of the invoice, ids of the order, the contract or a payment; or by the amount, which is what one of its installments owes that is due about then.
-- pool: slow
WITH line AS MATERIALIZED (
    SELECT l.id, l.amount, l.currency, l.booked_on, upper(concat_ws(' ', l.reference, l.text)) AS says, name_words(l.name) AS words
    FROM bank_line l WHERE l.statement_id = :statement_id::uuid AND l.status = 'unmatched' AND l.decided_by IS NULL AND l.amount > 0
      AND NOT EXISTS (SELECT FROM bank_line_names(l) AS n(id) WHERE EXISTS (SELECT FROM direct_debit d WHERE d.id = n.id) OR EXISTS (SELECT FROM direct_debit_batch b WHERE b.id = n.id))
), written AS MATERIALIZED (
    SELECT l.id, m.found[1]::uuid AS what
    FROM line l CROSS JOIN regexp_matches(l.says, '\m[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}\M', 'g') AS m(found)
), numbered AS MATERIALIZED (
    SELECT l.id, s.series, m.found[1]::bigint AS number, length(m.found[1]) < 8 AS short
    FROM line l CROSS JOIN invoice_series s
    CROSS JOIN regexp_matches(l.says, '\m' || regexp_replace(upper(s.series), '([^A-Z0-9])', '\\\1', 'g') || '[-/ ]?([0-9]{1,15})\M', 'g') AS m(found)
), slip AS MATERIALIZED (
    SELECT l.id, m.found[1] AS reference FROM line l CROSS JOIN regexp_matches(l.says, '\m0{0,8}([0-9]{12})\M', 'g') AS m(found)
), named AS (
    SELECT id, order_id, bool_and(short) AS short FROM (
    SELECT w.id, a.order_id, false AS short FROM written w JOIN order_account a ON a.order_id = w.what
    UNION ALL SELECT w.id, a.order_id, false FROM written w JOIN order_account a ON a.contract_id = w.what
    UNION ALL SELECT w.id, p.order_id, false FROM written w JOIN payment p ON p.id = w.what
    UNION ALL SELECT s.id, r.order_id, false FROM slip s JOIN payment_reference r ON r.number = left(s.reference, 10)::bigint AND payment_reference_text(r.number) = s.reference
    UNION ALL SELECT n.id, i.order_id, n.short FROM numbered n JOIN invoice i USING (series, number)) AS each
    GROUP BY id, order_id
), span AS (
    SELECT min(booked_on) - 90 AS first, max(booked_on) + 45 AS last FROM line
), due AS (
    SELECT i.order_id, i.due_date, i.total - i.paid AS amount FROM span s JOIN installment i ON i.due_date BETWEEN s.first AND s.last AND i.status IN ('scheduled', 'due', 'partially_paid')
    UNION ALL
    SELECT i.order_id, i.due_date, i.total - i.paid FROM span s JOIN installment i ON i.due_date BETWEEN s.first AND s.last AND i.status = 'overdue'
), few AS MATERIALIZED (   -- of many that owe the same a few are as good as all
    SELECT * FROM (
        SELECT d.*, a.currency, row_number() OVER (PARTITION BY a.currency, d.amount ORDER BY d.due_date DESC, d.order_id) AS place
        FROM due d JOIN order_account a USING (order_id) WHERE a.status IN ('pending', 'active') AND d.amount IN (SELECT amount FROM line)) AS each
    WHERE place <= 200
), owing AS (
    SELECT DISTINCT l.id, d.order_id
    FROM line l JOIN few d ON d.amount = l.amount AND d.currency = l.currency AND d.due_date BETWEEN l.booked_on - 90 AND l.booked_on + 45
), chosen AS MATERIALIZED (
    SELECT id, order_id, false AS named, false AS short, others FROM (
        SELECT o.*, count(*) OVER (PARTITION BY id) AS others, row_number() OVER (PARTITION BY id ORDER BY order_id) AS place FROM owing o) AS each
    WHERE place <= 50 AND (id, order_id) NOT IN (SELECT id, order_id FROM named)
    UNION ALL SELECT id, order_id, true, short, 1 FROM named
), judged AS (
    SELECT c.*, a.currency <> l.currency OR a.status NOT IN ('pending', 'active') AS closed, l.amount > a.total - a.paid AS more,
           l.amount = a.total - a.paid OR l.amount = o.due OR l.amount = o.next AS agrees,
           cardinality(l.words) > 1 AND (l.words <@ b.words OR b.words <@ l.words AND cardinality(b.words) > 1) AS by_name,
           EXISTS (SELECT FROM manual_payment m WHERE m.order_id = c.order_id AND m.reversed_at IS NULL AND m.source IS NULL AND m.method <> 'cash' AND m.amount = l.amount
                   AND m.received_on BETWEEN l.booked_on - 7 AND l.booked_on + 7) AS recorded
    FROM chosen c JOIN line l USING (id) JOIN order_account a USING (order_id)
    CROSS JOIN LATERAL (SELECT sum(i.total - i.paid) FILTER (WHERE i.due_date <= l.booked_on) AS due,
                               (array_agg(i.total - i.paid ORDER BY i.due_date, i.number))[1] AS next
                        FROM installment i WHERE i.order_id = c.order_id AND i.paid < i.total) AS o
    LEFT JOIN LATERAL (SELECT name_words(d.body -> 'buyer' ->> 'name') AS words FROM invoice i JOIN invoice_document d USING (id) WHERE i.order_id = c.order_id) AS b ON true
), scored AS (
    SELECT id, order_id,
           CASE WHEN closed OR recorded OR more THEN CASE WHEN named THEN 50 ELSE 5 END
                WHEN named THEN CASE WHEN agrees THEN 99 WHEN short THEN 85 ELSE 90 END   -- short: "FV 42" may be chance
                WHEN by_name THEN 80
                ELSE greatest(60 / others, 1) END AS confidence,
           array_remove(ARRAY[CASE WHEN named THEN 'reference' END, CASE WHEN agrees OR NOT named THEN 'amount' END, CASE WHEN by_name THEN 'name' END,
                              CASE WHEN more THEN 'more_than_owed' END, CASE WHEN recorded THEN 'recorded_by_hand' END, CASE WHEN closed THEN 'not_open' END], NULL) AS reasons
    FROM judged
)
SELECT coalesce(json_agg(json_build_object('line_id', id, 'order_id', order_id, 'confidence', confidence, 'reasons', reasons)), '[]')::text AS proposals
FROM (SELECT s.*, row_number() OVER (PARTITION BY id ORDER BY confidence DESC, order_id) AS place FROM scored s) AS ranked WHERE place <= 5
