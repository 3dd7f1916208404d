-- The refund a provider's event is about: by the id we gave it, else the one that has taken it (find_lost_refund); and the payment of ours it is of.
WITH of AS (
    SELECT p.id FROM payment p WHERE p.provider = :provider AND p.provider_reference = :payment_reference
)
SELECT coalesce((SELECT r.id FROM refund r WHERE r.id = :refund_id::uuid),
                (SELECT r.id FROM refund r JOIN of ON r.payment_id = of.id WHERE r.provider_reference = :provider_reference)) AS id,
       (SELECT of.id FROM of) AS payment_id
