-- no transaction
-- Staff list the notifications of one template: one that is rare must not be looked for among all.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notification_by_template ON notification (template, id);
