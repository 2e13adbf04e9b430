"""What a program taken over could do: every promise is tried from inside its unit, and, to see that
the try is good for anything, by root outside of it."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from conftest import API_KEY, PASSWORD
from machine import inside, main_pid

ELSEWHERE = "/srv/elsewhere.socket"

CREDENTIAL = "import os, pathlib; given = pathlib.Path(os.environ['CREDENTIALS_DIRECTORY']); "
LIBC = "import ctypes; libc = ctypes.CDLL(None); "

# Name → Python that raises where it is not possible.
TRIES = {
    "a connection to the listener":
        "import socket; socket.create_connection(('127.0.0.1', %(port)d))",
    "a name that is looked up by the network":
        "from socket import *; socket(AF_INET, SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
    "PostgreSQL's socket":
        "import socket; socket.socket(socket.AF_UNIX).connect('/run/postgresql/.s.PGSQL.5432')",
    "a socket anywhere": "import socket; socket.socket(socket.AF_UNIX).connect('%(elsewhere)s')",
    "a raw socket": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "the logs": "open('/var/log/postgresql/postgresql-15-main.log').read(1)",
    "the journal": "import glob; open(glob.glob('/var/log/journal/*/system.journal')[0], 'rb')",
    "the data directory": "import os; os.listdir('/var/lib/postgresql/15/main')",
    "the server's configuration": "import os; assert os.listdir('/etc/postgresql')",
    "the database's password": "assert open('/etc/bitville/db_password').read()",
    "the listener's key": "assert open('/etc/bitville/api_key').read()",
    "the listener's key by a credential":
        CREDENTIAL + "assert (given / 'api_key').read_text().strip()",
    "the database's password by a credential":
        CREDENTIAL + "assert (given / 'db_password').read_text().strip()",
    "root's home": "import os; assert os.listdir('/root')",
    "/etc/shadow": "open('/etc/shadow').read()",
    "the memory of another process": "open('/proc/%(pid)d/mem', 'rb')",
    "the environment of another process": "open('/proc/%(pid)d/environ').read()",
    "a file that another process has open": "open('/proc/%(pid)d/fd/0')",
    "the directory of another process": "import os; os.listdir('/proc/%(pid)d/cwd')",
    "the memory of pg-forward": "open('/proc/%(forward)d/mem', 'rb')",
    "the environment of pg-forward": "open('/proc/%(forward)d/environ').read()",
    "a file that pg-forward has open": "open('/proc/%(forward)d/fd/0')",
    "the listener's key by pg-forward's eyes":
        "open('/proc/%(forward)d/root/run/credentials/pg-forward.service/api_key').read()",
    "the list of processes": "import os; assert os.path.exists('/proc/1/stat')",
    "/proc/meminfo": "open('/proc/meminfo').read()",
    "a change to the log": "open('/var/log/postgresql/postgresql-15-main.log', 'a')",
    "a file in the data directory": "open('/var/lib/postgresql/15/main/x', 'w')",
    "a file in /etc": "open('/etc/x', 'w')",
    "a file in /usr": "open('/usr/x', 'w')",
    "a file in the configuration": "open('/etc/bitville/x', 'w')",
    "a file in the other spool": "open('/var/lib/bitville-postgres-agent/x', 'w')",
    "a file in the spool": "open('/var/lib/bitville-postgres-agent/buffer/x', 'w')",
    "root": "import os; os.setuid(0); assert os.getuid() == 0",
    "a program that becomes root":
        "import os; open('/tmp/x', 'w'); os.chmod('/tmp/x', 0o4755)",
    "a mount": LIBC + "assert libc.mount(b'none', b'/mnt', b'tmpfs', 0, None) == 0",
    "a name space": LIBC + "assert libc.unshare(0x04000000) == 0",
    "memory to write and run":
        "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "a realtime thread": "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "the machine's name": "import socket; socket.sethostname(socket.gethostname())",
    "a parameter of the kernel": "open('/proc/sys/kernel/core_pattern', 'w')",
}

# Root outside has no credentials, and a machine in nspawn not the kernel's parameters.
NOT_OUTSIDE = {"the listener's key by a credential", "the database's password by a credential",
               "a parameter of the kernel"}

ALLOWED = {
    "pg-collect": {"a connection to the listener", "a name that is looked up by the network",
                   "PostgreSQL's socket", "a socket anywhere", "the server's configuration",
                   "the database's password by a credential", "/proc/meminfo",
                   "the list of processes", "a file in the spool"},
    "pg-logtail": {"the logs", "a file in the spool", "the server's configuration"},
    "pg-forward": {"a connection to the listener", "a name that is looked up by the network",
                   "a socket anywhere", "the listener's key by a credential",
                   "a file in the spool"},
}

RUN = """
import json, os, sys
for name, code in json.loads(%r).items():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            exec(code, {})
            said = ''
        except BaseException as error:
            said = repr(error) or 'failed'
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        said = file.read()
    os.waitpid(pid, 0)
    print(json.dumps([name, said]))
"""


@pytest.fixture(scope="module")
def script(arrived, listener):
    """Prints for each try its name and what stopped it."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as elsewhere:
        elsewhere.bind(ELSEWHERE)
        elsewhere.listen(100)
        os.chmod(ELSEWHERE, 0o777)
        facts = {"port": listener.port, "elsewhere": ELSEWHERE,
                 "pid": main_pid("postgresql@15-main.service"),
                 "forward": main_pid("pg-forward.service")}
        yield RUN % json.dumps({name: code % facts for name, code in TRIES.items()})
    os.unlink(ELSEWHERE)


def results(text):
    return dict(map(json.loads, text.splitlines()))


def test_root_outside_can_do_all_of_it(script):
    text = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=True).stdout
    stopped = {name: said for name, said in results(text).items() if said}
    assert set(stopped) <= NOT_OUTSIDE, stopped
    for path in ("/etc/x", "/usr/x", "/etc/bitville/x", "/var/lib/bitville-postgres-agent/x",
                 "/var/lib/bitville-postgres-agent/buffer/x", "/var/lib/postgresql/15/main/x",
                 "/tmp/x"):
        os.unlink(path)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_program_can_do_what_it_needs_and_nothing_else(script, name):
    done = results(inside(name + ".service", script))
    assert set(done) == set(TRIES)
    assert {what for what, said in done.items() if not said} == ALLOWED[name], done


def test_no_program_shows_a_secret_to_another(arrived):
    """In what is left of a program that runs: its environment and its command line."""
    for unit in ("pg-logtail.service", "pg-forward.service"):
        for file in ("environ", "cmdline"):
            text = pathlib.Path("/proc/%d/%s" % (main_pid(unit), file)).read_bytes()
            assert API_KEY.encode() not in text and PASSWORD.encode() not in text
