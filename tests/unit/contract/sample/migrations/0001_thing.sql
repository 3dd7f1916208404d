CREATE TABLE thing (id uuid PRIMARY KEY);
