-- The customer does not agree to such messages: it is not sent.
UPDATE notification SET status = 'suppressed' WHERE id = :id::uuid AND status = 'queued'
