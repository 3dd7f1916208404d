-- Takes a manual payment for the rest of the unit, before any account.
SELECT id FROM manual_payment WHERE id = :id::uuid FOR NO KEY UPDATE
