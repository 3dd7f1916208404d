-- Everything the reader of SQL must get right.
-- pool: write
WITH reply AS (
    INSERT INTO thing (id, name, note, "odd :name")   /* :not /* :nested */ one */
    SELECT :id::uuid, :name, 'it''s :text', E'a\':b' -- :comment
    WHERE :name::text <> $tag$ :dollar ' $tag$ AND data ? 'k' AND :now::timestamptz > '2026-01-01'
    RETURNING json_build_object('id', id) AS body
), made AS (
    INSERT INTO outbox (type, subject, trace) SELECT 'thing.made', :id, :trace
), queued AS (
    INSERT INTO job (kind, key) SELECT 'tidy_up', :id || (ARRAY[1,2,3])[1:2]::text
), {{remember 201}}
SELECT body FROM reply;
