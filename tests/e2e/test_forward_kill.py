"""kill -9 at random moments: nothing is lost, nothing is half, repeats are identical."""

import random
import time

from agent import count_from_environment
from listener import Answer
from waiting import eventually

KILLS = count_from_environment("E2E_KILLS", 200)
SEED = count_from_environment("E2E_SEED", random.SystemRandom().randrange(1 << 30))


def time_to_first_request(forward, spool, listener):
    spool.write()
    began = time.monotonic()
    running = forward.start()
    eventually(lambda: listener.requests, "a first request", every_s=0.001)
    took = time.monotonic() - began
    running.stop()
    return took


def test_kill_9_at_random_moments_loses_nothing(forward, spool, listener):
    chance = random.Random(SEED)
    print("E2E_SEED=%d" % SEED)
    forward.set(breaker__fail_max=50)
    start_s = time_to_first_request(forward, spool, listener)
    refused = set()
    listener.rule = lambda request: Answer(
        422 if request.name in refused else 200, delay_s=chance.random() * 0.004)
    contents = {r.name: r.body for r in listener.requests}
    moments = []
    for _ in range(KILLS):
        for _ in range(4):
            name = spool.write(chance.choice(["pg_locks", "pg_log", "system_metrics"]),
                               data={"text": "x" * chance.randrange(5000)})
            contents[name] = spool.content(name)
            if chance.random() < 0.1:
                refused.add(name)
        running = forward.start()
        before = len(listener.requests)
        kill_after(running, chance.random() * start_s * 2)
        moments.append(len(listener.requests) - before)
        for name in spool.waiting():
            assert spool.content(name) == contents[name], name
        for name in spool.refused():
            assert name in refused and spool.content(name, spool.rejected) == contents[name]
    assert any(moments) and 0 in moments, "kills before and while sending"
    listener.rule = lambda request: Answer(422 if request.name in refused else 200)
    eventually(lambda: forward.run("--once") and spool.waiting() == [], "the rest is sent")
    check(listener, spool, contents, refused)


def kill_after(running, seconds):
    time.sleep(seconds)
    running.kill()


def check(listener, spool, contents, refused):
    assert set(listener.names()) == set(contents) - refused, "a payload is missing"
    assert set(spool.refused()) == refused
    keys, repeated = {}, 0
    for request in listener.requests:
        assert request.body == contents[request.name] or request.status == 0, request.name
        repeated += request.name in keys
        assert keys.setdefault(request.name, request.idempotency_key) \
            == request.idempotency_key
    print("%d payloads, %d requests again" % (len(contents), repeated))


def test_kill_9_while_rejected_payloads_are_put_back(forward, spool, listener):
    chance = random.Random(SEED + 1)
    names = spool.write_many(200)
    contents = {name: spool.content(name) for name in names}
    listener.rule = lambda request: Answer(422)
    for name in names:
        (spool.new / (name + ".json.zst")).rename(spool.rejected / (name + ".json.zst"))
        (spool.rejected / (name + ".json.zst.reason")).write_text("the listener said 422\n")
    for _ in range(min(KILLS, 30)):
        running = forward.start("--retry-rejected")
        kill_after(running, chance.random() * 0.02)
        assert sorted(spool.waiting() + spool.refused()) == names
    assert forward.run("--retry-rejected").status == 0
    assert spool.waiting() == names
    assert {name: spool.content(name) for name in names} == contents
