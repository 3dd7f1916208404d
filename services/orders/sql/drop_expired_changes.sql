-- So many changes that were computed and expired a day ago or longer, which nobody can confirm any more.
WITH dropped AS (
    DELETE FROM contract_change
    WHERE id = ANY (ARRAY(SELECT id FROM contract_change WHERE status = 'computed' AND expires_at < :now::timestamptz - interval '1 day'
                          LIMIT :size::int FOR UPDATE SKIP LOCKED))
    RETURNING id
)
SELECT count(*) AS found FROM dropped
