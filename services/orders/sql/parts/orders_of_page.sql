-- The orders of `page`, joined with their contracts c, with their lines.
coalesce(json_agg(order_body(o, c, (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l
                                    WHERE l.order_id = c.order_id)) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]')
