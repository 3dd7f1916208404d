-- A batch of checked lines: new skus are created, others updated where they differ. Of lines with the same sku the last one
-- counts. Stock is set only where the counted value differs from the one imported before, so repeating an import undoes no sale; a line without one leaves
-- it, a new product without one has none.
-- tells: changes
WITH line AS (
    SELECT DISTINCT ON (sku) l.*
    FROM jsonb_to_recordset(:lines::jsonb) AS l(line bigint, id uuid, sku text, name text, kind text, category text, subcategory text,
                                                price bigint, currency text, stock bigint, supplier_cost bigint)
    ORDER BY sku, line DESC
), known AS (
    SELECT p.id, p.sku FROM product p JOIN line USING (sku)
), written AS (
    INSERT INTO product AS p (id, sku, name, kind, category, subcategory, price, currency, supplier_cost, doc, created_at, updated_at)
    SELECT coalesce(known.id, l.id), sku, name, kind, category, subcategory, price, currency, supplier_cost,
           rtrim(json_build_object('id', coalesce(known.id, l.id), 'sku', sku, 'name', name, 'kind', kind, 'category', category,
                                   'subcategory', subcategory, 'price', price, 'currency', currency, 'status', 'active')::text, '}'),
           :now::timestamptz, :now::timestamptz
    FROM line l LEFT JOIN known USING (sku)
    ORDER BY sku
    ON CONFLICT (sku) DO UPDATE
       SET name = excluded.name, kind = excluded.kind, category = excluded.category, subcategory = excluded.subcategory,
           price = excluded.price, currency = excluded.currency, supplier_cost = excluded.supplier_cost, status = 'active',
           doc = rtrim(json_build_object('id', p.id, 'sku', p.sku, 'name', excluded.name, 'kind', excluded.kind, 'category',
                       excluded.category, 'subcategory', excluded.subcategory, 'price', excluded.price, 'currency', excluded.currency,
                       'status', 'active')::text, '}'),
           updated_at = excluded.updated_at
       WHERE (p.name, p.kind, p.category, p.subcategory, p.price, p.currency, p.supplier_cost, p.status) IS DISTINCT FROM
             (excluded.name, excluded.kind, excluded.category, excluded.subcategory, excluded.price, excluded.currency,
              excluded.supplier_cost, 'active')
    RETURNING id, sku, (xmax = 0) AS created
), present AS (
    SELECT id, sku FROM written WHERE created UNION ALL SELECT id, sku FROM known
), before AS MATERIALIZED (   -- locked, so that a sale under way is in it or comes after this statement
    SELECT s.product_id, s.on_hand FROM stock s
    WHERE s.product_id = ANY (ARRAY(SELECT id FROM known))
    ORDER BY s.product_id
    FOR UPDATE
), counted AS (
    INSERT INTO stock AS s (product_id, on_hand, counted)
    SELECT present.id, coalesce(l.stock, 0), coalesce(l.stock, 0)
    FROM present JOIN line l USING (sku)
    WHERE (SELECT count(*) FROM before) >= 0 AND (l.stock IS NOT NULL OR present.id NOT IN (SELECT id FROM known))
    ORDER BY present.id
    ON CONFLICT (product_id) DO UPDATE
       SET on_hand = greatest(excluded.on_hand, s.held), counted = excluded.counted
       WHERE s.counted <> excluded.counted
    RETURNING product_id, on_hand, (xmax = 0) AS created
), moved AS (
    INSERT INTO stock_movement (product_id, quantity, reason, reference, at)
    SELECT c.product_id, c.on_hand - coalesce(b.on_hand, 0), 'import', 'import', :now::timestamptz
    FROM counted c LEFT JOIN before b USING (product_id)
    WHERE c.on_hand <> coalesce(b.on_hand, 0)
), categories AS (
    INSERT INTO category (name, subcategory)
    SELECT DISTINCT category, coalesce(subcategory, '') FROM line WHERE category IS NOT NULL ORDER BY 1, 2
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM written WHERE created) AS created,
       (SELECT count(*) FROM (SELECT id FROM written WHERE NOT created UNION SELECT product_id FROM counted WHERE NOT created) AS u) AS updated,
       -- Products that are new, or have another name or category, belong to other pages than before.
       CASE WHEN EXISTS (SELECT FROM written) OR EXISTS (SELECT FROM counted) THEN '*' END AS changed
