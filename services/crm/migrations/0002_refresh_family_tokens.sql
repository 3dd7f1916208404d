-- Forgetting a log-in asks whether it has tokens, and so does its foreign key.
CREATE INDEX refresh_token_family ON refresh_token (family);
