-- Forgives a part of a receivable, or asks somebody else to where it is over the policy's limit with what was forgiven of the order without anybody else (after lock_schedule, in its unit). No row: no such receivable.
WITH wanted AS (
    SELECT :order_id::uuid AS order_id, :number::int AS number, :part::text AS part, :amount::bigint AS amount
), {{part waivable}}, asked AS (
    INSERT INTO waiver AS w (id, order_id, number, customer_id, currency, part, amount, reason, over_limit, asked_by, asked_at)
    SELECT :id::uuid, v.order_id, v.number, v.customer_id, v.currency, v.part, v.amount, :reason, v.amount + coalesce((
               SELECT sum(b.amount) FROM waiver b WHERE b.order_id = v.order_id AND NOT b.over_limit), 0) > coalesce((
               SELECT (jsonb_path_query_first(p.body, '$.waiver_limits[*] ? (@.currency == $of)', jsonb_build_object('of', v.currency)) ->> 'amount')::bigint
               FROM receivables_policy p ORDER BY p.version DESC LIMIT 1), 0), :by, :now::timestamptz
    FROM waivable v WHERE v.amount <= v.most
    RETURNING w.*, waiver_body(w, NULL)::text AS body
), granted AS (
    SELECT id, order_id, number, part, amount FROM asked WHERE NOT over_limit
), {{part waive}}, reply AS (
    SELECT body FROM asked
), {{remember 201}}
SELECT CASE WHEN v.amount > v.most THEN 'waiver_too_large' END AS problem, CASE WHEN v.amount > v.most THEN 'at most ' || v.most || ' can be waived of it' END AS problem_detail, r.body
FROM waivable v LEFT JOIN reply r ON true
