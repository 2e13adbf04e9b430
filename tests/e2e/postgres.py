"""A throw-away PostgreSQL on the loopback address, and many real sessions on it."""

import contextlib
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import psycopg2
import psycopg2.extensions

from waiting import eventually

USER = "postgres"
MONITOR, MONITOR_PASSWORD = "bitville_monitor", "monitor's \\ pass-word"
PLAIN, PLAIN_PASSWORD = "bitville_plain", "of-no-rights"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_utility": "on",
    "track_activity_query_size": "32768",
    "max_prepared_transactions": "5",
    "fsync": "off",
    "autovacuum": "off",  # so that transaction ids are consumed by the tests only
    "jit": "off",
    "deadlock_timeout": "60s",
    "timezone": "Europe/Berlin",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

ROLES = """
CREATE ROLE %s LOGIN PASSWORD %s;
GRANT pg_read_all_stats TO %s;
CREATE ROLE %s LOGIN PASSWORD %s;
""" % (MONITOR, "'" + MONITOR_PASSWORD.replace("'", "''") + "'", MONITOR,
       PLAIN, "'" + PLAIN_PASSWORD + "'")


def find_bin(root="/"):
    """Debian keeps the server's programs out of PATH."""
    found = glob.glob("usr/lib/postgresql/*/bin/postgres", root_dir=root)
    if found:
        return "/" + os.path.dirname(max(found, key=lambda p: float(p.split("/")[3])))
    return os.path.dirname(shutil.which("postgres"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_server(*command, root="/"):
    """A server refuses to run as root, and must not outlive a killed test run. One of another
    root runs with that root's /usr mounted over ours, for itself only; all else stays the
    same, its user and the names of its files, too."""
    mount, drop = ["unshare", "--mount"], ["setpriv", "--pdeathsig", "SIGQUIT"]
    if os.geteuid() == 0:
        drop += ["--reuid", USER, "--regid", USER, "--init-groups"]
    elif root != "/":
        mount += ["--user", "--map-root-user"]
        drop = ["unshare", "--user", "--map-user=%d" % os.geteuid(),
                "--map-group=%d" % os.getegid(), "--", *drop]
    if root != "/":
        drop = [*mount, "--", "sh", "-c", 'mount --bind "$0" /usr && exec "$@"',
                "%s/usr" % root, *drop]
    return [*drop, "--", *command]


class Postgres:
    def __init__(self, root="/", **settings):
        self.root = root
        self.bin = find_bin(root)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="e2e-postgres-"))
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self.port = free_port()
        self.settings = {**SETTINGS, "port": str(self.port),
                         "unix_socket_directories": str(self.directory), **settings}
        self.process = None

    @property
    def socket_directory(self):
        return str(self.directory)

    def make_directory(self):
        if os.geteuid() == 0:
            shutil.chown(self.directory, USER, USER)
        self.directory.chmod(0o755)

    def command(self, program, *arguments):
        return as_server(self.bin + "/" + program, *arguments, root=self.root)

    def run_tool(self, program, *arguments):
        subprocess.run(self.command(program, *arguments), check=True, cwd="/",
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def initialise(self):
        self.make_directory()
        self.run_tool("initdb", "-D", str(self.data), "-U", USER, "-N", "--auth-local=trust",
                      "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")

    def start(self):
        self.initialise()
        self.launch()
        with self.session() as session:
            session.execute(ROLES)
            session.execute("CREATE EXTENSION pg_stat_statements")
        return self

    def launch(self):
        options = [word for name, value in self.settings.items()
                   for word in ("-c", "%s=%s" % (name, value))]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("postgres", "-D", str(self.data), *options),
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.is_ready, "PostgreSQL accepts connections", every_s=0.05)

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        with contextlib.suppress(psycopg2.OperationalError):
            self.connect().close()
            return True
        return False

    def halt(self, number=signal.SIGINT):
        """SIGINT is a fast shutdown: sessions are ended, data is kept."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)

    def restart(self):
        self.halt()
        self.launch()

    def psql(self, script, dbname="postgres", user=USER, **variables):
        """A script as a superuser would paste it; ends at the first error."""
        return subprocess.run(
            [self.bin + "/psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", self.socket_directory,
             "-p", str(self.port), "-U", user, "-d", dbname, "-f", "-",
             *("--set=%s=%s" % pair for pair in variables.items())],
            input=script, capture_output=True, text=True)

    def stop(self):
        self.halt(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def connect(self, dbname="postgres", user=USER, **options):
        connection = psycopg2.connect(host=self.socket_directory, port=self.port,
                                      dbname=dbname, user=user, **options)
        connection.autocommit = True
        return connection

    def session(self, dbname="postgres", **options):
        return Session(self.connect(dbname, **options))

    def settings_for(self, user=MONITOR, password=MONITOR_PASSWORD, dbname="postgres"):
        """The agent's configuration for this server."""
        return {
            "database.host": "127.0.0.1",
            "database.port": self.port,
            "database.name": dbname,
            "database.user": user,
            "database.password": password,
        }


class Session:
    """One real session. run() starts a statement that is expected to wait."""

    def __init__(self, connection):
        self.connection = connection
        self.pid = connection.get_backend_pid()
        self.thread = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def execute(self, sql, parameters=None):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else None

    def value(self, sql, parameters=None):
        return self.execute(sql, parameters)[0][0]

    def run(self, sql):
        def target():
            with contextlib.suppress(psycopg2.Error):
                self.execute(sql)

        self.thread = threading.Thread(target=target, daemon=True)
        self.thread.start()

    def close(self):
        with contextlib.suppress(psycopg2.Error):
            self.connection.cancel()
        if self.thread:
            self.thread.join(20)
        with contextlib.suppress(psycopg2.Error):
            self.connection.close()


class Sessions(contextlib.ExitStack):
    """Many sessions that end together."""

    def __init__(self, postgres):
        super().__init__()
        self.postgres = postgres

    def add(self, application_name="", dbname="postgres", **options):
        return self.enter_context(self.postgres.session(
            dbname, application_name=application_name, **options))

    def idle_in_transaction(self, count):
        sessions = [self.add("e2e idler %d" % n) for n in range(count)]
        for n, session in enumerate(sessions):
            session.execute("BEGIN")
            session.execute("SELECT %s AS serial" % n)
        return sessions

    def wait_for_lock(self, count=1):
        """Until so many sessions wait for a lock."""
        with self.postgres.session() as look:
            eventually(lambda: look.value(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                >= count, "%d sessions wait for a lock" % count)
