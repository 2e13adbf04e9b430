"""What make install gives, and that its configuration and completions agree with the programs."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

import test_manual

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
PROGRAMS = ["pg-collect", "pg-logtail", "pg-forward"]
INI = "etc/bitville/postgres-agent.ini"
COMPLETIONS = "usr/share/bash-completion/completions/"

KEY = re.compile(
    r'\{\s*"(\w+)",\s*"(\w+)",\s*"\w+",\s*CONFIG_\w+,\s*AT\(\w+\),\s*(NULL|"[^"]*")', re.S)
TABLE = [(section, key, "" if preset == "NULL" else preset.strip('"'))
         for section, key, preset in KEY.findall(
             (ROOT / "shared" / "config_table.c").read_text())]


def make(target, tree):
    subprocess.run(["make", "-s", target, "DESTDIR=%s" % tree, "prefix=/usr",
                    "BUILD=%s" % BUILD.relative_to(ROOT)],
                   cwd=ROOT, check=True, capture_output=True)


def files(tree):
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    path = tmp_path_factory.mktemp("install")
    make("install", path)
    return path


def test_all_that_belongs_to_it_is_installed(tree):
    there = files(tree)
    manuals = {"usr/share/man/man%s/%s" % (path.suffix[1:], path.name)
               for path in (ROOT / "man").iterdir()}
    assert {"usr/sbin/" + name for name in PROGRAMS} | manuals <= there
    assert {COMPLETIONS + name for name in PROGRAMS} <= there
    assert {INI, "usr/lib/sysusers.d/bitville-postgres-agent.conf",
            "usr/lib/tmpfiles.d/bitville-postgres-agent.conf",
            "usr/share/bitville-postgres-agent/setup.sql"} <= there
    assert len([name for name in there if name.startswith("usr/lib/systemd/system/")]) == 10


def test_uninstall_removes_all_but_a_configuration_that_was_changed(tmp_path):
    make("install", tmp_path)
    with open(tmp_path / INI, "a") as file:
        file.write("# mine\n")
    make("install", tmp_path)
    assert "# mine" in (tmp_path / INI).read_text()
    make("uninstall", tmp_path)
    assert files(tmp_path) == {INI}
    shutil.copy(ROOT / "systemd" / "postgres-agent.ini", tmp_path / INI)
    make("uninstall", tmp_path)
    assert files(tmp_path) == set()


def test_the_units_start_the_installed_programs(tree):
    for name in PROGRAMS:
        unit = (tree / "usr/lib/systemd/system" / (name + ".service")).read_text()
        assert "\nExecStart=/usr/sbin/%s --config /etc/bitville/postgres-agent.ini\n" % name in unit


def test_the_configuration_has_each_key_with_its_default_as_a_comment(tree):
    section, shown = None, []
    for line in (tree / INI).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif found := re.match(r"#(\w+) =(.*)", line):
            shown.append((section, found.group(1), found.group(2).strip()))
        else:
            assert not line or line.startswith("# ") or line == "#", line
    assert shown == TABLE


@pytest.mark.parametrize("settings", ["as installed", "each one set to its default"])
def test_the_configuration_is_valid(tree, tmp_path, settings):
    text = (tree / INI).read_text()
    if settings != "as installed":
        text = re.sub(r"^#(\w+ =)", r"\1", text, flags=re.M)
        assert text.count("\n#") < (tree / INI).read_text().count("\n#")
    path = tmp_path / "a.ini"
    path.write_text(text)
    for name in PROGRAMS:
        environment = {"BITVILLE_PG_LISTENER_API_KEY": "k"} if name == "pg-forward" else {}
        said = subprocess.run([BUILD / name, "--check-config", "--config", path],
                              env=environment, capture_output=True, text=True)
        assert (said.returncode, said.stderr) == (0, ""), name


BASH_COMPLETION = pathlib.Path("/usr/share/bash-completion/bash_completion")


def complete(tree, *words):
    """What bash offers for the last word."""
    if not BASH_COMPLETION.exists():
        pytest.skip("no bash-completion here")
    script = """
	. %s
	. %s
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
	_bitville_postgres_agent "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>"%s"
	printf '%%s\\n' "${COMPREPLY[@]}"
	""" % (BASH_COMPLETION, tree / COMPLETIONS / pathlib.Path(words[0]).name, tree / "said")
    said = subprocess.run(["bash", "-c", script, "bash", *map(str, words)], cwd=ROOT,
                          capture_output=True, text=True)
    assert said.stderr == ""
    # Without a completion in progress compopt complains, and nothing else does.
    assert all("compopt" in line for line in (tree / "said").read_text().splitlines())
    return said.stdout.split()


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_option_of_a_program_is_completed(tree, name):
    text = subprocess.run([BUILD / name, "--help"], capture_output=True, text=True).stdout
    options = re.findall(r"^ .{5}(--[a-z-]+)", text, flags=re.M)
    assert len(options) >= 7
    assert sorted(complete(tree, BUILD / name, "--")) == sorted(options)


def choices_of(name):
    text = (ROOT / "shared" / "config_table.c").read_text()
    return re.findall(r'"(\w+)"', re.search(
        r"%s_choices\[\] = \{(.*?)\}" % name, text, re.S).group(1))


ALL_SOURCES = ["all", "default", *test_manual.sources()]


@pytest.mark.parametrize("words, want", [
    (["pg-logtail", "--format", ""], choices_of("format")),
    (["pg-logtail", "--format", "c"], ["csvlog"]),
    (["pg-collect", "--source", ""], ALL_SOURCES),
    (["pg-collect", "-s", ""], ALL_SOURCES),
    (["pg-collect", "--source", "pg_locks,sys"], ["pg_locks,system_metrics"]),
    (["pg-forward", "--config", "shared/config_t"], ["shared/config_table.c"]),
    (["pg-logtail", "shared/config_t"], ["shared/config_table.c"]),
    (["pg-forward", "shared/config_t"], []),
    (["pg-forward", "-s", "--js"], ["--json"]),
    (["pg-forward", "--test=u"], ["unit"]),
    (["pg-forward", "--test", ""], []),
    (["pg-forward", "--te"], ["--test"]),
    (["pg-logtail", "--format=c"], ["csvlog"]),
])
def test_values_are_completed(tree, words, want):
    assert sorted(complete(tree, BUILD / words[0], *words[1:])) == sorted(want)


def test_the_package_has_the_programs_version():
    version = re.search(r'VERSION "(.*)"', (ROOT / "shared" / "version.h").read_text()).group(1)
    head = (ROOT / "systemd" / "debian" / "changelog").read_text().splitlines()[0]
    assert head.startswith("bitville-postgres-agent (%s) " % version)
