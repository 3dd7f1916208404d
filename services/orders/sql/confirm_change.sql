-- What was shown is agreed (after lock_order, in its unit), when the schedule it was computed from is still the one in force, no other change is under way, nothing was sent of
-- what is canceled, and nothing is picking of what is returned. From then on what is returned is not to be sent. Where it changes rows, job apply_change has billing apply it.
WITH change AS MATERIALIZED (
    SELECT h.id, h.contract_id, h.posting IS NULL AS applied, h.base_version, h.version, h.status,
           (SELECT c.schedule_version FROM contract c WHERE c.id = h.contract_id) AS in_force,
           EXISTS (SELECT FROM contract_change o WHERE o.contract_id = h.contract_id AND o.status IN ('confirming', 'awaiting_payment')) AS another,
           h.kind = 'cancellation' AND EXISTS (SELECT FROM line_fulfilment f WHERE f.order_id = h.order_id AND (f.away > 0 OR f.returned > 0)) AS sent,
           (SELECT format('line %s: %s are picking: cancel the shipment first', f.line, f.picking)
            FROM (SELECT l.line, sum(l.quantity) AS units FROM jsonb_to_recordset(h.request -> 'lines') AS l(line int, quantity bigint) GROUP BY l.line) AS l
            JOIN line_fulfilment f ON f.order_id = h.order_id AND f.line = l.line
            WHERE h.kind = 'return' AND l.units > f.quantity - f.picking - order_line_returned(h.contract_id, l.line, false)
            ORDER BY f.line LIMIT 1) AS picked
    FROM contract_change h
    WHERE h.id = :id::uuid
    FOR NO KEY UPDATE
), judged AS (
    SELECT c.*, CASE WHEN c.status <> 'computed' THEN 'change_not_open'
                     WHEN c.version <> :version::int OR c.base_version <> c.in_force OR c.sent THEN 'precondition_failed'
                     WHEN c.another THEN 'change_in_progress'
                     WHEN c.picked IS NOT NULL THEN 'line_being_picked' END AS problem
    FROM change c
), confirmed AS (
    UPDATE contract_change h
    SET status = CASE WHEN j.applied THEN 'confirmed' ELSE 'confirming' END, version = h.version + 1, confirmed_by = :by::uuid, confirmed_at = :now::timestamptz,
        ended_at = CASE WHEN j.applied THEN :now::timestamptz END
    FROM judged j
    WHERE h.id = j.id AND j.problem IS NULL
    RETURNING h AS whole, h.id, j.applied
), applying AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'apply_change', 'change:' || id, :now::timestamptz, jsonb_build_object('change_id', id), :trace FROM confirmed WHERE NOT applied
), reply AS (
    SELECT contract_change_body(whole, :now::timestamptz)::text AS body FROM confirmed
), {{remember 200}}
SELECT body, NULL AS problem, NULL AS problem_detail FROM reply
UNION ALL
SELECT NULL, problem, CASE problem WHEN 'change_not_open' THEN 'it is ' || status WHEN 'line_being_picked' THEN picked
                                   WHEN 'precondition_failed' THEN CASE WHEN sent THEN 'some of it was sent since it was computed' ELSE 'the schedule has changed since it was computed' END END
FROM judged WHERE problem IS NOT NULL
