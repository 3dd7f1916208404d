-- Takes a refund for the rest of the unit: what follows sees what became of it.
SELECT id FROM refund WHERE id = :id::uuid FOR NO KEY UPDATE
