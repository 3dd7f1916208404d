page AS MATERIALIZED (
    SELECT f.*, row_number() OVER (ORDER BY f.effective_on, f.id) AS place FROM (
        SELECT p.effective_on, p.id, p.entry_id FROM candidate p
        WHERE (:kind::text IS NULL OR p.kind = :kind::text)
          AND (:account::text IS NULL OR p.debit_account = :account::text OR p.credit_account = :account::text)
          AND NOT EXISTS (   -- an entry stands where its first line does that is looked for
              SELECT FROM posting e
              WHERE e.entry_id = p.entry_id AND e.line < p.line AND e.effective_on BETWEEN :from::date AND :to::date
                AND (:kind::text IS NULL OR e.kind = :kind::text)
              AND (:account::text IS NULL OR e.debit_account = :account::text OR e.credit_account = :account::text))
        ORDER BY p.effective_on, p.id
        LIMIT :limit::int + 1) AS f
), entry AS (
    SELECT g.place, json_build_object(
        'id', g.entry_id, 'kind', min(e.kind), 'effective_on', min(e.effective_on), 'recorded_at', min(e.recorded_at), 'currency', min(e.currency),
        'customer_id', min(e.customer_id::text), 'order_id', min(e.order_id::text), 'payment_id', min(e.payment_id::text), 'amount', sum(e.amount),
        'lines', json_agg(json_build_object('line', e.line, 'debit', e.debit_account, 'credit', e.credit_account, 'amount', e.amount,
                                            'installment_number', e.installment_number, 'lane', e.lane, 'position', e.position) ORDER BY e.line)) AS body
    FROM page g JOIN posting e USING (entry_id)
    WHERE g.place <= :limit::int
    GROUP BY g.place, g.entry_id
)
