"""The manuals say what the code does: every key and its default, option, member and event."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import spool_page  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")

KEY = re.compile(
    r'\{\s*"(\w+)",\s*"(\w+)",\s*"(\w+)",\s*CONFIG_\w+,\s*AT\(\w+\),\s*'
    r'(NULL|"[^"]*")', re.S)
TABLE = KEY.findall((ROOT / "shared" / "config_table.c").read_text())
MANUAL = (ROOT / "man" / "postgres-agent.ini.5").read_text()
LOGTAIL = (ROOT / "man" / "pg-logtail.8").read_text()


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


@pytest.mark.parametrize("program", ["pg-collect", "pg-logtail", "pg-forward"])
def test_every_option_stands_in_the_manual(program):
    text = subprocess.run([BUILD / program, "--help"], capture_output=True, text=True,
                          check=True).stdout
    options = re.findall(r"--([a-z-]+)", text.split("See ")[0])
    manual = (ROOT / "man" / (program + ".8")).read_text()
    assert options
    for option in options:
        assert re.search(r"^\.It .*Fl -%s( |$)" % option, manual, flags=re.M), option


def sources():
    """All that the code's registry has."""
    names = {name for path in (ROOT / "collector").glob("source_*.c")
             for name in re.findall(r'^\t\.name = "(\w+)",\n\t\.views', path.read_text(), flags=re.M)}
    listed = (ROOT / "collector" / "sources.c").read_text().count("\t&source_")
    assert len(names) == listed - 1  # system_metrics.c
    return names | {"system_metrics"}


def test_every_source_stands_in_the_manual():
    manual = (ROOT / "man" / "pg-collect.8").read_text()
    part = re.search(r"^\.Ss Sources\n(.*?)^\.S[sh] ", manual, re.S | re.M).group(1)
    told, depth = set(), 0
    for line in part.splitlines():
        depth += line.startswith(".Bl") - (line == ".El")
        if depth == 1 and line.startswith(".It Cm "):
            told.add(line.removeprefix(".It Cm "))
    assert told == sources()


# What is sent is compared with it in tests/e2e/test_payload_schemas.py.
SCHEMAS = spool_page.read_page()


def test_every_source_has_its_schema_and_one_example():
    assert set(SCHEMAS) == sources() | {"pg_log", "Envelope"}
    for title, section in SCHEMAS.items():
        assert section.members and len(section.examples) == 1, title
    blocks = spool_page.PAGE.read_text().count("literal -offset indent\n{")
    assert blocks == len(SCHEMAS)


@pytest.mark.parametrize("source", sorted(SCHEMAS))
def test_an_example_has_the_types_of_its_schema(source):
    section = SCHEMAS[source]
    (example,) = section.examples
    if source == "Envelope":
        kept = {name: example["data"][name] for name in spool_page.COMMON}
        example = {**example, "data": kept}
    for path, types in section.paths(example).items():
        assert spool_page.fits(types, section.declared(path) or set()), path




# pg-logtail's entries.

STRING = r'"(?:[^"\\]|\\.)*"'
# What no pattern reads, and what stands before some messages.
MORE = {
    "event_more_plan": ["plan", "statement", "parameters"],
    "event_more_deadlock": ["deadlock_pids"] + ["deadlock_sql_%d" % n for n in (1, 2, 3, 4)],
    "event_more_session_ms": ["session_ms"],
}


def source(name):
    return (ROOT / "logtail" / name).read_text()


def expand(text):
    """A C file without comments, its macros of string literals put in place."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).replace("\\\n", " ")
    macros = dict(re.findall(r"^#define ([A-Z_]+) (.*)", text, flags=re.M))
    text = re.sub(r"^#.*", "", text, flags=re.M)
    for _ in macros:
        text = re.sub(STRING + r"|\b[A-Z_]+\b",
                      lambda found: macros.get(found.group(), found.group()), text)
    return re.sub(r"%s(?:\s+%s)+" % (STRING, STRING), lambda found: '"%s"' % "".join(
        piece[1:-1] for piece in re.findall(STRING, found.group())), text)


def read_classes(name):
    """(class, what it is, its values) of a table of events."""
    table = expand(source(name)).split("_classes[] = {", 1)[1]
    for text in re.split(r'^\t\{ (?=")', table, flags=re.M)[1:]:
        event, what, *patterns = (found[1:-1] for found in re.findall(STRING, text))
        values = set(re.findall(r"\{(\w+)[:=}]", " ".join(patterns)))
        for function in re.findall(r"\.more = (\w+)", text):
            values |= set(MORE[function])
        if "TIMED(" in text:
            values.add("duration_ms")
        yield event, what.replace("`", ""), values


CLASSES = [*read_classes("event_table.c"), *read_classes("event_table_error.c")]
MEMBERS = re.findall(r'= (?:TEXT|HINTED|NUMBER|TIME)\("(\w+)"\)', source("entry_draft.c"))


def items(text):
    """The words of each .It line → its text."""
    found = {}
    for part in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, body = part.split("\n", 1)
        for name in re.findall(r"\b[a-z_0-9]+\b", head):
            found[name] = re.split(r"^\.(?:El|S[sh])$", body, flags=re.M)[0]
    return found


def part_of(title):
    return re.search(r"^\.Ss %s\n(.*?)^\.S[sh] " % title, LOGTAIL, re.S | re.M).group(1)


def values_of(event):
    body = items(part_of("Events"))[event]
    same = re.search(r"as those of\n\.Cm (\w+)", body)
    if same:
        return values_of(same.group(1))
    return set(re.findall(r"\w+", " ".join(re.findall(r"^\.Li (.*)", body, flags=re.M))))


def test_the_tables_of_events_were_understood():
    tables = source("event_table.c") + source("event_table_error.c")
    assert len(CLASSES) == tables.count(".message = ") + tables.count(".message =\n")
    assert dict((event, values) for event, _, values in CLASSES)["lock_wait"] == {
        "lock_pid", "lock_mode", "lock_object", "waited_ms", "lock_holders", "lock_queue"}
    made = set(re.findall(r'event_add\(\s*event, "(\w+)"', source("event_more.c")))
    assert made <= set(sum(MORE.values(), []))


@pytest.mark.parametrize("event, what, values", CLASSES)
def test_an_event_stands_in_the_manual_with_its_values(event, what, values):
    body = items(part_of("Events")).get(event, "")
    assert body.startswith(what + ".\n")
    assert values_of(event) == values


def test_the_manual_names_no_other_event():
    assert set(items(part_of("Events"))) == {event for event, _, _ in CLASSES}


def test_every_member_of_an_entry_stands_in_the_manual():
    written = re.findall(r'\\"(\w+)\\":', source("entry_draft.c"))
    assert ',\\"event\\":' in source("event_index.c")
    gap = re.search(r"^static void write_gap.*?^}", source("batch.c"), re.S | re.M).group()
    written += re.findall(r'"(\w+)"[,)]', gap)
    assert len(MEMBERS) == 27
    assert {"timestamp", "pid", "level", "suspect", "gap_to"} <= set(written)
    manual = items(part_of("Entries"))
    assert {*MEMBERS, *written} | {"event", "parameters", "prepare_statement"} == set(manual)


def test_every_level_stands_in_the_manual():
    shown = items(part_of("Entries"))["level"]
    for level in re.findall(r'"([A-Z]+)"', source("entry.c")):
        assert re.search(r"\b%s\b" % level, shown), level


def test_every_member_of_the_state_stands_in_the_manual():
    text = re.search(r"^void tail_write_state.*?^}", source("tail_upkeep.c"), re.S | re.M).group()
    text += re.search(r"^void generation_write.*?^}", source("generation.c"), re.S | re.M).group()
    text += re.search(r"^void commit_write_names.*?^}", source("commit.c"), re.S | re.M).group()
    shown = re.search(r"pg-logtail\.json$(.*)^\.It Pa state", LOGTAIL, re.S | re.M).group(1)
    members = re.findall(r'(?:json_key|write_hex|write_bytes)\(&?json, "(\w+)"', text)
    assert len(members) >= 20
    for member in members:
        assert re.search(r"\b%s\b" % member, shown), member


# What postgres-agent(7) quotes.

OVERVIEW = (ROOT / "man" / "postgres-agent.7").read_text()
QUOTED = re.findall(r'^\.It Li "(.*)"$', OVERVIEW, flags=re.M)


def literals():
    """The string literals of the programs, those side by side joined, whatever stands between
    for a number's format."""
    for directory in ("collector", "forwarder", "logtail", "shared"):
        for path in sorted((ROOT / directory).glob("*.[ch]")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S).replace("\\\n", " ")
            for found in re.findall(r"%s(?:\s*(?:PRI\w+\s*)?%s)*" % (STRING, STRING), text):
                yield "".join(piece[1:-1].replace('\\"', '"')
                              for piece in re.findall(STRING, found))


LITERALS = list(literals())


def test_the_overview_quotes_messages():
    assert len(QUOTED) >= 25 and len(set(QUOTED)) == len(QUOTED)


@pytest.mark.parametrize("message", QUOTED)
def test_a_quoted_message_is_one_of_a_programs(message):
    pieces = [re.escape(piece.strip()) for piece in message.split("...")]
    pattern = re.compile(".*".join(pieces))
    assert max(map(len, pieces)) >= 8
    assert any(pattern.search(text) for text in LITERALS)


def test_every_file_that_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text()
    named = re.findall(r"\]\(([^):]+)\)", text)  # links within
    named += re.findall(r"\b(?:tests/[\w/]+\.(?:py|sh|svg))", text)
    named += ["tests/e2e/" + name for name in re.findall(r"(?<![\w/])test_\w+\.py", text)]
    assert len(named) > 25
    for name in named:
        assert (ROOT / name).exists(), name
