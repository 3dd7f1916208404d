-- Somebody else's word on a waiver (after lock_waiver, in its unit): approved, it holds from now on. No row: no such waiver.
WITH known AS MATERIALIZED (
    SELECT w AS whole, w.*, d.waiver_id IS NOT NULL AS decided FROM waiver w LEFT JOIN waiver_decision d ON d.waiver_id = w.id WHERE w.id = :id::uuid
), wanted AS (
    SELECT order_id, number, part, amount FROM known
), {{part waivable}}, verdict AS MATERIALIZED (
    SELECT k.*, v.most, CASE WHEN NOT k.over_limit OR k.decided THEN 'waiver_decided'
                             WHEN k.asked_by = :by THEN 'waiver_own'
                             WHEN :approved::boolean AND k.amount > v.most THEN 'waiver_too_large' END AS problem
    FROM known k CROSS JOIN waivable v
), decided AS (
    INSERT INTO waiver_decision AS d (waiver_id, approved, reason, decided_by, decided_at)
    SELECT id, :approved::boolean, :reason, :by, :now::timestamptz FROM verdict WHERE problem IS NULL
    RETURNING d AS decision, d.waiver_id, d.approved
), granted AS (
    SELECT v.id, v.order_id, v.number, v.part, v.amount FROM verdict v JOIN decided d ON d.waiver_id = v.id WHERE d.approved
), {{part waive}}, reply AS (
    SELECT waiver_body(v.whole, d.decision)::text AS body FROM verdict v JOIN decided d ON d.waiver_id = v.id
), {{remember 200}}
SELECT v.problem, CASE v.problem WHEN 'waiver_too_large' THEN 'at most ' || v.most || ' can be waived of it' END AS problem_detail, r.body
FROM verdict v LEFT JOIN reply r ON true
