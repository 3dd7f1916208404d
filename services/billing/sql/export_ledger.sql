-- The ledger as lines, by lane and position: every member that a posting's hash covers, and the hash; after a lane's last posting a line that says where it ends. After
-- the line (:lane, :position), or that lane's end (:ended). A lane and its end are of one moment: what comes later is not in this export.
-- pool: read
WITH line AS (
    SELECT p.lane, p.position, false AS ended, json_build_object(
               'lane', p.lane, 'position', p.position, 'id', p.id, 'entry_id', p.entry_id, 'line', p.line, 'kind', p.kind, 'debit', p.debit_account, 'credit', p.credit_account,
               'amount', p.amount, 'currency', p.currency, 'customer_id', p.customer_id, 'order_id', p.order_id, 'installment_number', p.installment_number,
               'payment_id', p.payment_id, 'effective_on', p.effective_on, 'recorded_at', cursor_time(p.recorded_at), 'hash', encode(p.hash, 'hex')) AS body
    FROM (SELECT * FROM posting n WHERE (n.lane, n.position) > (:lane::smallint, CASE WHEN :ended::bigint <> 0 THEN 9223372036854775807 ELSE :position::bigint END)
          ORDER BY n.lane, n.position LIMIT :limit::int + 1) AS p
    UNION ALL
    SELECT h.lane, 9223372036854775807, true, json_build_object('lane', h.lane, 'end', h.position, 'hash', encode(h.hash, 'hex')) FROM ledger_head h
    WHERE h.lane > :lane::smallint OR h.lane = :lane::smallint AND :ended::bigint = 0
), page AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY lane, position) AS place FROM line ORDER BY lane, position LIMIT :limit::int + 1
)
SELECT coalesce(string_agg(body::text, E'\n' ORDER BY place) FILTER (WHERE place <= :limit::int), '') || E'\n' AS body,
       CASE WHEN count(*) > :limit::int
            THEN (SELECT cuotas_cursor(lane::text, CASE WHEN ended THEN '0' ELSE position::text END, ended::int::text) FROM page WHERE place = :limit::int) END AS next_cursor
FROM page
