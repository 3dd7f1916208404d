-- How far the automatic payments of a day are. Those that wait have been taken by their provider, whose event has not come; what is to do has not been sent, as far as is known.
-- pool: slow
WITH made AS (
    SELECT p.currency, p.provider, p.amount, p.updated_at, p.completed_at, p.status,
           CASE p.status WHEN 'succeeded' THEN 'charged' WHEN 'processing' THEN CASE WHEN p.provider_reference IS NULL THEN 'to_do' ELSE 'waiting' END
                         WHEN 'failed' THEN coalesce(decline_advice(p.decline_kind, p.failure_code), 'update_method') WHEN 'requires_action' THEN 'authenticate' ELSE p.status END AS state
    FROM payment p WHERE p.autopay_on = :date::date
), counted AS (
    SELECT currency, provider, state, count(*) AS count, sum(amount)::bigint AS amount FROM made GROUP BY currency, provider, state
), told AS (
    SELECT currency, provider, json_build_object('count', sum(count)::bigint, 'amount', sum(amount)::bigint) AS planned,
           json_object_agg(state, json_build_object('count', count, 'amount', amount)) AS states
    FROM counted GROUP BY currency, provider
), run AS (
    SELECT r.started_at, r.planned_at,
           CASE WHEN r.planned_at IS NOT NULL AND m.undecided = 0 THEN greatest(r.planned_at, m.ended_at) END AS ended_at
    FROM (SELECT count(*) FILTER (WHERE status IN ('processing', 'unknown')) AS undecided, max(coalesce(completed_at, updated_at)) AS ended_at FROM made) AS m
    LEFT JOIN autopay_run r ON r.run_on = :date::date
)
SELECT json_build_object(
    'date', :date::date, 'started_at', r.started_at, 'planned_at', r.planned_at, 'ended_at', r.ended_at,
    'data', (SELECT coalesce(json_agg(json_build_object(
                 'currency', t.currency, 'provider', t.provider, 'planned', t.planned,
                 'charged', coalesce(t.states -> 'charged', n.none), 'failed', json_build_object(
                     'retry_later', coalesce(t.states -> 'retry_later', n.none), 'update_method', coalesce(t.states -> 'update_method', n.none),
                     'do_not_retry', coalesce(t.states -> 'do_not_retry', n.none), 'authenticate', coalesce(t.states -> 'authenticate', n.none)),
                 'canceled', coalesce(t.states -> 'canceled', n.none), 'unknown', coalesce(t.states -> 'unknown', n.none),
                 'waiting', coalesce(t.states -> 'waiting', n.none), 'to_do', coalesce(t.states -> 'to_do', n.none)) ORDER BY t.currency, t.provider), '[]')
             FROM told t CROSS JOIN (SELECT json_build_object('count', 0, 'amount', 0) AS none) AS n)) AS body
FROM run r
