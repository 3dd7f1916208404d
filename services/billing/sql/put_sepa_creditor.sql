-- The creditor that follows a version; nobody else may have followed it.
WITH put AS (
    INSERT INTO sepa_creditor (version, creditor_id, name, iban, bic, first_sequence, batch_booking, notice_days, made_at, made_by)
    VALUES (:version::int + 1, :creditor_id, :name, :iban, :bic, :first_sequence, :batch_booking::boolean, :notice_days::int, :now::timestamptz, :by)
    ON CONFLICT (version) DO NOTHING
    RETURNING sepa_creditor_body(sepa_creditor.*)::text AS body
)
SELECT p.body, CASE WHEN p.body IS NULL THEN 'precondition_failed' END AS problem FROM (SELECT) AS one LEFT JOIN put p ON true
