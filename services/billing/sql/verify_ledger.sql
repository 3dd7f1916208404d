-- Recomputes the chains from (:lane, :position) on, so many postings of them, and says of each lane what breaks it first. A lane's end is compared when it is reached; a
-- broken lane is left at its break.
-- pool: slow
WITH page AS MATERIALIZED (
    SELECT p AS held, p.* FROM posting p WHERE (p.lane, p.position) > (:lane::smallint, :position::bigint) ORDER BY p.lane, p.position LIMIT :limit::int
), link AS (
    SELECT p.*, posting_text(p.held) AS told, coalesce(lag(p.position) OVER chain, b.position, 0) AS position_before,
           coalesce(lag(p.hash) OVER chain, b.hash, '\x') AS hash_before
    FROM page p
    LEFT JOIN posting b ON b.lane = p.lane AND p.lane = :lane::smallint AND b.position = :position::bigint
    WINDOW chain AS (PARTITION BY p.lane ORDER BY p.position)
), found AS (
    SELECT lane, position, id, entry_id,
           CASE WHEN position <> position_before + 1 THEN 'a posting before this one is missing'
                WHEN hash IS DISTINCT FROM sha256(hash_before || convert_to(told, 'UTF8')) THEN 'this posting, or the one before it, was changed'
                WHEN amount <= 0 OR debit_account = credit_account THEN 'what it debits is not what it credits' END AS what
    FROM link
), reached AS MATERIALIZED (   -- which lanes have been read to their end, and where the next page begins
    SELECT count(*) AS postings, count(*) = :limit::int AS more, coalesce((array_agg(lane ORDER BY lane DESC, position DESC))[1], 15)::int AS lane,
           (array_agg(position ORDER BY lane DESC, position DESC))[1] AS position
    FROM page
), ended AS (
    SELECT h.lane, h.position, l.id, l.entry_id, 'the end of the chain is not its last posting' AS what
    FROM reached r
    JOIN ledger_head h ON h.lane >= :lane::smallint AND (h.lane < r.lane OR NOT r.more)
    LEFT JOIN LATERAL (SELECT * FROM posting n WHERE n.lane = h.lane ORDER BY n.position DESC LIMIT 1) AS l ON true
    WHERE (h.position, h.hash) IS DISTINCT FROM (coalesce(l.position, 0), coalesce(l.hash, '\x'))
), broken AS MATERIALIZED (
    SELECT DISTINCT ON (lane) * FROM (SELECT *, false AS at_end FROM found WHERE what IS NOT NULL UNION ALL SELECT *, true FROM ended) AS each ORDER BY lane, at_end, position
), next AS (
    SELECT CASE WHEN b.lane IS NULL THEN r.lane ELSE r.lane + 1 END AS lane, CASE WHEN b.lane IS NULL THEN r.position ELSE 0 END AS position
    FROM reached r LEFT JOIN broken b ON b.lane = r.lane
    WHERE r.more AND (b.lane IS NULL OR r.lane < 15)
), total AS (
    SELECT currency, sum(amount * (debit.code IS NOT NULL)::int)::numeric AS debit, sum(amount * (credit.code IS NOT NULL)::int)::numeric AS credit
    FROM ledger_flow f LEFT JOIN ledger_account debit ON debit.code = f.debit_account LEFT JOIN ledger_account credit ON credit.code = f.credit_account
    WHERE NOT EXISTS (SELECT FROM next)   -- once, with the last page
    GROUP BY currency
)
SELECT json_build_object(
    'whole', NOT EXISTS (SELECT FROM broken) AND NOT EXISTS (SELECT FROM total WHERE debit <> credit),
    'checked', r.postings,
    'verified', (SELECT coalesce(sum(h.position), 0) FROM ledger_head h WHERE h.lane < coalesce(n.lane, 16)) + coalesce(n.position, 0),
    'postings', (SELECT sum(position) FROM ledger_head),
    'broken', coalesce((SELECT json_agg(json_build_object('lane', lane, 'position', position, 'posting_id', id, 'entry_id', entry_id, 'what', what) ORDER BY lane)
                        FROM broken), '[]'::json),
    'totals', coalesce((SELECT json_agg(json_build_object('currency', currency, 'debit', debit, 'credit', credit) ORDER BY currency) FROM total), '[]'::json),
    'next_cursor', CASE WHEN n.lane IS NOT NULL THEN cuotas_cursor(n.lane::text, n.position::text) END) AS body
FROM reached r LEFT JOIN next n ON true
