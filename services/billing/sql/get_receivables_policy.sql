-- The policy in force; version 0: the shop has never said anything.
-- pool: read
SELECT receivables_policy_body(p)::text AS body, p.version FROM receivables_policy p ORDER BY p.version DESC LIMIT 1
