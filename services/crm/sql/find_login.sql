-- What a password is checked against (nothing, where none was set yet), and what a token for it would say.
-- pool: read
SELECT l.subject, l.kind, nullif(l.password_hash, '') AS password_hash, CASE l.kind WHEN 'customer' THEN 'customer' ELSE r.scopes END AS scopes
FROM login l
LEFT JOIN staff_user s ON s.id = l.subject
LEFT JOIN role r ON r.name = s.role
WHERE l.username = lower(:username) AND NOT l.disabled
