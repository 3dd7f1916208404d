-- Takes an order's account for one payment (after lock_order, in its unit): the payment, what its customer has agreed to for the method, the job that charges it, the reply.
-- No row: no such order, or somebody else's. The job knows what was paid when this was asked for: should more be by then, an older
-- payment has come through, and this one is not charged.
WITH account AS (
    SELECT * FROM order_account
    WHERE order_id = :order_id::uuid
      AND (:owner::uuid IS NULL OR customer_id = :owner::uuid)
      AND (:customer_id::uuid IS NULL OR customer_id = :customer_id::uuid)
), owed AS (
    SELECT coalesce(sum(i.total - i.paid) FILTER (WHERE i.number = 0), 0)::bigint AS deposit,
           coalesce(sum(i.total - i.paid) FILTER (WHERE i.due_date <= :today::date), 0)::bigint AS due,
           (array_agg(i.total - i.paid ORDER BY i.due_date, i.number) FILTER (WHERE i.paid < i.total))[1] AS next
    FROM account a JOIN installment i USING (order_id)
), method AS (
    SELECT m.id, m.provider, m.brand, m.last4, m.revoked_at FROM account a JOIN payment_method m USING (customer_id)
    WHERE m.id = :method_id::uuid AND m.saved_at IS NOT NULL AND m.provider <> 'sepa'   -- collected by a batch of direct debits
), payer AS (
    SELECT customer_id, order_id, :source::text = 'link' AS by_link FROM account
), {{part declined}}, wanted AS (
    SELECT a.*, d.until, coalesce(:amount::bigint, nullif(o.deposit, 0), nullif(o.due, 0), o.next) AS amount, m.id AS method, coalesce(m.provider, :provider) AS provider, m.brand, m.last4,
           CASE WHEN a.status = 'closed' THEN 'order_closed'
                WHEN a.status = 'settled' THEN 'order_paid'
                WHEN a.status = 'written_off' THEN 'order_written_off'
                WHEN a.in_flight IS NOT NULL THEN 'payment_in_progress'
                WHEN :amount::bigint > a.total - a.paid THEN 'amount_too_large'
                WHEN a.status = 'pending' AND :amount::bigint < o.deposit THEN 'amount_below_deposit'
                WHEN :method_id::uuid IS NOT NULL AND m.id IS NULL THEN 'payment_method_not_found'
                WHEN m.revoked_at IS NOT NULL AND :owner::uuid IS NULL THEN 'mandate_revoked'   -- only its customer may pay with it
                WHEN a.currency <> :currencies::jsonb ->> coalesce(m.provider, :provider::text) THEN 'currency_not_taken'
                WHEN d.until IS NOT NULL THEN 'too_many_declines' END AS problem,
           CASE WHEN :amount::bigint > a.total - a.paid THEN 'at most ' || (a.total - a.paid) || ' is owed'
                WHEN a.status = 'pending' AND :amount::bigint < o.deposit THEN 'the deposit is ' || o.deposit END AS problem_detail
    FROM account a CROSS JOIN owed o LEFT JOIN method m ON true LEFT JOIN declined d ON true
), taken AS (
    UPDATE order_account a SET in_flight = :id::uuid FROM wanted w WHERE a.order_id = w.order_id AND w.problem IS NULL
    RETURNING a.order_id
), created AS (
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, payment_method_id,
                         save, brand, last4, fallback_provider, fallback_token, created_at, updated_at)
    SELECT :id::uuid, w.order_id, w.contract_id, w.customer_id, w.amount, w.currency, 'processing', :source, w.provider, :token, w.method,
           :save::boolean, w.brand, w.last4, CASE WHEN w.method IS NULL AND :fallback_provider <> :provider AND w.currency = coalesce(:currencies::jsonb ->> :fallback_provider::text, w.currency) THEN :fallback_provider END, :fallback_token, :now::timestamptz, :now::timestamptz
    FROM wanted w JOIN taken t USING (order_id)
    RETURNING id, payment_body(payment.*, 0)::text AS body
), agreed AS (   -- kept with the method when that is saved
    INSERT INTO payment_mandate (payment_id, customer_id, text, text_sha256, channel, ip, user_agent, recorded_by, accepted_at)
    SELECT c.id, w.customer_id, :mandate_text, :mandate_sha256, :channel, :ip, :user_agent, :recorded_by, :now::timestamptz FROM created c CROSS JOIN wanted w
    WHERE :mandate_text::text IS NOT NULL
), charge AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'charge_payment', 'charge:' || c.id, :now::timestamptz, jsonb_build_object('payment_id', c.id, 'paid', w.paid::text), :trace
    FROM created c CROSS JOIN wanted w
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT w.problem, w.problem_detail, CASE w.problem WHEN 'too_many_declines' THEN ceil(extract(epoch FROM w.until - :now::timestamptz))::int END AS problem_wait_s, r.body FROM wanted w LEFT JOIN reply r ON true
