-- What an order is called on a payment slip and in a transfer: a number that people type and machines check, given when it is first asked for.
CREATE TABLE payment_reference (
    order_id uuid PRIMARY KEY,
    number   bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT payment_reference_number UNIQUE
);
REVOKE DELETE, TRUNCATE ON payment_reference FROM {{app}};

-- Ten digits and two that check them (ISO 7064, MOD 97-10: the whole is 1 modulo 97).
CREATE FUNCTION payment_reference_text(number bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lpad(number::text, 10, '0') || lpad((98 - number * 100 % 97)::text, 2, '0');
