"""One machine for all tests, which go through a package's life in order."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import certificates  # noqa: E402
import listener as listener_module  # noqa: E402
import machine  # noqa: E402

API_KEY, SECOND_KEY, PASSWORD = "units-key-0123456789", "units-key-9876543210", "units-password"
SETTINGS = {"listener__ca_file": "/etc/bitville/ca.pem", "buffer__min_free_mb": 0,
            "collection__batch_interval_s": 1, "database__host": "/run/postgresql",
            "breaker__timeout_s": 1,
            "collection__budget_ms": 30000}  # of a machine busy with other things


@pytest.fixture(scope="session")
def package():
    """Installed, not configured."""
    return machine.run("dpkg", "-i", "/package.deb")


@pytest.fixture(scope="session")
def made_certificates(tmp_path_factory):
    return certificates.Certificates(tmp_path_factory.mktemp("certificates"))


def make_listener(made_certificates, key):
    certificate, private = made_certificates.server
    return listener_module.Listener(key, cert=certificate, key=private).open()


@pytest.fixture(scope="session")
def database(package):
    machine.psql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    machine.systemctl("restart", "postgresql@15-main.service")
    setup = "/usr/share/bitville-postgres-agent/setup.sql"
    machine.run("runuser", "-u", "postgres", "--", "psql", "-X", "-f", setup, cwd="/")
    machine.psql("ALTER ROLE bitville_monitor PASSWORD '%s'" % PASSWORD)
    # Nobody is trusted without a password, the socket included.
    path = pathlib.Path("/etc/postgresql/15/main/pg_hba.conf")
    path.write_text("local all postgres peer\nlocal all all scram-sha-256\n"
                    "host all all localhost scram-sha-256\n")
    machine.psql("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def listener(made_certificates, database):
    """What the README asks of a person, done."""
    listener = make_listener(made_certificates, API_KEY)
    pathlib.Path("/etc/bitville/ca.pem").write_bytes(made_certificates.ca.read_bytes())
    machine.write_secret("db_password", PASSWORD)
    machine.write_secret("api_key", API_KEY)
    machine.configure(listener__url=listener.url, **SETTINGS)
    return listener


@pytest.fixture(scope="session")
def arrived(listener):
    """The agent runs."""
    machine.systemctl("enable", "--now", machine.TARGET)
    return machine.Arrived(listener)
