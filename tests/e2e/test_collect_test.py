"""pg-collect --test about a server: what it says mends is done as it says, and then it is content."""

import contextlib
import os
import pathlib
import re
import shutil

import pytest

import agent
import spool as spool_module
from checklist import read_findings
from postgres import USER, Postgres
from waiting import eventually

SETUP = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "setup.sql"

# Names that must be quoted wherever they stand.
ROLE, PASSWORD = 'Agent "of" tests', "e2e-pass"
DATABASE, SCHEMA = 'app\'s "own"', "My Ext"
Q_ROLE, Q_DATABASE = '"Agent ""of"" tests"', '"app\'s ""own"""'
Q_SCHEMA = '"My Ext"'

# As Debian makes a cluster; and a library of the user's own.
DEBIAN = """
log_line_prefix = '%m [%p] %q%u@%d '
cluster_name = '15/main'
log_timezone = 'Etc/UTC'
max_connections = 20
shared_preload_libraries = 'auto_explain'
"""
ON_THE_COMMAND_LINE = ("listen_addresses", "port", "unix_socket_directories", "fsync")


class Checked:
    """A server, the configuration for it, and what --test says of the two."""

    def __init__(self, directory):
        self.postgres = Postgres()
        self.postgres.settings = {name: value for name, value in self.postgres.settings.items()
                                  if name in ON_THE_COMMAND_LINE}
        self.program = agent.Program("pg-collect", directory / "pg-collect", {
            **self.postgres.settings_for(ROLE, PASSWORD),
            "buffer.path": spool_module.Spool(self.postgres.directory / "spool").make().path,
            "buffer.min_free_mb": 0})
        self.program.environment["TZ"] = "UTC"
        self.result = None

    def start(self):
        self.postgres.initialise()
        if os.geteuid() == 0:  # the program becomes the spool's owner: it is not to be root
            spool = pathlib.Path(self.program.settings["buffer.path"])
            for path in (spool, *spool.iterdir()):
                shutil.chown(path, USER, USER)
        with open(self.postgres.data / "postgresql.auto.conf", "a") as config:
            config.write(DEBIAN)
        self.postgres.launch()
        self.sql("CREATE DATABASE " + Q_DATABASE)
        self.postgres.psql(SETUP.read_text(), role=ROLE)
        self.sql("ALTER ROLE %s PASSWORD '%s'" % (Q_ROLE, PASSWORD))
        return self

    def sql(self, *statements, dbname="postgres"):
        with self.postgres.session(dbname) as session:
            for statement in statements:
                session.execute(statement)

    def reload(self):
        """A session that begins after it has the new settings."""
        self.sql("SELECT pg_reload_conf()")

    def run(self, *arguments):
        """Once the session of the run before is gone: it counts for the role's limit."""
        with self.postgres.session() as look:
            eventually(lambda: look.value(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = 'bitville-monitor'") == 0, "its session ends")
        self.result = self.program.run("--test", *arguments)
        return read_findings(self.result.stdout)

    def complaints(self):
        return [finding for finding in self.run() if finding.mark != "ok"]

    def do(self, finding):
        """What the mend says, as it stands."""
        assert finding.mend, finding
        match = re.match(r"in (\S+):$", finding.mend[0])
        if match:
            assert match.group(1) == str(self.program.config_path)
            section, line = finding.mend[1:]
            key, value = line.split(" = ", 1)
            self.program.settings["%s.%s" % (section.strip("[]"), key)] = value
            return
        said = self.postgres.psql("\n".join(finding.mend) + "\n")
        assert (said.returncode, said.stderr) == (0, ""), (finding, said)
        if "-- then restart the server" in "\n".join(finding.mend):
            self.postgres.restart()

    def mend_all(self, *patterns):
        """Each complaint is expected; after its mend there is none."""
        complaints = self.complaints()
        said = ["%s %s" % (finding.mark, finding.text) for finding in complaints]
        assert len(said) == len(patterns), self.result.output
        for pattern, line in zip(patterns, said):
            assert re.search(pattern, line), (pattern, line)
        assert self.result.status == (1 if "FAIL" in {f.mark for f in complaints} else 0)
        for finding in complaints:
            self.do(finding)
        self.is_content()
        return complaints

    def is_content(self):
        assert self.complaints() == [], self.result.output
        assert (self.result.status, self.result.stderr) == (0, "")

    def stop(self):
        self.postgres.stop()


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """After all was mended that Debian's defaults and setup.sql leave to do."""
    made = Checked(tmp_path_factory.mktemp("checked"))
    try:
        made.start()
        made.first = made.mend_all(
            "warn track_io_timing is off",
            "warn log: .*lacks %a.*log_lock_waits is off; log_min_duration_statement is -1; "
            "log_temp_files is -1$",
            "FAIL pg_stat_statements: the server has not loaded the library")
        yield made
        made.is_content()
    finally:
        made.program.close()
        made.stop()


def test_what_debian_has_is_kept_beside_what_is_missing(checked):
    *_, library = checked.first
    assert library.mend[-1].endswith("sudo systemctl restart postgresql@15-main")
    with checked.postgres.session() as session:
        assert session.value("SHOW shared_preload_libraries") == "auto_explain, pg_stat_statements"
        assert session.value("SHOW log_line_prefix") == "%m [%p] %q%u@%d/%a "


def test_every_setting_that_is_off_is_told_and_mended(checked):
    for name, value in [
            ("track_activities", "off"), ("track_counts", "off"),
            ("pg_stat_statements.track", "none"), ("compute_query_id", "off"),
            ("log_line_prefix", "'%t [%p]: user=%u\\ '"), ("log_lock_waits", "off"),
            ("log_checkpoints", "off"), ("log_autovacuum_min_duration", "-1"),
            ("log_timezone", "'Asia/Tokyo'")]:
        checked.sql("ALTER SYSTEM SET %s = %s" % (name, value))
    checked.reload()
    checked.mend_all(
        "FAIL track_activities is off", "warn track_counts is off",
        "warn log: .*lacks %d .*%a.*log_lock_waits is off; log_checkpoints is off; "
        "log_autovacuum_min_duration is -1$",
        "warn log: the server's log_timezone is Asia/Tokyo",
        "warn pg_stat_statements.track is none", "warn compute_query_id is off")
    with checked.postgres.session() as session:
        assert session.value("SHOW log_line_prefix") == "%t [%p]: user=%u\\ db=%d app=%a "
    assert checked.program.settings.pop("collection.log_timezone") == "Asia/Tokyo"
    checked.sql("ALTER SYSTEM SET log_timezone = 'Etc/UTC'")
    checked.reload()


def test_a_role_of_too_much_and_of_too_little_is_mended(checked):
    checked.sql("ALTER ROLE %s CREATEDB CREATEROLE CONNECTION LIMIT 1" % Q_ROLE,
                "REVOKE pg_read_all_stats FROM " + Q_ROLE,
                "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    checked.mend_all(
        r"warn server: pg_control_system\(\) is not allowed",
        "FAIL privileges: role %s is not a member of pg_read_all_stats" % Q_ROLE,
        "warn role %s: has more rights than it needs: CREATEDB, CREATEROLE$" % Q_ROLE,
        "warn role %s: connection limit 1" % Q_ROLE)
    checked.sql("ALTER ROLE %s SUPERUSER" % Q_ROLE, "REVOKE pg_read_all_stats FROM " + Q_ROLE)
    checked.mend_all("warn role %s: has more rights than it needs: SUPERUSER$" % Q_ROLE)


def test_the_superuser_that_can_be_nothing_else_is_not_to_be_altered(checked):
    checked.sql("ALTER ROLE postgres PASSWORD '%s'" % PASSWORD)
    checked.program.set(database__user="postgres")
    try:
        (complaint,) = checked.complaints()
        assert "SUPERUSER" in complaint.text and "setup.sql" in complaint.mend[0]
        assert "ALTER" not in "".join(complaint.mend)
    finally:
        checked.program.set(database__user=ROLE)


def test_the_extension_is_found_in_another_database_or_made_in_this_one(checked):
    checked.program.set(database__name=DATABASE)
    checked.mend_all(
        "FAIL pg_stat_statements: is not installed in database %s, but in database postgres$"
        % re.escape(Q_DATABASE))
    assert checked.program.settings["database.name"] == "postgres"
    checked.sql("DROP EXTENSION pg_stat_statements")
    checked.program.set(database__name=DATABASE)
    checked.mend_all("FAIL pg_stat_statements: extension .* is not installed in database "
                     + re.escape(Q_DATABASE))
    checked.sql("DROP EXTENSION pg_stat_statements", dbname=DATABASE)
    checked.program.set(database__name="postgres")
    checked.sql("CREATE EXTENSION pg_stat_statements")


def test_an_old_extension_in_a_schema_that_the_role_may_not_use(checked):
    checked.program.set(database__name=DATABASE)
    checked.sql("CREATE SCHEMA " + Q_SCHEMA,
                "CREATE EXTENSION pg_stat_statements SCHEMA %s VERSION '1.9'" % Q_SCHEMA,
                "REVOKE EXECUTE ON FUNCTION %s.pg_stat_statements(boolean) FROM PUBLIC" % Q_SCHEMA,
                dbname=DATABASE)
    try:
        checked.mend_all("FAIL pg_stat_statements: permission denied for schema",
                         "warn pg_stat_statements: version 1.9 is older than the server's, 1.10$")
    finally:
        checked.sql("DROP EXTENSION pg_stat_statements", dbname=DATABASE)
        checked.program.set(database__name="postgres")


def test_connections_that_are_nearly_all_taken(checked):
    with contextlib.ExitStack() as stack:
        for _ in range(14):  # of 17, as three are the superuser's
            stack.enter_context(checked.postgres.session())
        (complaint,) = checked.complaints()
        assert re.match(r"connections: \d of 20 are free", complaint.text)
        assert checked.result.status == 0
        said = checked.postgres.psql("\n".join(complaint.mend))
        assert said.returncode == 0 and re.search(r"postgres +\|.*\| +1[4-7]\n", said.stdout)


def test_statements_that_are_thrown_away(checked):
    """Until more than once an hour can be told of, from the first 20 on."""
    checked.sql("ALTER SYSTEM SET pg_stat_statements.max = 100")
    checked.postgres.restart()
    checked.sql("SELECT pg_stat_statements_reset()")
    checked.sql(*("SELECT %s AS a" % ", ".join(["1"] * n) for n in range(1, 500)))
    checked.mend_all(r"warn pg_stat_statements.max is 100: statements were thrown away \d+ times")
    with checked.postgres.session() as session:
        assert session.value("SHOW pg_stat_statements.max") == "200"


def test_a_log_that_is_nowhere_and_then_where_nobody_looks(checked):
    """With files of the server's own, which only a role that may read the settings knows of."""
    checked.sql("ALTER SYSTEM SET log_destination = 'csvlog'",
                "ALTER SYSTEM SET logging_collector = on")
    checked.postgres.restart()
    checked.mend_all("warn log: log_file_mode is 0600: pg-logtail can't read the files")
    checked.sql("ALTER SYSTEM SET log_destination = 'syslog'",
                "GRANT pg_read_all_settings TO " + Q_ROLE)
    checked.reload()
    _, directory = checked.mend_all("warn log: log_destination is syslog: no file",
                                    r"warn log: the server's is in \S+, not in collection.log_path")
    log = "%s/log" % checked.postgres.data
    assert directory.mend[-1] == "log_path = " + log
    for covers in (log + "/", "/nowhere, %s/*.csv" % log, log[:-1] + "?", log + "/postgresql.log"):
        checked.program.set(collection__log_path=covers)
        checked.is_content()
    checked.program.set(collection__log_path="/nowhere,/tmp")
    checked.mend_all("warn log: the server's is in .* not in collection.log_path .*/nowhere")
    assert checked.program.settings.pop("collection.log_path") == "/nowhere,/tmp, " + log
    for name in ("log_destination", "logging_collector", "log_file_mode"):
        checked.sql("ALTER SYSTEM RESET " + name)
    checked.sql("REVOKE pg_read_all_settings FROM " + Q_ROLE)
    checked.postgres.restart()


def test_the_library_is_added_to_what_the_role_may_see(checked):
    checked.sql("ALTER SYSTEM RESET shared_preload_libraries")
    checked.postgres.restart()
    (library,) = checked.mend_all("FAIL pg_stat_statements: the server has not loaded")
    assert "gexec" in "".join(library.mend)
    checked.sql("ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', '$libdir/auto_explain'",
                "GRANT pg_read_all_settings TO " + Q_ROLE)
    checked.postgres.restart()
    (library,) = checked.complaints()
    assert library.mend[0] == ("ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', "
                               "'$libdir/auto_explain', 'pg_stat_statements';")
    checked.sql(library.mend[0])
    checked.reload()
    (library,) = checked.complaints()
    assert len(library.mend) == 1, "it waits for a restart only"
    checked.do(library)
    checked.is_content()
    checked.sql("REVOKE pg_read_all_settings FROM " + Q_ROLE)


def test_what_the_server_does_not_have_is_taken_out_of_the_sources(checked):
    checked.program.set(collection__sources="pg_locks, pg_stat_io, pg_stat_wal")
    checked.mend_all("warn sources: this server has no pg_stat_io: not sent$")
    assert checked.program.settings.pop("collection.sources") == "pg_locks, pg_stat_wal"


def test_the_prefix_that_pg_logtail_was_told_is_the_servers(checked):
    checked.program.set(collection__log_line_prefix="%m [%p]")
    checked.mend_all(r"warn log: collection.log_line_prefix is %m \[%p\], the server's is ")
    checked.program.settings.pop("collection.log_line_prefix")


def test_what_only_our_role_is_set_to_says_nothing_of_the_others(checked):
    checked.sql("ALTER ROLE %s SET log_min_duration_statement = -1" % Q_ROLE,
                "ALTER ROLE %s SET pg_stat_statements.track = 'none'" % Q_ROLE)
    checked.is_content()


def test_a_refused_catalog_costs_its_line_only(checked):
    checked.sql("REVOKE SELECT ON pg_roles FROM PUBLIC")
    try:
        (complaint,) = checked.complaints()
        assert complaint.text.startswith("role: can't be checked: permission denied")
        assert checked.result.status == 0 and complaint.mark == "warn"
    finally:
        checked.sql("GRANT SELECT ON pg_roles TO PUBLIC")


def test_a_role_that_is_named_like_its_password_is_not_named(checked):
    checked.sql("CREATE ROLE \"%s\" LOGIN CREATEDB PASSWORD '%s'" % (PASSWORD, PASSWORD))
    checked.program.set(database__user=PASSWORD)
    try:
        complaints = checked.complaints()
        assert {finding.mark for finding in complaints} == {"FAIL", "warn"}
        assert PASSWORD not in checked.result.output
    finally:
        checked.program.set(database__user=ROLE)
        checked.sql("DROP ROLE \"%s\"" % PASSWORD)


REFUSALS = [
    ("the role may not log in", ["ALTER ROLE {role} NOLOGIN"], "not permitted to log in"),
    ("nobody may connect to the database", ["REVOKE CONNECT ON DATABASE {database} FROM PUBLIC"],
     "permission denied for database"),
    ("the role may not connect at all", ["ALTER ROLE {role} CONNECTION LIMIT 0"],
     "too many connections for role"),
    ("nobody else may connect", ["ALTER DATABASE {database} CONNECTION LIMIT 0"],
     "too many connections for database"),
    ("the role is not there", ["ALTER ROLE {role} RENAME TO away"], "authentication failed"),
]


def test_a_password_that_cannot_be_read_costs_the_database_only(checked, tmp_path):
    absent = tmp_path / "db_password"
    password = checked.program.settings.pop("database.password")
    checked.program.set(database__password_file=absent)
    try:
        (complaint,) = checked.complaints()
        assert complaint.mark == "FAIL" and complaint.text.startswith("connect: ")
        (mend,) = complaint.mend
        assert mend.startswith("install -o ") and mend.endswith(" %s" % absent)
        assert "No such file" in complaint.text and checked.result.status == 1
    finally:
        checked.program.settings.pop("database.password_file")
        checked.program.set(database__password=password)
    checked.is_content()


@pytest.mark.parametrize("spoil, said", [case[1:] for case in REFUSALS],
                         ids=[case[0] for case in REFUSALS])
def test_a_refused_connection_is_mended(checked, spoil, said):
    checked.program.set(database__name=DATABASE)
    checked.sql("CREATE EXTENSION pg_stat_statements", dbname=DATABASE)
    try:
        for sql in spoil:
            checked.sql(sql.format(role=Q_ROLE, database=Q_DATABASE))
        (complaint,) = checked.complaints()
        assert complaint.text.startswith("connect: ") and said in complaint.text
        if "away" in spoil[0]:
            assert complaint.mend == [
                "sudo -u postgres psql -f setup.sql makes the role, if it is not there; \\password "
                "%s in psql, and the same into %s line 6: database.password" % (
                    Q_ROLE, checked.program.config_path)]
            checked.sql("ALTER ROLE away RENAME TO " + Q_ROLE,
                        "ALTER ROLE %s PASSWORD '%s'" % (Q_ROLE, PASSWORD))
        else:
            checked.do(complaint)
        checked.is_content()
    finally:
        checked.sql("DROP EXTENSION pg_stat_statements", dbname=DATABASE)
        checked.program.set(database__name="postgres")


@pytest.mark.parametrize("host", ["127.0.0.1", None], ids=["address", "socket"])
def test_the_line_that_pg_hba_lacks_lets_it_in(checked, host):
    hba = checked.postgres.data / "pg_hba.conf"
    before = hba.read_text()
    checked.program.set(database__host=host or checked.postgres.socket_directory)
    try:
        hba.write_text("local all postgres trust\n")
        checked.reload()
        (complaint,) = checked.complaints()
        line, sql = re.match(r"put before the other lines of pg_hba.conf .*?: (.*), then (.*)",
                             complaint.mend[0]).groups()
        hba.write_text(line + "\n" + hba.read_text())
        assert checked.postgres.psql(sql).returncode == 0
        checked.is_content()
    finally:
        hba.write_text(before)
        checked.reload()
        checked.program.set(database__host="127.0.0.1")
