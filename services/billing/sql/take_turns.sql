-- The next turns of automatic charges at a provider, so far apart: behind those that any process has taken, and not before now. No row, and nothing taken, when the first of them is more than
-- :within_us ahead. Nobody takes one that is minutes ahead: where the row says so the database's clock went back, and it begins anew.
INSERT INTO autopay_pace AS p (provider, next_at) VALUES (:provider, clock_timestamp() + :count::int * :gap_us::bigint * interval '1 microsecond')
ON CONFLICT (provider) DO UPDATE
SET next_at = CASE WHEN p.next_at > clock_timestamp() + interval '4 minutes' THEN clock_timestamp() ELSE greatest(p.next_at, clock_timestamp()) END
              + :count::int * :gap_us::bigint * interval '1 microsecond'
WHERE p.next_at <= clock_timestamp() + :within_us::bigint * interval '1 microsecond' OR p.next_at > clock_timestamp() + interval '4 minutes'
RETURNING (extract(epoch FROM next_at - clock_timestamp()) * 1000000)::bigint - :count::int * :gap_us::bigint AS wait_us
