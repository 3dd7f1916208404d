-- Who may write what is sold on (plans, terms, fulfilment, changes after the sale), and who approves beyond the limits.
UPDATE role SET scopes = scopes || ' orders.write orders.approve' WHERE name = 'admin';
UPDATE role SET scopes = scopes || ' orders.write' WHERE name = 'sales';
