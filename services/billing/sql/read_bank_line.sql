-- A bank's line for who matches it with an order, or with none: of which day its money counts for that, and what became of it.
SELECT l.status, l.amount, l.currency, l.payment_id, m.order_id, l.decided_by, bank_line_body(l)::text AS body,
       least(:today::date, greatest(l.booked_on, (a.placed_at AT TIME ZONE :zone)::date)) AS received_on
FROM bank_line l LEFT JOIN manual_payment m ON m.id = l.payment_id LEFT JOIN order_account a ON a.order_id = :order_id::uuid
WHERE l.id = :id::uuid
