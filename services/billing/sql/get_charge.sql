-- All a charge needs to know of a payment. still_owed: an automatic payment whose installment was paid meanwhile is not made.
SELECT p.id, p.order_id, p.customer_id, p.status, p.source, p.provider, p.amount, p.currency, p.save, p.brand, p.provider_reference,
       p.token, m.token AS saved_token, m.provider_customer AS saved_customer, c.reference AS customer_reference,
       p.source <> 'autopay' OR EXISTS (SELECT FROM installment i WHERE i.order_id = p.order_id AND i.number = p.installment_number
                                        AND i.total - i.paid >= p.amount) AS still_owed
FROM payment p
LEFT JOIN payment_method m ON m.id = p.payment_method_id
LEFT JOIN provider_customer c ON c.customer_id = p.customer_id AND c.provider = p.provider
WHERE p.id = :payment_id::uuid
