-- What a change of a contract is computed from: its terms, the plan in force (NULL before the first change), the rows in force for their balances, the change that
-- waits to be paid, where the goods are, and what customers may do by themselves. Times are microseconds. Closures: none of now is none, as against NULL, which is no say:
-- where the plan said itself what is closed, that was sold and stays (plan_terms has the days of either and cannot tell them apart).
SELECT c.id, c.order_id, c.customer_id, c.currency, c.status AS contract_status, o.status AS order_status, c.schedule_version, c.plan_terms,
       CASE WHEN c.plan_terms -> 'due_dates' ? 'calendar' AND NOT coalesce(s.definition #> '{terms,due_dates}' ? 'closures', false) THEN coalesce(closures_from(:today::date), '[]'::json) END AS closures,
       (SELECT h.plan FROM contract_change h WHERE h.contract_id = c.id AND h.schedule_version = c.schedule_version) AS plan,
       (SELECT json_agg(json_build_object('number', i.number, 'opening_balance', i.opening_balance, 'days', i.days)) FROM installment i
        WHERE i.contract_id = c.id AND i.version = c.schedule_version) AS schedule,
       u.id AS unpaid_change, u.pay_number AS unpaid_number,
       (SELECT json_agg(json_build_object('line', l.number, 'quantity', l.quantity, 'line_total', l.line_total, 'returned', order_line_returned(c.id, l.number, false), 'picking', f.picking))
        FROM order_line l JOIN line_fulfilment f ON f.order_id = l.order_id AND f.line = l.number WHERE l.order_id = c.order_id) AS lines,
       (SELECT bool_or(f.away > 0 OR f.returned > 0) FROM line_fulfilment f WHERE f.order_id = c.order_id) AS sent,
       (SELECT bool_or(l.kind = 'physical') FROM order_line l WHERE l.order_id = c.order_id) AS goods,
       o.fulfilment_status = 'fulfilled' AS delivered,
       (extract(epoch FROM o.confirmed_at) * 1000000)::bigint AS confirmed_us,
       (SELECT (extract(epoch FROM max(e.at)) * 1000000)::bigint FROM shipment s JOIN shipment_event e ON e.shipment_id = s.id
        WHERE s.order_id = c.order_id AND e.step = 'delivered') AS delivered_us,
       p.country AS policy_country, p.withdrawal_days, p.open_days, p.basis, p.due_day_later, p.due_day_months, p.refund_interest,
       r.max_rate AS legal_rate, r.basis AS legal_basis,
       (SELECT max(h.as_of) FROM contract_change h WHERE h.contract_id = c.id AND h.kind = 'due_day' AND h.requested_as = 'customer' AND h.schedule_version IS NOT NULL)
           + make_interval(months => p.due_day_months) > :today::date AS due_day_moved,
       (SELECT sum((SELECT max(i.due_date) FROM installment i WHERE i.contract_id = c.id AND i.version = h.schedule_version)
                   - (SELECT max(i.due_date) FROM installment i WHERE i.contract_id = c.id AND i.version = h.base_version))
        FROM contract_change h WHERE h.contract_id = c.id AND h.kind = 'due_day' AND h.requested_as = 'customer' AND h.schedule_version IS NOT NULL) AS due_days_moved
FROM contract c
JOIN sales_order o ON o.id = c.order_id
LEFT JOIN plan_version s ON s.plan_id = c.plan_id AND s.version = c.plan_version
LEFT JOIN contract_change u ON u.contract_id = c.id AND u.status = 'awaiting_payment'
CROSS JOIN change_policy_of(:country, shop_change_policy_now()) AS p
LEFT JOIN legal_rate_at(:country, :today::date) AS r ON true
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
