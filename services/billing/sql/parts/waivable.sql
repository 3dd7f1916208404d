waivable AS MATERIALIZED (   -- of what is `wanted` (order_id, number, part, amount): how much, and why not. Interest once it is earned; and something stays of the sale
    SELECT w.*, a.customer_id, a.currency,
           CASE WHEN a.status <> 'active' OR i.status IN ('rescheduled', 'written_off', 'canceled') THEN 0
                ELSE greatest(least(p.owed - p.paid, a.total - 1) - CASE WHEN w.part = 'interest' AND NOT i.accrued THEN i.interest ELSE 0 END, 0) END AS most
    FROM wanted w JOIN order_account a USING (order_id) JOIN installment i USING (order_id, number) CROSS JOIN LATERAL receivable_parts(i) AS p
    WHERE p.part = w.part
)
