"""setup.sql: the role it makes is enough for pg-collect, and no more."""

import pathlib
import subprocess

import psycopg2
import pytest

SETUP = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "setup.sql"
ROLE, PASSWORD = "agent of setup.sql", "e2e-setup"


def run_setup(postgres, dbname="postgres", role=ROLE):
    return subprocess.run(
        [postgres.bin + "/psql", "-X", "-v", "ON_ERROR_STOP=1", "-v", "role=" + role,
         "-h", postgres.socket_directory, "-p", str(postgres.port), "-U", "postgres",
         "-d", dbname, "-f", SETUP], capture_output=True, text=True)


@pytest.fixture(scope="module")
def session(postgres):
    """After setup.sql has run in a database of its own, twice."""
    with postgres.session() as session:
        session.execute("CREATE DATABASE setup")
        try:
            for _ in range(2):
                said = run_setup(postgres, "setup")
                assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
            session.execute('ALTER ROLE "%s" PASSWORD %%s' % ROLE, [PASSWORD])
            yield session
        finally:
            session.execute("DROP DATABASE setup")
            session.execute('DROP ROLE IF EXISTS "%s"' % ROLE)


def connect(postgres, dbname="setup"):
    return psycopg2.connect(host="127.0.0.1", port=postgres.port, dbname=dbname, user=ROLE,
                            password=PASSWORD)


def test_pg_collect_needs_no_more(session, postgres, collect):
    settings = postgres.settings_for(ROLE, PASSWORD, "setup")
    collect.set(**{name.replace(".", "__"): value for name, value in settings.items()})
    result = collect.run("--test")
    assert result.status == 0, result.output
    assert "privileges: role \"%s\" reads all statistics" % ROLE in result.output
    result = collect.run()
    assert (result.status, result.output) == (0, "")


def test_the_role_has_the_least_rights(session):
    flags = ("rolcanlogin, rolconnlimit, rolsuper, rolcreatedb, rolcreaterole, rolreplication, "
             "rolbypassrls")
    assert session.execute("SELECT %s FROM pg_roles WHERE rolname = %%s" % flags, [ROLE]) == [
        (True, 3, False, False, False, False, False)]
    granted = session.execute(
        "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole "
        "ORDER BY 1", ['"%s"' % ROLE])
    assert granted == [("pg_read_all_stats",)] or granted == [
        ("pg_read_all_stats",), ("pg_use_reserved_connections",)]


def test_what_comes_in_by_the_role_can_do_no_harm(session, postgres):
    with connect(postgres) as connection, connection.cursor() as cursor:
        for name, value in [("default_transaction_read_only", "on"), ("statement_timeout", "10s"),
                            ("lock_timeout", "1s"),
                            ("idle_in_transaction_session_timeout", "10s")]:
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone() == (value,), name
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT rolpassword FROM pg_authid")
    connection.close()


def test_a_fourth_connection_is_refused(session, postgres):
    connections = [connect(postgres) for _ in range(3)]
    with pytest.raises(psycopg2.OperationalError, match="too many connections for role"):
        connect(postgres)
    for connection in connections:
        connection.close()


def test_a_role_of_that_name_keeps_its_password_and_is_limited(session, postgres):
    session.execute('ALTER ROLE "%s" SUPERUSER CONNECTION LIMIT -1' % ROLE)
    assert run_setup(postgres, "setup").returncode == 0
    connect(postgres).close()
    assert session.execute("SELECT rolsuper, rolconnlimit FROM pg_roles WHERE rolname = %s",
                           [ROLE]) == [(False, 3)]
