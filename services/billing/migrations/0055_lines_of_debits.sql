-- What a bank's line names by ids as direct debits have them in their files: debits, or whole batches.
CREATE FUNCTION bank_line_names(l bank_line) RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT DISTINCT m.found[1]::uuid FROM regexp_matches(lower(concat_ws(' ', l.reference, l.text)), '\m[0-9a-f]{32}\M', 'g') AS m(found)
$$;
