-- The policy that follows a version; nobody else may have followed it. Documents are numbered in the series it names from now on.
WITH put AS (
    INSERT INTO invoice_policy (version, tax_rate, tax_rates, deposit_invoices, made_at, made_by)
    SELECT :version::int + 1, :tax_rate::numeric, coalesce(jsonb_object_agg(r.category, r.rate) FILTER (WHERE r.category IS NOT NULL), '{}'), :deposit_invoices::boolean, :now::timestamptz, :by
    FROM (SELECT) AS one LEFT JOIN json_to_recordset(:tax_rates::json) AS r(category text, rate numeric) ON true
    ON CONFLICT (version) DO NOTHING
    RETURNING version
), named AS (
    SELECT n.* FROM put, (VALUES ('invoice', :invoice), ('credit_note', :credit_note), ('debit_note', :debit_note)) AS n(kind, series)
), begun AS (
    INSERT INTO invoice_series (series, next_number) SELECT DISTINCT series, 1 FROM named ON CONFLICT (series) DO NOTHING
), moved AS (
    UPDATE document_series d SET series = n.series FROM named n WHERE d.kind = n.kind AND d.series <> n.series
)
SELECT (SELECT version FROM put) AS version, CASE WHEN NOT EXISTS (SELECT FROM put) THEN 'precondition_failed' END AS problem
