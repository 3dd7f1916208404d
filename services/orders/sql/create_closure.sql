-- Days on which the shop is closed (closures_bounded says how many there may be).
WITH made AS (
    INSERT INTO closure AS c (id, calendar, first_day, last_day, reason, created_at, created_by)
    VALUES (:id::uuid, :calendar, :from::date, :to::date, :reason, :now::timestamptz, :by)
    RETURNING closure_body(c)::text AS body
), reply AS (
    SELECT body FROM made
), {{remember 201}}
SELECT body FROM reply
