-- What forgives money needs a second pair of eyes over the shop's limit.
UPDATE role SET scopes = scopes || ' billing.approve' WHERE name IN ('admin', 'approver');
