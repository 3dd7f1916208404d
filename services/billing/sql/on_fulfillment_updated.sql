-- Goods have left: an order whose deposit has its invoice gets that of the sale.
-- emits: events
SELECT issue_after_deposit(e.order_id, :today::date, :now::timestamptz)
FROM json_to_record(:data::json) AS e(order_id uuid, step text)
WHERE e.step IN ('shipped', 'delivered')
