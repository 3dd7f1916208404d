-- What giving a method up at its provider needs to know. busy: something may be being charged by it. kept: its token was saved anew.
SELECT m.provider, m.token,
       EXISTS (SELECT FROM payment p WHERE p.customer_id = m.customer_id AND p.payment_method_id = m.id AND p.status IN ('processing', 'unknown')) AS busy,
       EXISTS (SELECT FROM payment_method o WHERE o.provider = m.provider AND o.token = m.token AND o.saved_at IS NOT NULL) AS kept
FROM payment_method m WHERE m.id = :id::uuid
