-- The policy in force; version 0: the shop has never said anything.
-- pool: read
SELECT change_policy_body(:country, shop_change_policy_now())::text AS body
