-- They caught up.
SELECT credit_mark(:customer_id::uuid, :data::jsonb ->> 'case_id', 'cured')
