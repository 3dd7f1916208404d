-- A customer fell behind with an order: for ever one time they did not keep to what was agreed, and open until it is cured.
SELECT credit_mark(:customer_id::uuid, :data::jsonb ->> 'case_id', 'open')
