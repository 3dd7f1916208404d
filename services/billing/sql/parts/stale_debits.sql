stale AS MATERIALIZED (   -- debits of a batch that nobody has decided about, which would not be asked for any more, and why
    SELECT * FROM (
        SELECT d.id, d.number, d.order_id, CASE
                   WHEN m.removed_at IS NOT NULL OR m.saved_at IS NULL THEN 'its mandate was removed'
                   WHEN m.status <> 'signed' THEN 'its mandate was declined'
                   WHEN m.revoked_at IS NOT NULL THEN 'its mandate was revoked'
                   WHEN EXISTS (SELECT FROM payment_method o WHERE o.customer_id = m.customer_id AND o.saved_at IS NOT NULL AND (o.saved_at, o.id) > (m.saved_at, m.id))
                   THEN 'its customer has chosen another payment method'
                   WHEN a.in_flight IS NOT NULL THEN 'a payment of its order is on its way'
                   WHEN a.disputed > 0 THEN 'a payment of its order is disputed'
                   WHEN a.status <> 'active' OR i.status NOT IN ('scheduled', 'due', 'partially_paid', 'overdue') OR i.total - i.paid < d.amount THEN 'not as much is owed any more'
                   WHEN NOT i.autopay THEN 'it is not charged automatically any more'
                   WHEN d.collect_on <= target_day(:today::date) THEN 'its day, ' || d.collect_on || ', is too near for the bank'
                   WHEN d.collect_on < :today::date + c.notice_days THEN 'its day, ' || d.collect_on || ', is too near to tell its debtor of it'
               END AS why
        FROM direct_debit_batch b JOIN sepa_creditor c ON c.version = b.creditor JOIN direct_debit d ON d.batch_id = b.id JOIN payment_method m ON m.id = d.mandate_id JOIN order_account a USING (order_id)
        JOIN installment i ON i.order_id = d.order_id AND i.number = d.number
        WHERE b.id = :id::uuid AND b.status = 'created') AS judged
    WHERE why IS NOT NULL
), stale_told AS (
    SELECT string_agg('direct debit ' || s.id || ' (installment ' || s.number || ' of order ' || s.order_id || '): ' || s.why, '; ' ORDER BY s.id) FILTER (WHERE s.place <= 5)
           || CASE WHEN count(*) > 5 THEN '; and ' || count(*) - 5 || ' more' ELSE '' END AS why
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM stale) AS s
)
