"""The layers of ARCHITECTURE.md, read off the #include lines."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [d for d in ("collector", "forwarder", "logtail") if (ROOT / d).is_dir()]

# Library header -> in which directories it may be included, and in how many files of each.
FENCES = [
    (r"libpq-fe\.h|postgres_ext\.h|libpq/.*", "collector", None),
    (r"curl/.*", "forwarder", 1),
    (r"zlib\.h", "forwarder|logtail", 1),
    (r"ini\.h", "shared", 1),
    (r"cjson/.*|cJSON\.h", "shared", 1),
    (r"zstd.*\.h", "shared", 1),
    (r"immintrin\.h", "logtail", 1),  # the compiler's
]

# C11, POSIX and Linux: everything that libc brings, and nothing that a library package does.
SYSTEM = re.compile(
    r"(sys|linux|netinet|arpa|net)/[a-z_]+\.h|"
    r"(assert|ctype|dirent|endian|errno|fcntl|float|fnmatch|ftw|getopt|glob|grp|inttypes|limits|locale|"
    r"malloc|math|netdb|poll|pwd|sched|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|"
    r"stdlib|string|strings|syslog|termios|time|unistd|utime|wchar)\.h"
)


def sources(directory):
    return sorted(p for p in (ROOT / directory).glob("**/*") if p.suffix in (".c", ".h"))


def includes(path):
    """(quoted names, bracketed names)"""
    text = path.read_text()
    return (
        re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M),
        re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.M),
    )


def all_sources():
    return [p for d in ["shared", *PROGRAMS] for p in sources(d)]


def test_every_source_is_looked_at():
    assert len(sources("shared")) > 40
    assert all(includes(p)[0] or includes(p)[1] for p in all_sources() if p.suffix == ".c")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_uses_its_own_and_shared_headers_only(program):
    own = {p.name for p in sources(program)}
    shared = {p.name for p in sources("shared")}
    foreign = {
        f"{path.name}: {name}"
        for path in sources(program)
        for name in includes(path)[0]
        if name not in own | shared or "/" in name or name.endswith(".c")
    }
    assert not foreign
    assert not own & shared, "two headers of one name"


def test_shared_uses_shared_headers_only():
    shared = {p.name for p in sources("shared") if p.suffix == ".h"}
    assert not {
        f"{p.name}: {name}"
        for p in sources("shared")
        for name in includes(p)[0]
        if name not in shared
    }


def test_shared_has_no_include_cycles():
    """A module is its header and its source: what both include, it stands on."""
    uses = {}
    for path in sources("shared"):
        names = {name.removesuffix(".h") for name in includes(path)[0]}
        uses.setdefault(path.stem, set()).update(names - {path.stem})
    done, trail = set(), []

    def visit(module):
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module in done:
            return
        trail.append(module)
        for used in sorted(uses.get(module, ())):
            visit(used)
        done.add(trail.pop())

    for module in sorted(uses):
        visit(module)


@pytest.mark.parametrize("header, directory, most", FENCES)
def test_a_library_stays_behind_its_fence(header, directory, most):
    users = [p for p in all_sources() if any(re.fullmatch(header, n) for n in includes(p)[1])]
    assert not [p for p in users if p.parent.name not in directory.split("|")]
    for name in directory.split("|"):
        here = [p for p in users if p.parent.name == name]
        if most is not None:
            assert len(here) <= most, here
            assert all(p.suffix == ".c" for p in here), "a header hands the library on"
        assert here or name not in ("shared", *PROGRAMS) or name == "logtail"


def test_nothing_else_is_included():
    fenced = [re.compile(header) for header, _, _ in FENCES]
    assert not {
        f"{p.relative_to(ROOT)}: {name}"
        for p in all_sources()
        for name in includes(p)[1]
        if not SYSTEM.fullmatch(name) and not any(f.fullmatch(name) for f in fenced)
    }


def test_every_header_is_guarded_by_its_name():
    for path in all_sources():
        if path.suffix != ".h":
            continue
        guard = f"{path.parent.name}_{path.stem}_H".upper()
        assert f"#ifndef {guard}\n#define {guard}\n" in path.read_text(), path.name


def test_every_module_of_shared_has_its_test():
    tests = {p.stem.removeprefix("test_") for p in Path(__file__).parent.glob("test_*.c")}
    # The table is config's, read by its test from every side.
    modules = {p.stem for p in sources("shared") if p.suffix == ".c"} - {"config_table"}
    assert not modules - tests
