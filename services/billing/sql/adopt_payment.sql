-- A payment the provider tells of and we have no row of: a restore has undone it, not the provider. Its order is known: the row is made
-- again, undecided, and what the provider says of it then has its effect. The columns of find_payment; no row: no such order here.
INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, provider_reference, created_at,
                     updated_at)
SELECT :payment_id::uuid, a.order_id, a.contract_id, a.customer_id, :amount::bigint, a.currency, 'processing', 'checkout', :provider, :token,
       :provider_reference, :now::timestamptz, :now::timestamptz
FROM order_account a
WHERE a.order_id = :order_id::uuid AND a.currency = :currency
ON CONFLICT (id) DO UPDATE SET updated_at = payment.updated_at
RETURNING id, amount, currency, status, brand
