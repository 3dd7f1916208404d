waived AS (   -- `granted` (id, order_id, number, part, amount): not owed any more
    UPDATE installment i
    SET penalty = i.penalty - CASE g.part WHEN 'penalty' THEN g.amount ELSE 0 END, fees = i.fees - CASE g.part WHEN 'fees' THEN g.amount ELSE 0 END,
        tax = i.tax - CASE g.part WHEN 'tax' THEN g.amount ELSE 0 END, principal = i.principal - CASE g.part WHEN 'principal' THEN g.amount ELSE 0 END,
        interest = i.interest - CASE g.part WHEN 'interest' THEN least(g.amount, i.interest) ELSE 0 END,
        carried = i.carried - CASE g.part WHEN 'interest' THEN greatest(g.amount - i.interest, 0) ELSE 0 END, total = i.total - g.amount,
        status = installment_status(i.total - g.amount, i.paid, i.due_date, :today::date), revision = i.revision + 1,
        next_attempt_on = CASE WHEN i.paid < i.total - g.amount THEN i.next_attempt_on END
    FROM granted g
    WHERE i.order_id = g.order_id AND i.number = g.number
    RETURNING i.*, g.id AS waiver_id, g.part, g.amount
), lowered AS (
    UPDATE order_account a
    SET total = a.total - w.amount, changes = a.changes + 1, status = CASE WHEN a.paid < a.total - w.amount THEN a.status WHEN given_up(a.order_id) THEN 'written_off' ELSE 'settled' END
    FROM waived w WHERE a.order_id = w.order_id
    RETURNING a.*
), journaled AS (
    INSERT INTO allocation (order_id, number, part, kind, amount, entry_id, effective_on, recorded_at)
    SELECT order_id, number, part, 'waiver', amount, waiver_id, :today::date, :now::timestamptz FROM waived
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, effective_on, recorded_at)
    SELECT w.waiver_id, 1, 'waiver', 'waivers', 'receivable', w.amount, a.currency, w.customer_id, w.order_id, w.number, :today::date, :now::timestamptz
    FROM waived w JOIN lowered a USING (order_id)
), invoiced AS (
    UPDATE invoice n SET status = 'paid', paid_at = :now::timestamptz FROM lowered a WHERE n.order_id = a.order_id AND a.status = 'settled' AND n.status = 'open'
), invoicing AS (   -- of a sale of which only the deposit has one yet
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'issue_invoice', 'invoice:' || d.order_id, :now::timestamptz, jsonb_build_object('order_id', d.order_id), :trace
    FROM lowered a JOIN deposit_invoice d USING (order_id) WHERE a.status = 'settled' AND NOT EXISTS (SELECT FROM invoice n WHERE n.order_id = a.order_id)
    ON CONFLICT (key) DO NOTHING
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT e.type, e.subject, e.customer_id, e.data, :trace, :now::timestamptz
    FROM (SELECT 1 AS place, 'installment.updated' AS type, w.order_id::text AS subject, w.customer_id,
                 jsonb_build_object('order_id', w.order_id, 'contract_id', a.contract_id, 'customer_id', w.customer_id, 'currency', a.currency, 'number', w.number,
                                    'revision', w.revision, 'due_date', w.due_date, 'total', w.total, 'paid', w.paid, 'outstanding', w.total - w.paid,
                                    'status', w.status, 'dpd', CASE WHEN w.paid < w.total THEN greatest(:today::date - w.due_date, 0) ELSE 0 END) AS data
          FROM waived w JOIN lowered a USING (order_id)
          UNION ALL
          SELECT 2, CASE a.status WHEN 'settled' THEN 'contract.paid' ELSE 'contract.written_off' END, a.contract_id::text, a.customer_id,
                 jsonb_build_object('order_id', a.order_id, 'contract_id', a.contract_id, 'customer_id', a.customer_id, 'currency', a.currency, 'total', a.total)
          FROM lowered a WHERE a.status IN ('settled', 'written_off')) AS e
    ORDER BY e.place
)
