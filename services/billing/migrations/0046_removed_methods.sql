-- Since when a method is not its customer's any more: never charged, never shown again.
ALTER TABLE payment_method ADD COLUMN removed_at timestamptz;

-- What a customer has agreed to when a method was saved for charges without them: the text as it was shown, and from where. For ever; it ends with the method.
CREATE TABLE mandate (
    id                uuid PRIMARY KEY,
    payment_method_id uuid NOT NULL CONSTRAINT mandate_of_method UNIQUE,
    customer_id       uuid NOT NULL,
    text              text NOT NULL,
    text_sha256       text NOT NULL,
    channel           text NOT NULL,
    ip                text,
    user_agent        text,
    accepted_at       timestamptz NOT NULL,
    revoked_at        timestamptz
);
REVOKE UPDATE, DELETE, TRUNCATE ON mandate FROM {{app}};
GRANT UPDATE (revoked_at) ON mandate TO {{app}};
