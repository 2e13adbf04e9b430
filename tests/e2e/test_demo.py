"""What the README's first command shows."""

import glob
import json
import re
import subprocess
import sys
import xml.dom.minidom

import pytest

from agent import BUILD, ROOT

REQUEST_ID = "6f1c9a52-3c1e-4c0b-9d57-0d7c2f5b8a11"


@pytest.fixture(scope="module")
def shown():
    before = set(glob.glob("/tmp/bitville-demo-*"))
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "tests" / "demo" / "demo.py"], capture_output=True,
        text=True, timeout=120, env={"BUILD": str(BUILD), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(glob.glob("/tmp/bitville-demo-*")) <= before
    return done.stdout


def part(shown, title):
    """What is shown under a title that begins so, without the commands."""
    text = re.search(r"^# %s.*\n((?:.+\n)*)" % re.escape(title), shown, re.M).group(1)
    return "".join(line for line in text.splitlines(True) if not line.startswith("$ "))


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(shown):
    for wanted in ("-pg_locks-", '"blocking_application": "nightly-batch"',
                   "200  pg_stat_statements", "200  pg_log", "pg-forward    running"):
        assert wanted in shown
    payloads = len(re.findall(r"  200  pg_|  200  system_", shown))
    assert re.search(r"^sent +(\d+) payloads", shown, re.M).group(1) == str(payloads)


def test_the_demo_shows_entries_of_the_log(shown):
    entries = [json.loads(line) for line in part(shown, "the log came").splitlines()]
    web = "bitville-" + REQUEST_ID
    # On a busy machine other statements may be slow enough for the log.
    entries = [entry for entry in entries
               if entry[2] == web or not entry[3].startswith("duration: ")]
    assert [(event, application) for _, event, application, _ in entries] == [
        ("statement", "setup"), ("statement", "setup"), ("unique_violation", "shop worker 5"),
        ("lock_wait", web), ("lock_acquired", web), ("statement", web)]
    assert entries[1][3] == "statement: CREATE ROLE shop LOGIN PASSWORD '***'"
    assert "open sesame" not in shown


def test_the_demo_finds_session_and_log_by_the_same_id(shown):
    session = json.loads(part(shown, "the web request is findable"))
    entry = json.loads(part(shown, "of it, under the same UUID"))
    assert session["correlation_id"] == entry["correlation_id"] == REQUEST_ID
    assert session["pid"] == entry["lock_pid"]
    blocking = re.search(r'"blocking_pid": (\d+)', shown).group(1)
    assert entry["lock_holders"] == [int(blocking)]


def steps(lines):
    """What was done: titles and commands."""
    return [line for line in lines if line.startswith(("# ", "$ "))]


def members(text):
    return set(re.findall(r'^ +"(\w+)": ', text, re.M))


def read_picture():
    """The lines of demo.svg, those put together that were wrapped."""
    lines, last = [], None
    for text in xml.dom.minidom.parse(
            str(ROOT / "tests" / "demo" / "demo.svg")).getElementsByTagName("text"):
        kind, line = text.getAttribute("class"), text.firstChild.data
        if kind and kind == last and not line.startswith(("# ", "$ ")):
            lines[-1] += line
        else:
            lines.append(line)
        last = kind
    return lines


def test_the_readme_and_its_picture_show_what_the_demo_does(shown):
    """Text first, the rest as a picture; `make demo-picture` makes it anew."""
    readme = (ROOT / "README.md").read_text()
    (told,) = re.findall(r"^```\n(# a throw-away .*?)^```", readme, re.M | re.S)
    picture = read_picture()
    assert steps(told.splitlines()) + steps(picture) == steps(shown.splitlines())
    assert members(told + "\n".join(picture)) == members(shown)
