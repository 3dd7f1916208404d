-- How an amount would pay what is given: the waterfall itself, over rows that are nobody's.
-- pool: read
WITH given AS (
    SELECT least(:amount::bigint, coalesce((SELECT sum(r.amount) FROM jsonb_to_recordset(:receivables::jsonb) AS r(amount bigint)), 0))::bigint AS amount
), rule AS (
    SELECT allocation_ranks(r -> 'order') AS ranks, r ->> 'processing' = 'vertical' AS vertical, r ->> 'future' = 'last' AS last_first
    FROM (SELECT coalesce(:rule::jsonb, (SELECT jsonb_path_query_first(p.body, '$.allocation[*] ? (@.transaction == $name)', jsonb_build_object('name', :transaction::text))
                                         FROM receivables_policy p ORDER BY p.version DESC LIMIT 1)) AS r) AS said
), owed AS (
    SELECT r.number, r.due_date, coalesce(r.due_on, r.due_date) AS due_on,
           array_position(ARRAY['penalty', 'fees', 'interest', 'tax', 'principal'], r.part) - 1 AS place, r.amount AS owed, 0::bigint AS paid
    FROM jsonb_to_recordset(:receivables::jsonb) AS r(number int, due_date date, due_on date, part text, amount bigint)
), {{part waterfall}}
SELECT json_build_object(
    'allocations', coalesce(json_agg(json_build_object('number', w.number, 'part', w.part, 'amount', w.amount) ORDER BY w.due_date, w.number, w.place)
                            FILTER (WHERE w.amount > 0), '[]'),
    'left', :amount::bigint - coalesce(sum(w.amount), 0)) AS body
FROM (SELECT number, due_date, place, (ARRAY['penalty', 'fees', 'interest', 'tax', 'principal'])[place + 1] AS part, sum(amount)::bigint AS amount
      FROM waterfall GROUP BY number, due_date, place) AS w
