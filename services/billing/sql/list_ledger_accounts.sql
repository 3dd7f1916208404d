-- The chart of accounts.
-- pool: read
SELECT json_build_object('data', json_agg(json_build_object('code', a.code, 'class', a.class, 'title', a.title, 'normal_side', normal_side(a))
                                          ORDER BY array_position(ARRAY['asset', 'liability', 'revenue', 'expense'], a.class), a.code)) AS body
FROM ledger_account a
