-- A computed change, to be confirmed before it expires; only so many wait at once, and a customer's contract is changed by its customer only so often in a month.
WITH counted AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE h.status = 'computed' AND h.requested_as = :requested_as AND h.expires_at > :now::timestamptz) >= :open_max::int AS crowded,
           :requested_as = 'customer' AND count(*) FILTER (WHERE h.requested_as = 'customer' AND h.confirmed_at > :now::timestamptz - interval '30 days') >= :month_max::int AS often
    FROM contract_change h
    WHERE h.contract_id = :contract_id::uuid
), kept AS (
    INSERT INTO contract_change AS h (id, contract_id, order_id, customer_id, kind, status, as_of, reason, request, result, posting, plan, base_version,
                                      base_revision, pay_number, requested_by, requested_as, created_at, expires_at)
    SELECT :id::uuid, c.id, c.order_id, c.customer_id, :kind, 'computed', :as_of::date, :reason, :request::jsonb, :result::jsonb, :posting::json, :plan::json,
           :base_version::int, :base_revision, :pay_number::int, :by::uuid, :requested_as, :now::timestamptz, :expires_at::timestamptz
    FROM contract c, counted n
    WHERE c.id = :contract_id::uuid AND NOT n.crowded AND NOT n.often
    RETURNING h AS whole
), reply AS (
    SELECT contract_change_body(whole, :now::timestamptz)::text AS body FROM kept
), {{remember 201}}
SELECT body, NULL AS problem, NULL AS problem_detail FROM reply
UNION ALL
SELECT NULL, 'too_many_changes', CASE WHEN often THEN format('it was changed %s times within 30 days: the shop can change it', :month_max::int) ELSE format('confirm or cancel one of the %s that are computed', :open_max::int) END
FROM counted WHERE crowded OR often
