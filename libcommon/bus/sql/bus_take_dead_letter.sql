-- Removes a parked event in the unit that applies it; fails the unit when another request has done so.
WITH taken AS (
    DELETE FROM dead_letter WHERE id = :id::bigint RETURNING id
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM taken) THEN cuotas_fail('not_found') END
