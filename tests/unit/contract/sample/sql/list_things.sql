-- pool: read
SELECT 'insert into outbox' FROM thing WHERE :owner::uuid IS NULL OR customer_id = :owner::uuid
