-- The policy in force, and the series there are; version 0: the shop has never said anything.
SELECT invoice_policy_body(p)::text AS body
FROM (SELECT) AS one LEFT JOIN (SELECT * FROM invoice_policy ORDER BY version DESC LIMIT 1) AS p ON true
