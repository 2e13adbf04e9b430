"""man/postgres-agent-spool.5 as data: for each source its members with their types, and its
example, compared with what is really sent.

A path is what jq takes below .data: "locks[].blocked_pid". [] stands for the elements of an
array, or for the values of an object that is a table by name; ".*" for a view's columns.
"""

import json
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / "man" / "postgres-agent-spool.5"
COMMON = {"host", "server"}  # of data, told with the envelope
TYPES = {"integer", "number", "string", "boolean", "object", "array", "null", "missing", "any"}
TAG = re.compile(r"^\.It Cm (\S+(?: , \S+)*) Pq (.+)$", re.M)
EXAMPLE = re.compile(r"^\.Bd -literal -offset indent\n(\{\n.*?\n\})\n\.Ed$", re.M | re.S)


class Section:
    def __init__(self, text):
        self.members = {}
        for names, types in TAG.findall(text):
            first, *others = names.split(" , ")
            prefix = first[: first.rfind(".") + 1]
            for path in (first, *(prefix + name for name in others)):
                assert path not in self.members, path
                self.members[path] = set(re.findall(r"\w+", types)) - {"or"}
                assert self.members[path] <= TYPES, types
        self.examples = [json.loads(found.replace("\\e", "\\"))
                         for found in EXAMPLE.findall(text)]

    def declared(self, path):
        """The types of a path; None for one that the page does not have."""
        if path in self.members:
            return self.members[path]
        return self.members.get(path[: path.rfind(".") + 1] + "*")

    def is_table(self, path):
        return any(member == path + "[]" or member.startswith(path + "[].")
                   for member in self.members)

    def paths(self, value, path=""):
        """Path → the types of what is there, of all elements of an array together."""
        found = {}
        if path:
            found[path] = {type_of(value)}
        if isinstance(value, dict) and self.is_table(path):
            children = [(path + "[]", child) for child in value.values()]
        elif isinstance(value, dict):
            children = [(path + "." + key if path else key, child)
                        for key, child in value.items()]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            children = [(path + "[]", child) for child in value]
        else:
            children = []
        for name, child in children:
            for key, types in self.paths(child, name).items():
                found.setdefault(key, set()).update(types)
        return {key: types for key, types in found.items()
                if not key.endswith("[]") or key in self.members}


def type_of(value):
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object",
             list: "array", type(None): "null"}
    return names[type(value)]


def fits(types, declared):
    if "number" in declared:
        declared = declared | {"integer"}
    return "any" in declared or types <= declared


def read_page():
    """Source → its section; also "Envelope"."""
    parts = re.split(r"^\.S[sh] (.+)$", PAGE.read_text(), flags=re.M)
    sections = {title: Section(text) for title, text in zip(parts[1::2], parts[2::2])}
    return {title: section for title, section in sections.items()
            if re.fullmatch(r"[a-z_]+", title) or title == "Envelope"}


def ancestors(path):
    """Of "a[].b.c": "a[].b", "a"."""
    while "." in path:
        path = path[: path.rfind(".")].removesuffix("[]")
        yield path


def compare(section, data, all_columns=True, elsewhere=()):
    """What differs between a section and what a source sent: its payloads' data. all_columns: the
    example is of this version of the server, whose views have the same columns. elsewhere: whose
    members another manual tells."""
    real = {}
    for one in data:
        for path, types in section.paths(
                {key: value for key, value in one.items() if key not in COMMON}).items():
            real.setdefault(path, set()).update(types)
    (example,) = section.examples
    shown = section.paths(example)

    def may_miss(path):
        """Also where nothing was there to have it."""
        return "missing" in section.declared(path) or any(
            not any(other.startswith((above + ".", above + "[]")) for other in real)
            for above in ancestors(path))

    wrong = []
    for path, types in sorted(real.items()):
        declared = section.declared(path)
        told_elsewhere = any(path.startswith(prefix) for prefix in elsewhere)
        if declared is None:
            wrong.append("%s is sent, and not on the page" % path)
        elif path not in section.members and all_columns and path not in shown \
                and not told_elsewhere:
            wrong.append("%s is sent, and not in the example" % path)
        elif not told_elsewhere and not fits(types, declared):
            wrong.append("%s is sent as %s" % (path, ", ".join(sorted(types))))
    for path in sorted({*section.members, *(shown if all_columns else ())} - set(real)):
        if not path.endswith("*") and not may_miss(path):
            wrong.append("%s is on the page, and not sent" % path)
    return wrong
