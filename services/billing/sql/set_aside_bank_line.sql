-- A line that nobody has decided about, and that needs nobody: what it tells is known.
UPDATE bank_line SET status = 'ignored', reason = :reason, decided_by = :by, decided_at = :now::timestamptz
WHERE id = :id::uuid AND status IN ('unmatched', 'proposed') AND decided_by IS NULL
