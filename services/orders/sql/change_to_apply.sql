-- A confirmed change, for the job that has billing apply it. applied: only what is paid of its rows may have to be followed.
SELECT h.order_id, h.contract_id, h.kind, h.posting, h.status <> 'confirming' AS applied, h.status = 'refused' AS refused
FROM contract_change h
WHERE h.id = :id::uuid
