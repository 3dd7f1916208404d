-- The change that undoes another which was not paid: agreed already, so billing is asked at once. Not when one is under way.
WITH made AS (
    INSERT INTO contract_change (id, contract_id, order_id, customer_id, kind, status, as_of, reason, request, result, posting, plan, base_version, base_revision,
                                 undoes, requested_as, created_at, expires_at, confirmed_at)
    SELECT :id::uuid, h.contract_id, h.order_id, h.customer_id, 'restore', 'confirming', :today::date, :reason, '{"kind": "restore"}', :result::jsonb, :posting::json,
           :plan::json, h.schedule_version, :base_revision, h.id, 'system', :now::timestamptz, :now::timestamptz, :now::timestamptz
    FROM contract_change h
    WHERE h.id = :undoes::uuid AND h.status = 'awaiting_payment'
    ON CONFLICT (contract_id) WHERE status = 'confirming' DO NOTHING
    RETURNING id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'apply_change', 'change:' || id, :now::timestamptz, jsonb_build_object('change_id', id), :trace FROM made
