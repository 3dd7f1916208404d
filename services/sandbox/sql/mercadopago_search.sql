-- Mercado Pago's payments: of one reference, or, the ones that changed last first, between two moments.
-- pool: read
SELECT body::text AS body
FROM object
WHERE kind = 'mp_payment' AND (:external_reference::text IS NULL OR body ->> 'external_reference' = :external_reference::text)
  AND (:begin::timestamptz IS NULL OR (body ->> 'date_last_updated')::timestamptz >= :begin::timestamptz)
  AND (:end::timestamptz IS NULL OR (body ->> 'date_last_updated')::timestamptz <= :end::timestamptz)
ORDER BY (body ->> 'date_last_updated')::timestamptz DESC, id DESC
LIMIT :limit::int
