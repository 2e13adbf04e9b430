-- The role of the PostgreSQL agent, with the least it needs. Run it as a superuser, in the database
-- that [database] name gives (postgres), as often as you like:
--
--	sudo -u postgres psql -X -v ON_ERROR_STOP=1 -f setup.sql
--
-- It sets no password. Where pg_hba.conf wants one for the role:  \password bitville_monitor
-- and the same into /etc/bitville/db_password. With another name for the role:  -v role=NAME

\if :{?role}
\else
\set role bitville_monitor
\endif
\set QUIET on

BEGIN;

-- Role names in NOTICEs of a second run are no news.
SET LOCAL client_min_messages = warning;

SELECT pg_catalog.format('CREATE ROLE %I', :'role')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'role')
\gexec

-- pg-collect makes one connection each minute; --test and --print another beside it.
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
	CONNECTION LIMIT 3;

-- Sessions, statements and locks of all users. No table of yours can be read with it.
GRANT pg_read_all_stats TO :"role";

-- From 16 on the connections that reserved_connections keeps are open to it, when all others are
-- taken. Before 16 there are only the superuser's: keep max_connections above what your pools take.
SELECT pg_catalog.current_setting('server_version_num')::int >= 160000 AS reserves \gset
\if :reserves
GRANT pg_use_reserved_connections TO :"role";
\endif

-- pg-collect sets the same for each visit, and shorter. These hold for whatever else comes in
-- by this role.
ALTER ROLE :"role" SET default_transaction_read_only = on;
ALTER ROLE :"role" SET statement_timeout = '10s';
ALTER ROLE :"role" SET lock_timeout = '1s';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '10s';

COMMIT;

-- Statement statistics need a library that is loaded at the server's start, and then the extension.
SELECT 'pg_stat_statements' = ANY (pg_catalog.string_to_array(pg_catalog.replace(
	pg_catalog.current_setting('shared_preload_libraries'), ' ', ''), ',')) AS loaded,
	EXISTS (SELECT FROM pg_catalog.pg_available_extensions
		WHERE name = 'pg_stat_statements') AS available,
	pg_catalog.pg_is_in_recovery() AS standby,
	EXISTS (SELECT FROM pg_catalog.pg_extension
		WHERE extname = 'pg_stat_statements') AS installed \gset
\if :installed
\elif :available
CREATE EXTENSION pg_stat_statements;
\else
\echo 'pg_stat_statements is not there: install the package postgresql-contrib'
\endif
\if :loaded
\else
\echo 'pg_stat_statements is not loaded. Add it to what shared_preload_libraries has, such as'
\echo '  ALTER SYSTEM SET shared_preload_libraries = ''pg_stat_statements'';'
\echo 'and restart the server.'
\endif
