#!/usr/bin/python3
"""A transcript of the demo as a picture of a terminal: demo.py | picture.py TITLE >demo.svg

From the section on whose title begins so; the README has what comes before as text.
"""

import sys
from xml.sax.saxutils import escape

COLUMNS, CHAR, LINE, MARGIN = 100, 7.8, 18, 14  # pixels for 13 px DejaVu Sans Mono

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-size="13px"
  font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" xml:space="preserve">
<style>text { fill: #d8dee9 } .title { fill: #88c0d0; font-weight: bold } .command { fill: #a3be8c }</style>
<rect width="100%%" height="100%%" rx="8" fill="#242933"/>
"""


def rows(transcript, title):
    """(class, text) of each row, long lines wrapped as a terminal does."""
    lines = transcript.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("# " + title))
    for line in lines[start:]:
        kind = {"# ": "title", "$ ": "command"}.get(line[:2])
        for at in range(0, max(len(line), 1), COLUMNS):
            yield kind, line[at:at + COLUMNS]


def main():
    found = list(rows(sys.stdin.read(), sys.argv[1]))
    print(HEAD % (2 * MARGIN + COLUMNS * CHAR, 2 * MARGIN + len(found) * LINE), end="")
    for n, (kind, text) in enumerate(found):
        if text:
            print('<text%s x="%d" y="%d">%s</text>' % (
                ' class="%s"' % kind if kind else "", MARGIN, MARGIN + 13 + n * LINE, escape(text)))
    print("</svg>")


if __name__ == "__main__":
    main()
