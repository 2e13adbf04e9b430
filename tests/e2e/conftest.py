"""What the tests stand on. Everything is on the loopback address and ends with its test."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import agent
import certificates as certificates_module
import listener as listener_module
import logs as logs_module
import notify as notify_module
import postgres as postgres_module
import silent_server as silent_server_module
import spool as spool_module
import tail as tail_module
from waiting import eventually

API_KEY = "e2e-key-0123456789"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """With --dist loadgroup each test goes to whichever worker is free. Those that share what
    their module has set up stay together, and go first, as they take longest."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        shared = {name for name, definitions in item._fixtureinfo.name2fixturedefs.items()
                  if definitions[-1].scope == "module"}
        if shared:
            params = getattr(item, "callspec", None) and item.callspec.params
            variant = [str(params[name]) for name in sorted(shared) if name in (params or ())]
            item.add_marker(pytest.mark.xdist_group("-".join([item.path.stem, *variant])))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return certificates_module.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postgres():
    server = postgres_module.Postgres()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def sessions(postgres):
    with postgres_module.Sessions(postgres) as stack:
        yield stack


@pytest.fixture
def spool(tmp_path):
    return spool_module.Spool(tmp_path / "spool").make()


@pytest.fixture
def quick_spool():
    """In memory where possible, for what makes or removes very many files."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = tempfile.mkdtemp(prefix="e2e-spool-", dir=base)
    yield spool_module.Spool(pathlib.Path(directory) / "spool").make()
    shutil.rmtree(directory)


@pytest.fixture
def listeners():
    """A maker of listeners; they end with the test."""
    with contextlib.ExitStack() as stack:
        def make(api_key=API_KEY, **options):
            made = listener_module.Listener(api_key, **options)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def listener(listeners):
    return listeners().open()


@pytest.fixture
def tls_listener(listeners, certificates):
    cert, key = certificates.server
    return listeners(cert=cert, key=key).open()


@pytest.fixture
def forwards(tmp_path):
    """A maker of pg-forward programs for a spool and a listener."""
    with contextlib.ExitStack() as stack:
        def make(spool, listener):
            program = agent.Program("pg-forward", tmp_path / "pg-forward", {
                "listener.url": listener.url,
                "listener.api_key": listener.api_key,
                "buffer.path": spool.path,
                "buffer.min_free_mb": 0,
                "breaker.timeout_s": 1,
            })
            stack.callback(program.close)
            return program

        yield make


@pytest.fixture
def forward(forwards, spool, listener):
    return forwards(spool, listener)


@pytest.fixture
def warm(spool, listener):
    """Lets a running pg-forward succeed often enough to use all of its max_in_flight."""
    def up():
        spool.write_many(12)
        eventually(lambda: spool.waiting() == [], "the first payloads")
        listener.requests.clear()

    return up


@pytest.fixture
def collect(tmp_path, spool, postgres):
    program = agent.Program("pg-collect", tmp_path / "pg-collect", {
        **postgres.settings_for(),
        "collection.budget_ms": 30000,  # of a machine busy with other tests
        "buffer.path": spool.path,
        "buffer.min_free_mb": 0,
    })
    yield program
    program.close()


@pytest.fixture
def log_directory(tmp_path):
    """Where the server's logs lie."""
    path = tmp_path / "log"
    path.mkdir()
    return path


@pytest.fixture
def log(log_directory):
    """postgresql.log in it, for numbered entries."""
    with contextlib.closing(logs_module.Log(log_directory)) as log:
        yield log


@pytest.fixture
def logtails(tmp_path):
    """A maker of pg-logtail programs for a spool and a place of logs."""
    with contextlib.ExitStack() as stack:
        def make(spool, log_path):
            program = agent.Program("pg-logtail", tmp_path / "pg-logtail", {
                "collection.log_path": log_path,
                "collection.batch_interval_s": 1,
                "buffer.path": spool.path,
                "buffer.min_free_mb": 0,
            })
            program.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = logs_module.PREFIX
            stack.callback(program.close)
            return program

        yield make


@pytest.fixture
def logtail(logtails, spool, log_directory):
    return logtails(spool, log_directory)


@pytest.fixture
def entries(spool):
    return logs_module.Entries(spool)


@pytest.fixture
def notify(tmp_path):
    with contextlib.closing(notify_module.NotifySocket(tmp_path / "notify")) as receiver:
        yield receiver


@pytest.fixture(params=["live", "downtime"])
def tail(request, logtail, entries, notify, log):
    return tail_module.Tail(logtail, entries, notify, request.param == "live")


@pytest.fixture
def service(logtail, entries, notify, log):
    return tail_module.Tail(logtail, entries, notify, live=True)


@pytest.fixture
def stopped(logtail, entries, notify, log):
    """What happens happens in downtime."""
    return tail_module.Tail(logtail, entries, notify, live=False)


@pytest.fixture
def silent_server():
    with contextlib.closing(silent_server_module.SilentServer()) as server:
        yield server


@pytest.fixture
def small_disk():
    """A maker of small file systems; skips where mounting is not permitted."""
    with contextlib.ExitStack() as stack:
        def make(size):
            if os.geteuid() != 0:
                pytest.skip("mounting a tmpfs needs root")
            path = pathlib.Path(tempfile.mkdtemp(prefix="e2e-disk-"))
            stack.callback(shutil.rmtree, path, ignore_errors=True)
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=%s,mode=0700" % size, "tmpfs", path],
                capture_output=True, text=True)
            if mounted.returncode != 0:
                pytest.skip("no tmpfs: " + mounted.stderr.strip())
            stack.callback(subprocess.run, ["umount", "-l", path], check=False)
            return path

        yield make
