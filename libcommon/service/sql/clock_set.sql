-- Moves the test clock; never back.
UPDATE clock SET offset_s = greatest(offset_s, :offset_s::bigint) RETURNING offset_s
