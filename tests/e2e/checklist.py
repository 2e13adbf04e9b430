"""What --test says, taken apart."""

import re

MARKED = re.compile(r"(ok|warn|FAIL) +(.*)")


def checks(result):
    """[[mark, text, mend or ""]] in order; the last line counts them."""
    lines = result.stdout.splitlines()
    found = []
    for line in lines[:-1]:
        match = MARKED.fullmatch(line)
        if match:
            found.append([*match.groups(), ""])
        else:
            assert line.startswith("      mend: "), line
            found[-1][2] = line[len("      mend: "):]
    marks = [mark for mark, _, _ in found]
    assert lines[-1] == "%d ok, %d warn, %d FAIL" % tuple(
        marks.count(mark) for mark in ("ok", "warn", "FAIL"))
    assert result.status == ("FAIL" in marks) and result.stderr == ""
    assert all(mend for mark, _, mend in found if mark == "FAIL"), result.stdout
    return found


def the(result, subject):
    """Mark, text and mend of the one line about that."""
    found = [check for check in checks(result) if check[1].startswith(subject)]
    assert len(found) == 1, result.stdout
    return found[0]
