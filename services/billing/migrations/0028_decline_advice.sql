-- The API's payment says what to do about a decline. It follows from its kind, and of a hard one from its cause: a card that can be another one's data, or the issuer's last word.
CREATE OR REPLACE FUNCTION payment_body(p payment, refunded numeric) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', p.id, 'status', p.status, 'amount', p.amount, 'currency', p.currency, 'order_id', p.order_id, 'customer_id', p.customer_id,
        'source', p.source, 'provider', p.provider, 'brand', p.brand, 'last4', p.last4, 'refunded', refunded,
        'failure_code', p.failure_code, 'decline_kind', p.decline_kind,
        'advice', CASE p.decline_kind WHEN 'soft' THEN 'retry_later' WHEN 'action' THEN 'authenticate'
                                      WHEN 'hard' THEN CASE p.failure_code WHEN 'card_declined' THEN 'do_not_retry' ELSE 'update_method' END END,
        'next_action', CASE WHEN p.status = 'requires_action'
                            THEN json_build_object('type', p.next_action_type, 'url', p.next_action_url) END,
        'created_at', p.created_at, 'completed_at', p.completed_at)
$$;
