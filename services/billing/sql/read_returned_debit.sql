-- A direct debit for who says that it was returned. waits: a credit of the same statement, which came before, is still to be recorded.
SELECT d.status, d.payment_id, direct_debit_body(d)::text AS body,
       d.status = 'pending' AND EXISTS (SELECT FROM bank_line r JOIN bank_line c ON c.statement_id = r.statement_id AND c.status = 'unmatched' AND c.decided_by IS NULL AND c.amount = d.amount
                                        WHERE r.id = :line_id::uuid AND strpos(lower(concat_ws(' ', c.reference, c.text)), end_to_end_id(d.id)) > 0) AS waits
FROM direct_debit d WHERE d.id = :id::uuid
