-- An order that would be more credit than the policy allows: decided, and kept, where it is so. Else nothing is kept.
WITH known AS (
    SELECT coalesce(b.exposure, '{}') AS exposure, coalesce(b.contracts, 0) AS contracts, coalesce(b.overdue, '{}') AS overdue, coalesce(b.marks, '{}') AS marks
    FROM (SELECT) AS nothing LEFT JOIN credit_book b ON b.customer_id = :owner::uuid
), decided AS MATERIALIZED (
    SELECT credit_decide(:credit_policy::int,
                         ROW(:owner::uuid, credit_more(exposure, :currency, :on_credit::bigint), contracts + 1, overdue, marks)::credit_book,
                         :on_credit::bigint, :currency, :today::date) AS decision
    FROM known
), kept AS (
    INSERT INTO credit_refusal (id, customer_id, cart_id, decision, decided_at)
    SELECT :id::uuid, :owner::uuid, :cart_id::uuid, decision, :now::timestamptz FROM decided WHERE decision ->> 'outcome' = 'declined'
    RETURNING decision
)
SELECT reason FROM kept, jsonb_array_elements_text(credit_shown(decision -> 'reasons')) AS reason
