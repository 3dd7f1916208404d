-- A promotion as it is, in the words of its contract.
SELECT p.version, p.name, p.active, to_json(p.valid_from) #>> '{}' AS valid_from, to_json(p.valid_until) #>> '{}' AS valid_until,
       p.max_uses::text AS max_uses, p.max_uses_per_customer::text AS max_uses_per_customer, p.used
FROM promotion p
WHERE p.id = :id::uuid
