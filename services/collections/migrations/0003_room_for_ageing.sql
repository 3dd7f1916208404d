-- Every active case is updated every day, in columns no index has: with room in its page that touches no index.
ALTER TABLE collection_case SET (fillfactor = 85);
