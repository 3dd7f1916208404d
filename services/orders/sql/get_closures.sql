-- The shop's closures that end on a day or later.
-- pool: read
SELECT closures_from(:from::date) AS closures
