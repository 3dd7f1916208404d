-- Of what a credit note gives back, what was paid with the customer's credit is credit again: kept, not paid back.
CREATE OR REPLACE FUNCTION invoice_body(s invoice_shown) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'kind', s.kind, 'number', invoice_number_text(s.series, s.number), 'order_id', s.order_id, 'customer_id', s.customer_id, 'status', s.status,
        'currency', s.currency, 'total', s.total, 'paid', s.paid, 'issued_on', s.issued_on, 'issued_at', s.issued_at, 'paid_at', s.paid_at,
        'invoice_id', s.invoice_id, 'reason', s.reason,
        'settlement', CASE WHEN s.kind = 'credit_note' THEN (
            SELECT json_build_object('offset', s.total - s.refund, 'refund', s.refund - k.credit, 'credit', k.credit)
            FROM (SELECT coalesce(sum(r.amount), 0)::bigint AS credit FROM invoice_note n JOIN refund r ON r.order_id = n.order_id AND r.change_id = n.change_id
                  WHERE n.id = s.id AND r.destination = 'credit') AS k) END)
$$;
