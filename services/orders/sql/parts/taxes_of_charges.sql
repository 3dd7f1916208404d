jsonb_strip_nulls(jsonb_build_object('tax_rate_on_interest', plan.terms -> 'tax_rate_on_interest', 'tax_rate_on_fees', plan.terms -> 'tax_rate_on_fees'))
