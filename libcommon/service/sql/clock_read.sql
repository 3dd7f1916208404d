-- The test clock's offset as this service last stored it.
-- pool: read
SELECT offset_s FROM clock
