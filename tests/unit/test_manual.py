"""The manuals say what the code does: every key with its variable and default, every option."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")

KEY = re.compile(
    r'\{\s*"(\w+)",\s*"(\w+)",\s*"(\w+)",\s*CONFIG_\w+,\s*AT\(\w+\),\s*'
    r'(NULL|"[^"]*")', re.S)
TABLE = KEY.findall((ROOT / "shared" / "config_table.c").read_text())
MANUAL = (ROOT / "man" / "postgres-agent.ini.5").read_text()


def sections():
    """Section name → its part of the manual."""
    parts = re.split(r"^\.Ss \[(\w+)\]$", MANUAL, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def test_the_table_was_understood():
    assert len(TABLE) == (ROOT / "shared" / "config_table.c").read_text().count("AT(") - 1


@pytest.mark.parametrize("section, name, env, preset", TABLE)
def test_a_key_stands_in_the_manual_with_its_variable_and_default(section, name, env, preset):
    line = next((line for line in sections()[section].splitlines()
                 if re.match(r"\.It Cm %s " % name, line)), "")
    assert "Pq Ev %s" % env in line
    shown = line.split(", default ", 1)[1].replace(" , ", ", ") if ", default " in line else None
    assert shown == (None if preset == "NULL" else preset.strip('"'))


def test_the_manual_names_no_other_key():
    shown = {(section, name) for section, text in sections().items()
             for name in re.findall(r"^\.It Cm (\w+) ", text, flags=re.M)}
    assert shown == {(section, name) for section, name, _, _ in TABLE}


@pytest.mark.parametrize("program", ["pg-collect", "pg-forward"])
def test_every_option_stands_in_the_manual(program):
    text = subprocess.run([BUILD / program, "--help"], capture_output=True, text=True,
                          check=True).stdout
    options = re.findall(r"--([a-z-]+)", text.split("See ")[0])
    manual = (ROOT / "man" / (program + ".8")).read_text()
    assert options
    for option in options:
        assert re.search(r"Fl -%s\b" % option, manual), option
