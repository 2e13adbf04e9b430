"""kill -9 of pg-collect at random moments: new/ only ever holds whole files."""

import os
import random
import time

from agent import count_from_environment
from test_forward_kill import SEED, kill_after

KILLS = count_from_environment("E2E_KILLS", 200)


def test_kill_9_at_random_moments_leaves_only_whole_files(collect, spool, sessions):
    chance = random.Random(SEED + 2)
    print("E2E_SEED=%d" % SEED)
    for n in range(3):
        sessions.add("bitville-00000000-0000-4000-8000-%012d" % n).execute("BEGIN")
    sessions.idle_in_transaction(40)
    began = time.monotonic()
    assert collect.run().status == 0
    whole_run_s = time.monotonic() - began
    checked, counts = set(), []
    for _ in range(KILLS):
        before = len(spool.waiting())
        running = collect.start()
        kill_after(running, chance.random() * whole_run_s * 1.2)
        fresh = [name for name in spool.waiting() if name not in checked]
        for name in fresh:
            spool.check(name)
        checked.update(fresh)
        counts.append(len(checked) - before)
    assert 0 in counts and any(counts), "killed before and after a commit"
    result = collect.run()
    assert result.status == 0, result.stderr
    assert os.listdir(spool.tmp) == [], "debris of the dead is removed"


def test_names_never_repeat_and_sort_by_time(collect, spool, sessions):
    sessions.idle_in_transaction(3)
    stamps = []
    for _ in range(20):
        before = set(spool.waiting())
        assert collect.run().status == 0
        fresh = sorted(set(spool.waiting()) - before)
        assert len(fresh) == 4
        stamps.append(fresh)
    assert all(max(earlier) < min(later) for earlier, later in zip(stamps, stamps[1:]))
