-- All a charge needs to know of a payment. overtakes: older payments of the order wait for their customer, and could still take money.
-- still_owed: an automatic payment whose installment was paid meanwhile, or its method's mandate revoked, is not made, nor one that was asked for when less was paid
-- (:paid) than is now.
SELECT p.id, p.order_id, p.customer_id, p.status, p.source, p.provider, p.amount, p.currency, p.save, p.brand, p.provider_reference,
       p.token, m.token AS saved_token, m.provider_customer AS saved_customer, c.reference AS customer_reference,
       EXISTS (SELECT FROM payment o WHERE o.order_id = p.order_id AND o.id <> p.id AND o.status = 'requires_action') AS overtakes,
       CASE WHEN p.source = 'autopay' THEN m.revoked_at IS NULL AND EXISTS (SELECT FROM installment i WHERE i.order_id = p.order_id AND i.number = p.installment_number
                                                   AND i.total - i.paid >= p.amount)
            ELSE :paid::bigint IS NULL OR a.paid = :paid::bigint END AS still_owed
FROM payment p
JOIN order_account a ON a.order_id = p.order_id
LEFT JOIN payment_method m ON m.id = p.payment_method_id
LEFT JOIN provider_customer c ON c.customer_id = p.customer_id AND c.provider = p.provider
WHERE p.id = :payment_id::uuid
