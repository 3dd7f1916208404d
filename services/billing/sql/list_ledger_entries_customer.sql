-- The journal's entries of a customer, or of the customer of an order or a payment: all their postings are read; they are few.
-- pool: read
WITH candidate AS (
    SELECT * FROM posting p
    WHERE p.customer_id = coalesce(:customer_id::uuid, (SELECT a.customer_id FROM order_account a WHERE a.order_id = :order_id::uuid),
                                   (SELECT m.customer_id FROM payment m WHERE m.id = :payment_id::uuid))
      AND p.effective_on BETWEEN :from::date AND :to::date AND (p.effective_on, p.id) > (:after_on::date, :after_id::bigint)
      AND (:order_id::uuid IS NULL OR p.order_id = :order_id::uuid) AND (:payment_id::uuid IS NULL OR p.payment_id = :payment_id::uuid)
), {{part page_of_entries}}
SELECT json_build_object(
    'data', coalesce((SELECT json_agg(body ORDER BY place) FROM entry), '[]'::json),
    'next_cursor', CASE WHEN (SELECT count(*) FROM page) > :limit::int
                        THEN (SELECT cuotas_cursor(effective_on::text, id::text) FROM page WHERE place = :limit::int) END) AS body
