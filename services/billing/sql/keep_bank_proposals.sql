-- Keeps what propose_bank_lines found. A line with exactly one proposal that is sure (90 and more) is matched by itself, if nobody decides before.
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(:proposals::jsonb) AS g(line_id uuid, order_id uuid, confidence int, reasons text[])
), kept AS (
    INSERT INTO bank_proposal (line_id, order_id, confidence, reasons, proposed_at)
    SELECT line_id, order_id, confidence, reasons, :now::timestamptz FROM given ORDER BY line_id, order_id
    ON CONFLICT (line_id, order_id) DO UPDATE SET confidence = excluded.confidence, reasons = excluded.reasons, proposed_at = excluded.proposed_at
), waiting AS (
    UPDATE bank_line SET status = 'proposed' WHERE id IN (SELECT line_id FROM given) AND status = 'unmatched'
), sure AS (
    SELECT line_id, (array_agg(order_id))[1] AS order_id FROM given WHERE confidence >= 90 GROUP BY line_id HAVING count(*) = 1
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'match_bank_line', 'bank-line:' || line_id, :now::timestamptz, jsonb_build_object('line_id', line_id, 'order_id', order_id), :trace FROM sure ORDER BY line_id
ON CONFLICT (key) DO NOTHING
