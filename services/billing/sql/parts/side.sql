side AS (   -- what the ledger moved in these days; credits are positive, debits negative
    SELECT f.effective_on, date_trunc(:by::text, f.effective_on::timestamp)::date AS period, f.currency, s.account, s.other, s.amount
    FROM ledger_flow f
    CROSS JOIN LATERAL (VALUES (f.credit_account, f.debit_account, f.amount), (f.debit_account, f.credit_account, -f.amount)) AS s(account, other, amount)
    WHERE f.effective_on BETWEEN :from::date AND :to::date AND (:currency::text IS NULL OR f.currency = :currency::text)
)
