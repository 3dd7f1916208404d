-- The database of one service and its two roles, for psql (PostgreSQL 15 or newer) connected as a superuser:
--   SERVICE=catalog OWNER_PASSWORD=... APP_PASSWORD=... psql -v ON_ERROR_STOP=1 -f service.sql
-- Owner: owns the schema, migrates. App: what the service runs as; reads and writes rows, changes no table. May be run again:
-- it then only sets the passwords anew.
\getenv service SERVICE
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\set database cuotas_ :service
\set owner cuotas_ :service _owner
\set app cuotas_ :service _app

-- The statements below hold passwords: not even one that fails is to be logged with its text.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;

SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY[:'owner', :'app']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
-- Fixed here and not by each session: nothing from outside can change them by a connection parameter of its own.
ALTER DATABASE :"database" SET timezone = 'UTC';
-- The server's log tells which statement failed and why, and none of the values: the DETAIL of a violated constraint would be a customer's row, and
-- parameters are customers' data throughout. Clients get the whole message all the same.
ALTER DATABASE :"database" SET log_error_verbosity = terse;
ALTER DATABASE :"database" SET log_parameter_max_length = 0;
ALTER DATABASE :"database" SET log_parameter_max_length_on_error = 0;
ALTER ROLE :"owner" SET search_path = public;
ALTER ROLE :"app" SET search_path = public;

\connect :"database"
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO :"app";
