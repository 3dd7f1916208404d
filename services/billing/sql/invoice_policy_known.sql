-- At which version the policy is.
SELECT coalesce(max(version), 0) AS version FROM invoice_policy
