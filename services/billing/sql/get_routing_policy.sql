-- The policy in force; version 0: the shop has never said anything.
SELECT routing_policy_body(p)::text AS body, coalesce(p.version, 0) AS version
FROM (SELECT) AS one LEFT JOIN (SELECT * FROM routing_policy ORDER BY version DESC LIMIT 1) AS p ON true
