-- The next turns of automatic charges at a provider, so far apart: behind those that any process has taken, and not before now. None is more than three minutes ahead, whatever the database's
-- clock did.
INSERT INTO autopay_pace AS p (provider, next_at) VALUES (:provider, clock_timestamp() + :count::int * :gap_us::bigint * interval '1 microsecond')
ON CONFLICT (provider) DO UPDATE
SET next_at = least(greatest(p.next_at, clock_timestamp()), clock_timestamp() + interval '3 minutes') + :count::int * :gap_us::bigint * interval '1 microsecond'
RETURNING (extract(epoch FROM next_at - clock_timestamp()) * 1000000)::bigint - :count::int * :gap_us::bigint AS wait_us
