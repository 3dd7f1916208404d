-- The policy in force; version 0: there never was one.
-- pool: read
SELECT coalesce((SELECT credit_policy_body(p) FROM credit_policy p ORDER BY version DESC LIMIT 1),
                '{"version": 0, "limits": [], "max_dpd": null, "max_open_cases": null, "max_broken": null, "max_open_contracts": null, "review_hours": 48,
                  "payment_hours": 24, "changed_at": null, "changed_by": null}')::text AS body
