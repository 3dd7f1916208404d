-- A token that is being saved anew lives on in the new row only (before activate_method, in its unit).
UPDATE payment_method SET saved_at = NULL
WHERE provider = :provider AND token = :token AND saved_at IS NOT NULL AND id <> :id::uuid
