"""What --test says, taken apart."""

import dataclasses
import re

MARKED = re.compile(r"(ok|warn|FAIL) +(.*)")
MEND, MORE = "      mend: ", "            "


@dataclasses.dataclass
class Finding:
    mark: str
    text: str
    mend: list  # of lines


def read_findings(output):
    """In order; the last line, which counts them, is looked at."""
    *lines, last = output.splitlines()
    findings = []
    for line in lines:
        match = MARKED.fullmatch(line)
        if match:
            findings.append(Finding(*match.groups(), []))
        else:
            assert line.startswith(MORE if findings[-1].mend else MEND), line
            findings[-1].mend.append(line[len(MEND):])
    marks = [finding.mark for finding in findings]
    assert last == "%d ok, %d warn, %d FAIL" % tuple(
        marks.count(mark) for mark in ("ok", "warn", "FAIL"))
    return findings


def checks(result):
    """[[mark, text, mend or ""]] in order."""
    found = [[finding.mark, finding.text, "\n".join(finding.mend)]
             for finding in read_findings(result.stdout)]
    assert result.status == ("FAIL" in [mark for mark, _, _ in found]) and result.stderr == ""
    assert all(mend for mark, _, mend in found if mark == "FAIL"), result.stdout
    return found


def the(result, subject):
    """Mark, text and mend of the one line about that."""
    found = [check for check in checks(result) if check[1].startswith(subject)]
    assert len(found) == 1, result.stdout
    return found[0]
