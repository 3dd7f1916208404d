-- Groups the shop puts customers into; the version counts the changes.
CREATE TABLE customer_segments (
    customer_id uuid PRIMARY KEY REFERENCES customer,
    segments    jsonb NOT NULL,
    version     bigint NOT NULL,
    updated_at  timestamptz NOT NULL
);
