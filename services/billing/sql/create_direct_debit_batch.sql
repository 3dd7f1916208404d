-- A batch of direct debits for what is due in these days (after lock_debitable, in its unit), at most 1,000, the oldest due first, each receivable once. A debit is asked for on its day and on days banks
-- work, of which one must be before it: they want a file the day before; and its debtor is told of it some days before.
WITH {{part debitable}}, creditor AS (
    SELECT c.version, c.first_sequence, c.notice_days FROM sepa_creditor c ORDER BY c.version DESC LIMIT 1
), wanted AS MATERIALIZED (
    SELECT d.*, target_day(greatest(d.due_date, :collect_from::date, target_day(:today::date) + 1, :today::date + c.notice_days)) AS collect_on,
           row_number() OVER (PARTITION BY d.mandate_id ORDER BY d.due_date, d.order_id, d.number) = 1
           AND NOT EXISTS (SELECT FROM direct_debit u WHERE u.mandate_id = d.mandate_id AND u.status IN ('pending', 'collected')) AS first
    FROM debitable d CROSS JOIN creditor c
), batch AS (
    INSERT INTO direct_debit_batch (id, from_on, to_on, creditor, created_at, created_by)
    SELECT :id::uuid, :from::date, :to::date, c.version, :now::timestamptz, :by FROM creditor c WHERE EXISTS (SELECT FROM wanted)
    RETURNING id
), made AS (
    INSERT INTO direct_debit (id, batch_id, mandate_id, order_id, number, customer_id, amount, sequence, collect_on)
    SELECT entry_id('direct_debit:' || b.id || ':' || w.order_id || ':' || w.number), b.id, w.mandate_id, w.order_id, w.number, w.customer_id, w.amount,
           CASE WHEN w.first THEN c.first_sequence ELSE 'RCUR' END, w.collect_on
    FROM wanted w CROSS JOIN batch b CROSS JOIN creditor c
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM creditor) THEN cuotas_fail('sepa_not_set_up') WHEN NOT EXISTS (SELECT FROM wanted) THEN cuotas_fail('nothing_to_collect') END AS checked
