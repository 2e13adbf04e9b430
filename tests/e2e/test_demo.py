"""What the README's first command shows."""

import glob
import subprocess
import sys

from agent import BUILD, ROOT


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind():
    before = set(glob.glob("/tmp/bitville-demo-*"))
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "tests" / "demo" / "demo.py"], capture_output=True,
        text=True, timeout=120, env={"BUILD": str(BUILD), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("-pg_locks-", '"blocking_application": "nightly-batch"',
                  "200  pg_stat_statements", "pg-forward    running", "sent          5 payloads"):
        assert shown in done.stdout
    assert set(glob.glob("/tmp/bitville-demo-*")) <= before
