"""Signals and sd_notify: how the service starts, reloads, is watched and ends."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from listener import Answer, always
from notify import NotifySocket
from waiting import eventually


@pytest.fixture
def notify(tmp_path):
    with contextlib.closing(NotifySocket(tmp_path / "notify")) as receiver:
        yield receiver


def environment(notify, watchdog_s=None):
    names = {"NOTIFY_SOCKET": notify.path}
    if watchdog_s:
        names["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
    return names


def test_ready_is_said_first_and_stopping_at_the_end(forward, spool, listener, notify):
    spool.write_many(3)
    running = forward.start(**environment(notify))
    eventually(lambda: notify.has("READY=1"), "READY")
    eventually(lambda: spool.waiting() == [], "all were sent")
    eventually(lambda: notify.has("STATUS="), "STATUS")
    assert not notify.has("STOPPING")
    assert running.stop().status == 0
    eventually(lambda: notify.has("STOPPING=1"), "STOPPING")
    lines = notify.lines()
    assert lines.index("READY=1") < lines.index("STOPPING=1")
    assert not notify.has("WATCHDOG=1"), "nobody asked for a watchdog"


def test_ready_does_not_wait_for_the_listener(forward, spool, listener, notify):
    spool.write()
    listener.rule = always(Answer(hang=True))
    running = forward.set(listener__timeout_s=60).start(**environment(notify))
    eventually(lambda: notify.has("READY=1"), "READY")
    running.kill()


def test_a_wrong_start_never_says_ready(forward, notify):
    running = forward.set(buffer__max_size_mb=0).start(**environment(notify))
    assert running.wait().status == 78
    assert not notify.has("READY=1")


def test_sighup_says_reloading_then_ready(forward, listener, notify):
    running = forward.start(**environment(notify))
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    before = time.monotonic()
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    lines = notify.lines()
    assert "RELOADING=1" in lines[lines.index("READY=1"):]
    stamp = [line for line in lines if line.startswith("MONOTONIC_USEC=")]
    assert abs(int(stamp[0].split("=")[1]) / 1e6 - before) < 60
    assert running.stop().status == 0


def test_a_bad_reload_still_says_ready_and_keeps_the_old_configuration(
        forward, spool, listener, notify):
    running = forward.start(**environment(notify))
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    forward.write_config("[listener]\nurl = http://127.0.0.1:1/\nurk = 1\n")
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    assert running.lines(r"line 3") and running.lines("urk")
    name = spool.write()
    eventually(lambda: listener.names() == [name], "the old listener still gets it")
    assert running.stop().status == 0


@pytest.mark.parametrize("change, word", [
    ({"listener.url": "http://listener.example/"}, "allow_plain_http"),
    ({"listener.api_key": None}, "api_key"),
    ({"listener.api_key": None, "listener.api_key_file": "/nowhere/key"}, "/nowhere/key"),
    ({"buffer.path": "/nowhere/else"}, "buffer.path"),
    ({"listener.ca_file": "/nowhere/ca.pem", "listener.url": "https://127.0.0.1:1/"}, "ca"),
])
def test_what_a_start_would_refuse_a_reload_refuses(
        forward, spool, listener, notify, change, word):
    running = forward.start(**environment(notify))
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    forward.settings.update(change)
    forward.save()
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    assert running.lines(word), running.stderr
    name = spool.write()
    eventually(lambda: listener.names() == [name], "the old configuration is in force")
    assert running.stop().status == 0


def test_a_good_reload_goes_to_the_new_listener(forward, spool, listener, listeners, notify):
    running = forward.start(**environment(notify))
    eventually(lambda: notify.count("READY=1") == 1, "READY")
    first = spool.write()
    eventually(lambda: listener.names() == [first], "the first listener")
    other = listeners(api_key="another-key").open()
    forward.set(listener__url=other.url, listener__api_key="another-key").save()
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    second = spool.write()
    eventually(lambda: other.names() == [second], "the second listener")
    assert listener.names() == [first]
    assert running.stop().status == 0


def test_a_reload_in_the_middle_of_a_request_loses_nothing(
        forward, spool, listener, notify, warm):
    running = forward.start(**environment(notify))
    warm()
    listener.rule = always(Answer(delay_s=0.5))
    names = spool.write_many(4)
    eventually(lambda: len(listener.requests) == 4, "four in flight")
    running.hangup()
    eventually(lambda: notify.count("READY=1") == 2, "READY after the reload")
    eventually(lambda: spool.waiting() == [], "all were sent")
    assert running.stop().status == 0
    assert sorted(set(listener.names())) == names and spool.refused() == []


def test_the_watchdog_is_fed_while_the_listener_hangs(
        forward, spool, listener, notify, warm):
    running = forward.set(listener__timeout_s=60).start(**environment(notify, 0.4))
    warm()
    listener.rule = always(Answer(hang=True))
    spool.write_many(10)
    eventually(lambda: len(listener.requests) == 4, "four requests hang")
    before = notify.count("WATCHDOG=1")
    eventually(lambda: notify.count("WATCHDOG=1") >= before + 10, "it is fed", within_s=30)
    running.kill()


def test_the_watchdog_is_fed_when_there_is_nothing_to_do(forward, notify):
    running = forward.start(**environment(notify, 0.4))
    eventually(lambda: notify.count("WATCHDOG=1") >= 5, "it is fed", within_s=30)
    assert running.stop().status == 0


@pytest.fixture
def silent_name_server(tmp_path):
    """A command prefix in whose mount namespace every name asks a server that never answers."""
    if os.geteuid() != 0:
        pytest.skip("a private /etc/resolv.conf needs root")
    address = "127.53.%d.%d" % divmod(os.getpid() & 0xffff, 256)  # tests run side by side
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind((address, 53))
        except OSError as error:
            pytest.skip("port 53 of %s: %s" % (address, error))
        resolv, switch = tmp_path / "resolv.conf", tmp_path / "nsswitch.conf"
        resolv.write_text("nameserver %s\noptions timeout:10 attempts:3\n" % address)
        switch.write_text("hosts: files dns\n")
        script = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" ' \
                 '/etc/nsswitch.conf && shift 2 && exec "$@"'
        prefix = ["unshare", "-m", "sh", "-c", script, "sh", str(resolv), str(switch)]
        if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
            pytest.skip("no private mount namespace here")
        server.setblocking(False)
        yield prefix, server


def test_a_silent_name_server_starves_no_watchdog_and_delays_no_end(
        forward, spool, notify, silent_name_server):
    prefix, server = silent_name_server
    names = spool.write_many(3)
    forward.set(listener__url="https://listener.example:8443/", listener__timeout_s=1)
    running = forward.start(wrapper=prefix, **environment(notify, 0.4))

    def asked():
        with contextlib.suppress(BlockingIOError):
            return server.recv(512)

    eventually(asked, "the name server is asked")
    before, began = notify.count("WATCHDOG=1"), time.monotonic()
    eventually(lambda: notify.count("WATCHDOG=1") >= before + 15, "it is fed", within_s=30)
    # Fed at 5 a second; a removal that waits for the resolver would stop it for many seconds.
    assert time.monotonic() - began < 12
    began = time.monotonic()
    result = running.stop()
    assert result.status == 0 and time.monotonic() - began < 11
    assert spool.waiting() == names


def answer_names(server, running):
    """Every question of type A is answered with 127.0.0.1 from now on (RFC 1035, 4.1)."""
    while running.is_set():
        with contextlib.suppress(BlockingIOError):
            query, asker = server.recvfrom(512)
            is_a = query[-4:-2] == b"\0\1"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1" if is_a else b""
            end = query.index(b"\0", 12) + 5  # of the question
            server.sendto(query[:2] + b"\x81\x80\0\1\0" + bytes([is_a]) + b"\0\0\0\0"
                          + query[12:end] + record, asker)
        time.sleep(0.01)


def test_a_name_server_that_answers_at_last_is_used_without_a_restart(
        forward, spool, listener, silent_name_server):
    prefix, server = silent_name_server
    names = spool.write_many(3)
    forward.set(listener__url=listener.url.replace("127.0.0.1", "listener.example"),
                listener__allow_plain_http="yes", listener__timeout_s=1, breaker__fail_max=1)
    running = forward.start(wrapper=prefix)
    running.says("breaker open")
    answering = threading.Event()
    answering.set()
    thread = threading.Thread(target=answer_names, args=(server, answering))
    thread.start()
    try:
        eventually(lambda: spool.waiting() == [], "all were sent")
    finally:
        answering.clear()
        thread.join()
    assert sorted(listener.names()) == names
    assert running.stop().status == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_stop_lets_the_answer_come(forward, spool, listener, number):
    name = spool.write()
    spool.write_many(50)
    listener.rule = always(Answer(delay_s=1))
    running = forward.set(listener__max_in_flight=1).start()
    eventually(lambda: listener.requests, "a request is in flight")
    running.send(number)
    assert running.wait(12).status == 0
    assert [request.name for request in listener.requests] == [name], "no new ones started"
    assert name not in spool.waiting() and len(spool.waiting()) == 50


def test_a_request_to_stop_ends_within_10_s_though_the_listener_hangs(
        forward, spool, listener, warm):
    running = forward.set(listener__timeout_s=300).start()
    warm()
    listener.rule = always(Answer(hang=True))
    names = spool.write_many(5)
    eventually(lambda: len(listener.requests) == 4, "requests are in flight")
    running.send(signal.SIGTERM)
    assert running.wait(11).status == 0
    assert spool.waiting() == names


def test_a_request_to_stop_while_the_breaker_is_open_ends_at_once(forward, spool, listener):
    names = spool.write_many(5)
    listener.rule = always(Answer(500))
    forward.set(breaker__fail_max=1, breaker__timeout_s=3600, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: listener.requests, "a failure")
    running.send(signal.SIGTERM)
    assert running.wait(9).status == 0
    assert spool.waiting() == names


def test_stops_and_starts_lose_nothing_and_repeat_identically(forward, spool, listener):
    listener.rule = always(Answer(delay_s=0.02))
    names = spool.write_many(100)
    for _ in range(10):
        running = forward.start()
        before = len(listener.requests)
        eventually(lambda: len(listener.requests) > before or not spool.waiting(), "a request")
        assert running.stop().status == 0
    assert forward.run("--once").status == 0
    assert sorted(set(listener.names())) == names
    assert len(listener.names()) == 100, "a clean stop repeats nothing"


def test_root_becomes_the_owner_of_the_spool(forward, spool, listener):
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    user = spool.give_to("postgres")
    name = spool.write()
    os.chown(spool.new / (name + ".json.zst"), user.pw_uid, user.pw_gid)
    listener.rule = always(Answer(delay_s=0.5))
    running = forward.start("--once")
    eventually(lambda: listener.requests, "a request")
    status = open("/proc/%d/status" % running.pid).read()
    uid_line = [line for line in status.splitlines() if line.startswith("Uid:")][0]
    assert set(uid_line.split()[1:]) == {str(user.pw_uid)}
    assert running.wait().status == 0
    assert {path.stat().st_uid for path in spool.state.iterdir()} == {user.pw_uid}


def test_a_reload_does_not_wait_for_a_listener_that_hangs(forward, spool, listener, listeners):
    listener.rule = always(Answer(hang=True))
    name = spool.write()
    forward.set(listener__timeout_s=300)
    running = forward.start()
    eventually(lambda: listener.requests, "a request hangs")
    other = listeners().open()
    forward.set(listener__url=other.url).save()
    running.hangup()
    running.says("configuration read again", within_s=20)
    eventually(lambda: other.names() == [name], "the payload is at the new listener")
    assert running.stop().status == 0
