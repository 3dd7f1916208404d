-- How many events are parked.
-- pool: read
SELECT count(*) AS parked FROM dead_letter
