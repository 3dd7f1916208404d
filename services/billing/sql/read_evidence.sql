-- What is to be passed on; no row: it was replaced meanwhile, or the dispute has ended.
SELECT d.id, d.provider, d.provider_reference, d.evidence::text AS evidence, d.evidence_version FROM dispute d
WHERE d.id = :id::uuid AND d.evidence_version = :version::int AND d.evidence_status = 'sending' AND d.status NOT IN ('won', 'lost')
