-- The provider's word on a dispute (after lock_payment and lock_credit, in their unit), whatever order its words come in: what has ended stays so, what was answered is not unanswered again, and
-- each effect hangs on the state it is left from. Withheld: the money is not at the provider any more, and not lost yet. Won: it is there again. Lost: what it had paid is
-- owed again; what had gone back and stayed here as the customer's credit is taken of that, as far as it can be used still; what is left (it went back before, or the sale was undone) is the shop's loss.
WITH known AS (
    SELECT d.* FROM dispute d WHERE d.provider = :provider AND d.provider_reference = :provider_reference
), told AS (
    SELECT p.id AS payment_id, p.order_id, p.customer_id, p.currency, a.contract_id, a.status AS account_status, a.paid, k.status AS was, k.inquiry AS was_inquiry,
           coalesce(k.id, entry_id('dispute:' || :provider || ':' || :provider_reference)) AS id, coalesce(k.amount, :amount::bigint) AS disputed, coalesce(k.withheld, false) AS was_withheld,
           coalesce(k.fee, 0) AS was_fee, :transactions::int > coalesce(k.transactions, 0) AS newer_fee,
           p.received - coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = p.id AND r.reason <> 'credit'), 0)
                      - coalesce((SELECT sum(d.reopened + d.recovered) FROM dispute d WHERE d.payment_id = p.id), 0) - w.recovered AS still_paid, w.recovered,
           k.status IS NULL OR k.status NOT IN ('won', 'lost') AND (k.inquiry AND NOT :inquiry::boolean OR k.inquiry = :inquiry::boolean
                                                                   AND NOT (k.status = 'under_review' AND :status = 'needs_response')) AS news
    FROM payment p JOIN order_account a USING (order_id) LEFT JOIN known k ON true CROSS JOIN LATERAL (SELECT recovered_by(p.customer_id, p.id) AS recovered) AS w
    WHERE p.id = :payment_id::uuid
), said AS MATERIALIZED (
    SELECT t.*, CASE WHEN t.news THEN :status ELSE t.was END AS status, CASE WHEN t.news THEN :inquiry::boolean ELSE t.was_inquiry END AS inquiry,
           t.was_withheld OR t.news AND NOT :inquiry::boolean AS withheld, t.news AND :status IN ('won', 'lost') AS ends,
           CASE WHEN t.newer_fee THEN :fee::bigint ELSE t.was_fee END AS fee
    FROM told t
), back AS MATERIALIZED (
    SELECT s.order_id, s.payment_id, s.customer_id, s.currency, s.account_status, least(s.disputed, s.recovered) AS recovered,
           greatest(least(s.disputed - least(s.disputed, s.recovered), s.paid, s.still_paid), 0)::bigint AS amount, false AS charge_again, 'dispute' AS kind, s.id AS entry_id, CASE WHEN s.was IS NULL THEN 0 ELSE -s.disputed END AS disputed
    FROM said s WHERE s.ends AND s.status = 'lost' AND s.withheld
), of_credit AS MATERIALIZED (   -- refunds that are credit, by their destination or because they failed, less what disputes before have taken of it
    SELECT greatest(least(s.disputed - b.amount - b.recovered, k.amount, c.available), 0)::bigint AS amount
    FROM said s CROSS JOIN back b
    CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = s.payment_id AND r.reason <> 'credit'
                                           AND (r.destination = 'credit' AND r.status = 'succeeded' OR r.status = 'failed')), 0)
                               - coalesce((SELECT sum(p.amount) FROM posting p WHERE p.customer_id = s.customer_id AND p.payment_id = s.payment_id AND p.kind = 'dispute'
                                             AND p.debit_account = 'customer_credit'), 0) AS amount) AS k
    CROSS JOIN LATERAL (SELECT coalesce((SELECT o.balance - o.on_its_way FROM credit_of(s.customer_id) AS o WHERE o.currency = s.currency), 0) AS available) AS c
), {{part reopened}}, frozen AS (
    UPDATE order_account a SET disputed = a.disputed + CASE WHEN s.ends THEN -s.disputed ELSE s.disputed END
    FROM said s
    WHERE a.order_id = s.order_id AND NOT EXISTS (SELECT FROM back) AND (s.was IS NULL AND NOT s.ends OR s.was IS NOT NULL AND s.ends)
), opened AS (
    INSERT INTO dispute AS d (id, payment_id, order_id, customer_id, provider, provider_reference, amount, currency, reason, inquiry, status, withheld, fee, transactions,
                              reopened, recovered, evidence_due_at, opened_at, updated_at, closed_at)
    SELECT s.id, s.payment_id, s.order_id, s.customer_id, :provider, :provider_reference, s.disputed, s.currency, :reason, s.inquiry, s.status, s.withheld, s.fee,
           :transactions::int, coalesce((SELECT b.amount FROM back b), 0), coalesce((SELECT b.recovered FROM back b), 0), :evidence_due_at::timestamptz, :now::timestamptz, :now::timestamptz,
           CASE WHEN s.status IN ('won', 'lost') THEN :now::timestamptz END
    FROM said s
    ON CONFLICT (id) DO UPDATE SET inquiry = excluded.inquiry, status = excluded.status, withheld = excluded.withheld, fee = excluded.fee,
        transactions = greatest(d.transactions, excluded.transactions), reopened = d.reopened + excluded.reopened, recovered = d.recovered + excluded.recovered,
        evidence_due_at = coalesce(excluded.evidence_due_at, d.evidence_due_at), updated_at = excluded.updated_at, closed_at = coalesce(d.closed_at, excluded.closed_at)
    RETURNING d.*
), entry AS (
    SELECT 1 AS line, 'disputed' AS debit, 'cash_at_provider' AS credit, disputed AS amount, NULL::int AS number FROM said WHERE withheld AND NOT was_withheld
    UNION ALL SELECT 2, 'cash_at_provider', 'disputed', disputed, NULL FROM said WHERE ends AND status = 'won' AND withheld
    UNION ALL SELECT 3, 'bad_debt', 'disputed', s.disputed - b.amount - b.recovered - c.amount, NULL FROM said s CROSS JOIN back b CROSS JOIN of_credit c
    UNION ALL SELECT 5, 'customer_credit', 'disputed', c.amount, NULL FROM of_credit c
    UNION ALL SELECT 4, 'recoveries', 'disputed', b.recovered, NULL FROM back b
    UNION ALL SELECT 9 + row_number() OVER (ORDER BY u.due_date, u.number), 'receivable', 'disputed', u.taken, u.number FROM updated u
    UNION ALL SELECT 100000 + :transactions::int, CASE WHEN fee > was_fee THEN 'provider_fees' ELSE 'cash_at_provider' END,
                     CASE WHEN fee > was_fee THEN 'cash_at_provider' ELSE 'provider_fees' END, abs(fee - was_fee), NULL FROM said
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, payment_id,
                         effective_on, recorded_at)
    SELECT s.id, e.line, 'dispute', e.debit, e.credit, e.amount, s.currency, s.customer_id, s.order_id, e.number, s.payment_id, :today::date, :now::timestamptz
    FROM entry e CROSS JOIN said s
    WHERE e.amount > 0
    ORDER BY e.line
), event AS (
    SELECT 0 AS place, 0 AS number, 'dispute.opened' AS type, o.id::text AS subject, o.customer_id,
           jsonb_build_object('dispute_id', o.id, 'payment_id', o.payment_id, 'order_id', o.order_id, 'customer_id', o.customer_id, 'amount', o.amount,
                              'currency', o.currency, 'reason', o.reason, 'inquiry', o.inquiry, 'evidence_due_at', o.evidence_due_at) AS data
    FROM opened o CROSS JOIN said s WHERE s.was IS NULL
    UNION ALL SELECT n.place, n.number, n.type, n.subject, n.customer_id, n.data FROM news n
    UNION ALL
    SELECT 3, 0, 'dispute.closed', o.id::text, o.customer_id,
           jsonb_build_object('dispute_id', o.id, 'payment_id', o.payment_id, 'order_id', o.order_id, 'customer_id', o.customer_id, 'amount', o.amount,
                              'currency', o.currency, 'status', o.status, 'reopened', o.reopened)
    FROM opened o CROSS JOIN said s WHERE s.ends
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT e.type, e.subject, e.customer_id, e.data, :trace, :now::timestamptz FROM event e ORDER BY e.place, e.number
