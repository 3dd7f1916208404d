-- A method cannot be charged: the provider refused it, or its owner has to authenticate it first.
UPDATE payment_method SET status = :status, failure_code = :failure_code, next_action_type = :next_action_type, next_action_url = :next_action_url,
                          provider_reference = coalesce(:provider_reference, provider_reference)
WHERE id = :id::uuid AND status IN ('processing', 'requires_action')
