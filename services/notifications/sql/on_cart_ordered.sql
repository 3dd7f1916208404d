-- Who ordered a cart after all is not reminded of it: a mail that waits for its hours is not sent.
UPDATE notification SET status = 'suppressed'
WHERE customer_id = :customer_id::uuid AND template = 'cart_left' AND status = 'queued' AND data ->> 'cart_id' = :data::json ->> 'cart_id'
