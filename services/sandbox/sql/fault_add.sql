-- Orders a fault.
INSERT INTO fault (remaining, customer, payment_method, plan)
VALUES (:times::int, :customer, :payment_method, :plan::jsonb)
