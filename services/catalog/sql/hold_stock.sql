-- Holds stock for a reference, all lines or none. The constraint stock_not_oversold aborts the whole statement when a line does not
-- fit. Rows are locked in the order of their ids, so holds that overlap wait for each other instead of deadlocking.
-- ANY (ARRAY(...)) is what makes the planner look up a few rows by their keys: for a join it takes a line of JSON for a hundred, and
-- reads the whole catalog. No row: the reference exists and is active (hold_find reads it), or a twin is inserting it right now.
-- A promotion's code makes its prices; its use is counted by the hold's state (promotion_counted).
-- tells: changes
-- adds: jobs for later
WITH line AS (
    SELECT product_id, sum(quantity)::bigint AS quantity, min(place) AS place, min(unit_price) AS agreed
    FROM ROWS FROM (json_to_recordset(:lines::json) AS (product_id uuid, quantity bigint, unit_price bigint)) WITH ORDINALITY
             AS l(product_id, quantity, unit_price, place)
    GROUP BY product_id
), priced AS (
    SELECT l.place, l.product_id, l.quantity, p.sku, p.name, p.kind, p.category, coalesce(l.agreed, p.price) AS price, p.currency
    FROM line l JOIN product p ON p.id = l.product_id AND p.status = 'active'
    WHERE p.id = ANY (ARRAY(SELECT product_id FROM line))
), problem AS (
    SELECT CASE WHEN (SELECT count(*) FROM priced) < (SELECT count(*) FROM line) THEN 'product_not_found'
                WHEN (SELECT count(DISTINCT currency) FROM priced) > 1 THEN 'mixed_currencies' END AS code
), wanted AS (
    SELECT min(currency) AS currency, sum(price * quantity) AS total,
           jsonb_agg(jsonb_build_object('product_id', product_id, 'sku', sku, 'name', name, 'kind', kind, 'category', category, 'quantity',
                                        quantity, 'unit_price', price, 'line_total', price * quantity) ORDER BY place) AS lines
    FROM priced
    WHERE (SELECT code FROM problem) IS NULL
    HAVING count(*) > 0
), claimed AS (
    INSERT INTO reservation AS r (id, reference, status, currency, total, lines, expires_at, created_at, promotion_id, customer_id)
    SELECT :id::uuid, :reference, 'held', currency, CASE WHEN :promotion_code::text IS NULL THEN total ELSE promotion_total(p.lines) END, p.lines,
           :expires_at::timestamptz, :now::timestamptz, (SELECT id FROM promotion WHERE code = upper(:promotion_code)), :customer_id::uuid
    FROM wanted, promotion_priced(:promotion_code, currency, wanted.lines, :now::timestamptz) AS p(lines)
    ON CONFLICT (reference) DO UPDATE
       SET status = 'held', currency = excluded.currency, total = excluded.total, lines = excluded.lines, expires_at = excluded.expires_at,
           promotion_id = excluded.promotion_id, customer_id = excluded.customer_id
       WHERE r.status IN ('released', 'expired')
    RETURNING r.id, r.currency, r.total, r.lines, r.expires_at
), locked AS (
    SELECT s.product_id FROM stock s
    WHERE s.product_id = ANY (ARRAY(SELECT product_id FROM line)) AND EXISTS (SELECT FROM claimed)
    ORDER BY s.product_id
    FOR UPDATE
), taken AS (
    UPDATE stock s SET held = s.held + l.quantity
    FROM line l
    WHERE s.product_id = l.product_id AND s.product_id = ANY (ARRAY(SELECT product_id FROM locked))
), release AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'release_reservation', 'release:' || id || ':' || extract(epoch FROM expires_at)::bigint, expires_at,
           jsonb_build_object('reservation_id', id), :trace
    FROM claimed
    ON CONFLICT (key) DO NOTHING
)
SELECT code AS problem, NULL AS body, NULL AS changed FROM problem WHERE code IS NOT NULL
UNION ALL
SELECT NULL, json_build_object('reservation_id', id, 'currency', currency, 'total', total, 'lines', lines)::text,
       (SELECT string_agg(product_id::text, ' ') FROM line)
FROM claimed
