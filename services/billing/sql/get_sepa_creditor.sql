-- The creditor as it is now; version 0: the shop has never said.
SELECT sepa_creditor_body(c)::text AS body, coalesce(c.version, 0) AS version
FROM (SELECT) AS one LEFT JOIN (SELECT * FROM sepa_creditor ORDER BY version DESC LIMIT 1) AS c ON true
