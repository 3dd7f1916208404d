-- Debits and credits of each account up to a business day, as they were known at an instant (:known_at NULL: now). Of what was folded, days recorded before that
-- instant's count whole; its own day, and what is not folded yet, are read posting by posting.
-- pool: slow
WITH flow AS (
    SELECT s.effective_on, s.debit_account, s.credit_account, s.currency, s.amount FROM ledger_sum s
    WHERE :known_at::timestamptz IS NULL OR s.recorded_on < recorded_day(:known_at::timestamptz)
    UNION ALL
    SELECT p.effective_on, p.debit_account, p.credit_account, p.currency, p.amount
    FROM ledger_folded f CROSS JOIN LATERAL (SELECT * FROM posting n WHERE n.lane = f.lane AND n.position > f.upto OFFSET 0) AS p   -- by the chain, and nothing else
    WHERE :known_at::timestamptz IS NULL OR p.recorded_at <= :known_at::timestamptz
    UNION ALL
    SELECT p.effective_on, p.debit_account, p.credit_account, p.currency, p.amount
    FROM ledger_fold f
    CROSS JOIN LATERAL (SELECT * FROM posting n WHERE n.lane = f.lane AND n.position > f.after AND n.position <= f.upto OFFSET 0) AS p
    WHERE f.recorded_from <= :known_at::timestamptz AND recorded_day(f.recorded_to) >= recorded_day(:known_at::timestamptz)
      AND p.recorded_at <= :known_at::timestamptz AND recorded_day(p.recorded_at) = recorded_day(:known_at::timestamptz)
), moved AS MATERIALIZED (
    SELECT debit_account, credit_account, currency, sum(amount) AS amount FROM flow
    WHERE effective_on <= coalesce(:as_of, :today)::date AND (:currency::text IS NULL OR currency = :currency::text)
    GROUP BY debit_account, credit_account, currency
), side AS (
    SELECT debit_account AS account, currency, amount AS debit, 0 AS credit FROM moved UNION ALL SELECT credit_account, currency, 0, amount FROM moved
), account AS (
    SELECT account, currency, sum(debit) AS debit, sum(credit) AS credit FROM side GROUP BY account, currency
), total AS (
    SELECT currency, sum(debit) AS debit, sum(credit) AS credit FROM account GROUP BY currency
)
SELECT json_build_object(
    'as_of', coalesce(:as_of, :today)::date, 'known_at', :known_at::timestamptz,
    'data', coalesce((SELECT json_agg(json_build_object('account', a.code, 'class', a.class, 'currency', b.currency, 'debit', b.debit, 'credit', b.credit,
                                                        'balance', b.debit - b.credit) ORDER BY b.currency, a.code)
                      FROM account b JOIN ledger_account a ON a.code = b.account), '[]'::json),
    'totals', coalesce((SELECT json_agg(json_build_object('currency', currency, 'debit', debit, 'credit', credit) ORDER BY currency) FROM total),
                       '[]'::json)) AS body
