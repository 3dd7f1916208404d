-- At which version the policy is, and what the law gives.
SELECT coalesce((s.shop).version, 0) AS version, coalesce(p.law_days, 0) AS law_days
FROM (SELECT shop_change_policy_now() AS shop) AS s, change_policy_of(:country, s.shop) AS p
