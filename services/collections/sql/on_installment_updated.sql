-- One installment changed: what is past due of its order is known anew, and the order's case opened, brought up to date or cured.
-- Rows written here are not seen by the rest of the statement, so the sums take this installment from the event.
-- An older word than the latest changes nothing (a billing of before revisions tells none, and is believed).
-- What nothing is overdue of any more because of a change after the sale was not cured by being written off, nor by the sale being undone.
-- Whether it is past due is billing's word, not this clock's: around midnight two services may not agree on the date yet.
WITH given AS (
    SELECT :data::jsonb AS d
), latest AS (
    INSERT INTO installment_revision AS r (order_id, number, revision)
    SELECT (d ->> 'order_id')::uuid, (d ->> 'number')::int, (d ->> 'revision')::bigint FROM given WHERE d ? 'revision'
    ON CONFLICT (order_id, number) DO UPDATE SET revision = excluded.revision WHERE r.revision < excluded.revision
    RETURNING r.order_id
), event AS (
    SELECT (d ->> 'order_id')::uuid AS order_id, (d ->> 'customer_id')::uuid AS customer_id, (d ->> 'number')::int AS number,
           d ->> 'currency' AS currency, (d ->> 'due_date')::date AS due_date, (d ->> 'outstanding')::bigint AS outstanding,
           (d ->> 'outstanding')::bigint > 0 AND (d ->> 'dpd')::int > 0 AS is_overdue,
           greatest(:today::date, (d ->> 'due_date')::date + (d ->> 'dpd')::int) AS today,
           CASE d ->> 'change' WHEN 'write_off' THEN 'written_off' WHEN 'cancellation' THEN 'closed' WHEN 'withdrawal' THEN 'closed' ELSE 'cured' END AS ending
    FROM given
    WHERE NOT d ? 'revision' OR EXISTS (SELECT FROM latest)
), kept AS (
    INSERT INTO overdue_installment (order_id, number, customer_id, currency, due_date, outstanding)
    SELECT order_id, number, customer_id, currency, due_date, outstanding FROM event WHERE is_overdue
    ON CONFLICT (order_id, number) DO UPDATE SET due_date = excluded.due_date, outstanding = excluded.outstanding
), gone AS (
    DELETE FROM overdue_installment o USING event e WHERE o.order_id = e.order_id AND o.number = e.number AND NOT e.is_overdue
), owed AS (
    SELECT e.order_id, e.customer_id, e.currency, sum(o.outstanding)::bigint AS overdue, min(o.due_date) AS oldest,
           e.today - min(o.due_date) AS dpd, e.ending
    FROM event e
    LEFT JOIN LATERAL (
        SELECT outstanding, due_date FROM overdue_installment WHERE order_id = e.order_id AND number <> e.number
        UNION ALL
        SELECT e.outstanding, e.due_date WHERE e.is_overdue) AS o ON true
    GROUP BY e.order_id, e.customer_id, e.currency, e.today, e.ending
), ended AS (
    UPDATE collection_case c
    SET status = owed.ending, overdue = 0, oldest_due_date = NULL, dpd = 0, bucket = 'current',
        cured_at = CASE WHEN owed.ending = 'cured' THEN :now::timestamptz END
    FROM owed
    WHERE c.order_id = owed.order_id AND owed.overdue IS NULL AND c.status NOT IN ('cured', 'settled', 'written_off', 'closed')
    RETURNING c.*
), behind AS (
    INSERT INTO collection_case AS c (id, customer_id, order_id, status, currency, overdue, oldest_due_date, dpd, bucket, opened_at)
    SELECT cuotas_uuid_v7(), customer_id, order_id, CASE WHEN EXISTS (SELECT FROM dispute_hold h WHERE h.order_id = owed.order_id AND h.open) THEN 'disputed' ELSE 'open' END, currency, overdue, oldest, dpd, delinquency_bucket(dpd), :now::timestamptz
    FROM owed
    WHERE overdue IS NOT NULL
    ON CONFLICT (order_id) WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed')
    DO UPDATE SET overdue = excluded.overdue, oldest_due_date = excluded.oldest_due_date, dpd = excluded.dpd, bucket = excluded.bucket
    RETURNING c.*, (xmax = 0) AS opened
), dunning AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'send_dunning', 'dunning:' || id || ':first', :now::timestamptz, jsonb_build_object('case_id', id, 'step', 'first'), :trace
    FROM behind
    WHERE opened
    ON CONFLICT (key) DO NOTHING
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'case.opened', id::text, customer_id,
       jsonb_build_object('case_id', id, 'customer_id', customer_id, 'order_id', order_id, 'currency', currency, 'overdue', overdue,
                          'dpd', dpd, 'bucket', bucket), :trace, :now::timestamptz
FROM behind WHERE opened
UNION ALL
SELECT 'case.cured', id::text, customer_id,
       jsonb_build_object('case_id', id, 'customer_id', customer_id, 'order_id', order_id), :trace, :now::timestamptz
FROM ended WHERE status = 'cured'
