-- An entry's id as entry_id, with the first 48 bits of its order's, which are the time of the sale: the day's close goes through the orders by their age, so its million
-- entries come side by side into the index, not all over it. The other 80 are of what names the entry alone.
CREATE FUNCTION entry_id(order_id uuid, what text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN overlay(md5(order_id::text || ':' || what) PLACING left(replace(order_id::text, '-', ''), 12) FROM 1)::uuid;
