-- A direct debit for who records what became of it. Its order, unless that takes no money any more; in which day's books it counts.
SELECT d.status, d.amount, d.currency, d.payment_id, end_to_end_id(d.id) AS reference, 
       least(:today::date, greatest(coalesce(:received_on::date, :today::date), (a.placed_at AT TIME ZONE :zone)::date)) AS received_on,
       CASE WHEN a.status <> 'closed' THEN d.order_id END AS order_id, direct_debit_body(d)::text AS body
FROM direct_debit d JOIN order_account a USING (order_id) WHERE d.id = :id::uuid
