#!/bin/bash
# Run once by the postgres image on an empty volume: a database and two roles for every service (deploy/postgres/service.sql).
set -eu
for service in catalog orders billing crm notifications collections; do
    prefix=${service^^}
    owner=${prefix}_OWNER_PASSWORD app=${prefix}_APP_PASSWORD
    SERVICE=$service OWNER_PASSWORD=${!owner:?is not set} APP_PASSWORD=${!app:?is not set} \
        psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -f /cuotas/service.sql
done
