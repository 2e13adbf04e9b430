"""What happens to the spool beneath the programs: it is removed, replaced or made read-only, and
others take its files."""

import contextlib
import dataclasses
import os
import pathlib
import pwd
import shutil
import subprocess
import time

import pytest

import agent
import logs as logs_module
import spool as spool_module
import zstd
from faults import LONG
from listener import Answer, always
from test_logtail_kill import Disk
from waiting import eventually

FRAME = zstd.compress(b'{"correlation_id":"","data":{}}\n')
GONE = "was removed or replaced beneath this process; start it again"
PARTS = ("tmp", "new", "rejected", "state")


def move(path):
    path.rename(path.with_name(path.name + ".moved"))


def replace(path):
    move(path)
    shutil.copytree(path.with_name(path.name + ".moved"), path)


def put_back(path):
    moved = path.with_name(path.name + ".moved")
    if moved.exists():
        shutil.rmtree(path, ignore_errors=True)
        moved.rename(path)


WAYS = {  # what is done to it, and does the old one come back?
    "removed": (shutil.rmtree, "", False),
    "moved away": (move, "", True),
    "replaced by another": (replace, "", True),
    **{"%s moved away" % part: (move, part, True) for part in PARTS},
    **{"%s replaced" % part: (replace, part, True) for part in PARTS},
}


@dataclasses.dataclass
class Scene:
    """A spool, and one of the services at work on it."""

    what: str
    program: agent.Program
    spool: spool_module.Spool
    log: object  # None: pg-forward
    running: agent.Running = None


def logtail_program(place, spool, directory):
    program = agent.Program("pg-logtail", place, {
        "collection.log_path": directory, "collection.batch_interval_s": 1,
        "buffer.path": spool.path, "buffer.min_free_mb": 0})
    program.environment["BITVILLE_PG_LOG_LINE_PREFIX"] = logs_module.PREFIX
    return program


def forward_program(place, spool, listener):
    return agent.Program("pg-forward", place, {
        "listener.url": listener.url, "listener.api_key": listener.api_key,
        "breaker.timeout_s": 1, "buffer.path": spool.path, "buffer.min_free_mb": 0})


@pytest.fixture
def scenes(tmp_path, listener):
    """A maker of them."""
    with contextlib.ExitStack() as stack:
        def make(what, of_logs):
            place = tmp_path / ("scene-%d" % len(made))
            place.mkdir()
            made.append(what)
            spool = spool_module.Spool(place / "spool").make()
            log = None
            if of_logs:
                (place / "log").mkdir()
                log = stack.enter_context(contextlib.closing(logs_module.Log(place / "log")))
                program = logtail_program(place, spool, log.directory)
            else:
                program = forward_program(place, spool, listener)
            stack.callback(program.close)
            return Scene(what, program, spool, log)

        made = []
        yield make


def test_a_spool_removed_or_replaced_ends_the_services_loudly_with_nothing_lost(
        scenes, listener):
    """Payloads for a directory that nobody looks into any more would be lost."""
    made = []
    for what in WAYS if LONG else ("removed", "moved away", "replaced by another",
                                   "new replaced", "state moved away"):
        made += [scenes(what, False), scenes(what, True)]
    for scene in made:
        if scene.log:
            scene.log.write(5)
        scene.running = scene.program.start(*["--from-start"] if scene.log else [])
    for scene in made:
        state = scene.spool.state / (scene.program.name + ".json")
        eventually(state.exists, "%s is at work" % scene.program.name)
        eventually(lambda: not scene.log or scene.spool.waiting(), "it reads")
        act, part, _ = WAYS[scene.what]
        act(scene.spool.path / part)
    for scene in made:
        result = scene.running.wait()
        assert result.status == 1 and GONE in result.stderr, (scene.what, result)
    for scene in made:
        _, part, comes_back = WAYS[scene.what]
        if comes_back:
            put_back(scene.spool.path / part)
            check_again(scene, listener)


def check_again(scene, listener):
    """Where the old one is back, it goes on where it was."""
    if not scene.log:
        name = scene.spool.write()
        assert scene.program.run("--once").status == 0
        assert name in listener.names()
        return
    scene.log.write(5)
    assert scene.program.run("--once").status == 0
    entries = logs_module.Entries(scene.spool)
    entries.expect(scene.log.last)
    assert not entries.of_level("GAP"), scene.what


# Made read-only: for a user who is not root by the directories' modes, in earnest by ext4 after an
# error.

@pytest.fixture
def of_postgres(tmp_path):
    """Gives a spool to another user than root, and what the programs read with it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    user = pwd.getpwnam("postgres")
    for parent in [tmp_path, *tmp_path.parents][:4]:
        if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)

    def give(path):
        for directory, _, files in os.walk(path):
            for name in (directory, *(os.path.join(directory, file) for file in files)):
                os.chown(name, user.pw_uid, user.pw_gid)

    return give


def set_modes(spool, mode):
    for part in PARTS:
        (spool.path / part).chmod(mode)


def test_a_spool_made_read_only_costs_nothing_and_is_used_again_by_itself(
        scenes, listener, of_postgres):
    forward, logtail = scenes("read-only", False), scenes("read-only", True)
    for scene in (forward, logtail):
        of_postgres(scene.spool.path)
    of_postgres(logtail.log.directory)
    logtail.log.write(5)
    sending, reading = forward.program.start(), logtail.program.start("--from-start")
    shutil.chown(forward.program.config_path, "postgres")
    entries = logs_module.Entries(logtail.spool)
    names = [forward.spool.write_frame(FRAME, mode=0o644) for _ in range(3)]
    eventually(lambda: forward.spool.waiting() == [], "it sends")
    eventually(lambda: len(entries.look().numbers()) >= 4, "it reads")
    for scene in (forward, logtail):
        set_modes(scene.spool, 0o550)
    logtail.log.write(20)
    more = [forward.spool.write_frame(FRAME, mode=0o644) for _ in range(5)]
    eventually(lambda: set(more) <= set(listener.names()), "they are sent all the same")
    sending.says("Permission denied")
    sending.hangup()  # lists new/ again
    sending.says("configuration read again")
    more.append(forward.spool.write_frame(FRAME, mode=0o644))
    eventually(lambda: more[-1] in listener.names(), "another one")
    reading.says("the logs wait to be read")
    assert forward.spool.waiting() == more
    assert os.listdir(logtail.spool.tmp) == []
    for scene in (forward, logtail):
        set_modes(scene.spool, 0o750)
    sending.hangup()
    eventually(lambda: forward.spool.waiting() == [], "those delivered are removed")
    eventually(lambda: not forward.spool.read_state("pg-forward")["degraded"], "all is well")
    reading.says("works again")
    entries.wait_for(logtail.log.last)
    assert sorted(listener.names()) == names + more, "each once"
    for running in (sending, reading):
        assert running.stop().status == 0, running.stderr
        assert len(running.lines("error: |warning: ")) <= 3, running.stderr
    entries.expect(logtail.log.last)


@pytest.mark.skipif(not LONG, reason="E2E_LONG=1")
def test_a_file_system_that_ext4_makes_read_only_loses_nothing(tmp_path, listener):
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4", path="/usr/sbin:/sbin"):
        pytest.skip("a file system of one's own needs root and mkfs.ext4")
    with contextlib.ExitStack() as stack:
        try:
            disk = Disk(tmp_path)
        except AssertionError as error:
            pytest.skip("no loop device: %s" % error)
        stack.callback(disk.close)
        subprocess.run(["mount", "-o", "remount,errors=remount-ro", disk.path], check=True)
        spool = spool_module.Spool(disk.path / "spool").make()
        with contextlib.closing(logs_module.Log(tmp_path)) as log:
            check_broken(stack, tmp_path, disk, spool, listener, log)


def break_disk(disk):
    device = os.stat(disk.path).st_dev
    name = os.path.basename(os.readlink("/sys/dev/block/%d:%d" % (
        os.major(device), os.minor(device))))
    trigger = pathlib.Path("/sys/fs/ext4", name, "trigger_fs_error")
    try:
        trigger.write_text("broken by a test\n")
    except OSError as error:
        pytest.skip("%s: %s" % (trigger, error))


def check_broken(stack, place, disk, spool, listener, log):
    forward = forward_program(place / "forward", spool, listener)
    logtail = logtail_program(place / "logtail", spool, log.directory)
    for program in (forward, logtail):
        stack.callback(program.close)
    listener.rule = always(Answer(503, {"Retry-After": "1"}))
    log.write(5)
    sending, reading = forward.start(), logtail.start("--from-start")
    eventually(lambda: listener.requests, "it reads, and sends what it has read")
    break_disk(disk)
    names = spool.waiting()
    listener.rule = always(Answer())
    log.write(5)
    eventually(lambda: sorted(listener.names()) == names, "all is sent", within_s=20)
    sending.says("Read-only")
    reading.says("the logs wait to be read")
    time.sleep(1)
    assert sorted(listener.names()) == names == spool.waiting(), "each once"
    for running in (sending, reading):
        assert running.stop().status in (0, 1), running.stderr
        assert len(running.lines("error: |warning: ")) <= 5, running.stderr


def test_pg_collect_says_that_it_can_t_write_and_leaves_nothing_behind(
        tmp_path, of_postgres):
    spool = spool_module.Spool(tmp_path / "spool").make()
    of_postgres(spool.path)
    program = agent.Program("pg-collect", tmp_path / "pg-collect", {
        "buffer.path": spool.path, "buffer.min_free_mb": 0})
    arguments = ("--source", "system_metrics")
    with contextlib.closing(program):
        for mode, status, files in ((0o750, 0, 1), (0o550, 1, 1), (0o750, 0, 2)):
            set_modes(spool, mode)
            result = program.run(*arguments)
            assert result.status == status, result
            assert (status == 0) == (result.stderr == "") and len(result.stderr) < 1000
            assert len(spool.waiting()) == files and os.listdir(spool.tmp) == []


# Others at the spool's files.

def test_files_that_others_take_while_they_are_sent_disturb_nobody(
        forward, spool, listener):
    """A race with whoever makes room by hand: a file may go before, while and after it is sent."""
    names, taken = spool.write_many(400), set()

    def take(name):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(spool.new / (name + spool_module.SUFFIX))
            taken.add(name)

    def rule(request):
        if request.number == 5:  # long listed, and far from being sent
            for name in names[-100:]:
                take(name)
        if request.number % 3 == 0:
            take(request.name)
        return Answer(422 if request.number % 5 == 0 else 200, delay_s=0.002)

    listener.rule = rule
    running = forward.set(listener__max_in_flight=16).start()
    names_later = spool.write_many(200)
    eventually(lambda: spool.waiting() == [], "all are gone")
    assert running.stop().status == 0
    asked = [request.name for request in listener.requests]
    assert len(asked) == len(set(asked)), "each once"
    sent, refused = set(listener.names()), set(spool.refused())
    assert sent | refused | taken >= set(names + names_later), "none lost"
    assert taken - set(asked) and taken & sent, "before, and while they were sent"
    reasons = {path.name for path in spool.rejected.iterdir() if path.name.endswith(".reason")}
    assert reasons == {name + spool_module.SUFFIX + ".reason" for name in refused}
    assert [line for line in running.lines("error: |warning: ")
            if "rejected 2" not in line and "is held" not in line] == [], running.stderr
