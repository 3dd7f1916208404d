-- Takes a customer's credit, or that of a refund's or payment's customer, for the rest of the unit: what follows sees all that was spent of it.
SELECT pg_advisory_xact_lock(hashtextextended('credit:' || coalesce(:customer_id::uuid, (SELECT r.customer_id FROM refund r WHERE r.id = :refund_id::uuid),
                                                               (SELECT p.customer_id FROM payment p WHERE p.id = :payment_id::uuid)), 0))
