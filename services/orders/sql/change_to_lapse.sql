-- A change that waits to be paid, with the plans before it and since, and how often billing refused to undo it.
SELECT h.order_id, h.as_of, h.pay_number, c.plan_terms, h.plan,
       (SELECT count(*) FROM contract_change r WHERE r.contract_id = h.contract_id AND r.undoes = h.id AND r.status = 'refused') AS refused,
       (SELECT b.plan FROM contract_change b WHERE b.contract_id = h.contract_id AND b.schedule_version = h.base_version) AS plan_before,
       (SELECT json_agg(json_build_object('number', i.number, 'opening_balance', i.opening_balance, 'days', i.days)) FROM installment i
        WHERE i.contract_id = c.id AND i.version = c.schedule_version) AS schedule
FROM contract_change h
JOIN contract c ON c.id = h.contract_id
WHERE h.id = :id::uuid AND h.status = 'awaiting_payment'
