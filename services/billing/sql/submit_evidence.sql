-- What the shop answers a dispute with: kept, and passed on by a job. Each submission takes the place of the one before.
WITH asked AS (
    SELECT id, status, provider = ANY (string_to_array(:answered_by, ' ')) AS can FROM dispute WHERE id = :id::uuid FOR NO KEY UPDATE
), submitted AS (
    UPDATE dispute d SET evidence = :evidence::jsonb, evidence_version = d.evidence_version + 1, evidence_status = 'sending', updated_at = :now::timestamptz
    FROM asked a WHERE d.id = a.id AND a.can AND d.status NOT IN ('won', 'lost')
    RETURNING d.id, d.evidence_version, dispute_body(d)::text AS body
), sending AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'send_evidence', 'evidence:' || id || ':' || evidence_version, :now::timestamptz,
           jsonb_build_object('dispute_id', id, 'version', evidence_version::text), :trace FROM submitted
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM submitted
), {{remember 200}}
SELECT CASE WHEN NOT asked.can THEN 'provider_cannot' WHEN r.body IS NULL THEN 'dispute_closed' END AS problem, r.body FROM asked LEFT JOIN reply r ON true
