"""Running programs against each other: wall time, CPU and peak memory, medians of pairs."""

import dataclasses
import pathlib
import statistics
import subprocess
import sys

from agent import BUILD

MEASURE = BUILD / "tests" / "bench" / "measure"


@dataclasses.dataclass
class Run:
    wall_s: float
    cpu_s: float
    peak_mib: float


class Failed(Exception):
    pass


def run(directory, *command, environment=None):
    """One run of a command; its output goes nowhere."""
    result, said = pathlib.Path(directory, "measured"), pathlib.Path(directory, "said")
    with open(said, "wb") as err:
        subprocess.run([MEASURE, result, *command], env=environment, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
    wall_s, cpu_s, peak_kib, status = result.read_text().split()
    if status != "0":
        raise Failed("%s: exit status %s: %s" % (command[0], status, said.read_text()[-2000:]))
    return Run(float(wall_s), float(cpu_s), int(peak_kib) / 1024)


def alternate(rounds, *measurements):
    """Each measurement once a round, the order turned round each time: lists of runs."""
    runs = [[] for _ in measurements]
    for number in range(rounds):
        order = range(len(measurements))
        for index in order if number % 2 == 0 else reversed(order):
            runs[index].append(measurements[index]())
    return runs


def median(runs, value):
    return statistics.median(value(run) for run in runs)


def ratio(ours, theirs, value):
    """The median of the pairs' ratios: what disturbs the machine disturbs both of a pair."""
    return statistics.median(value(a) / value(b) for a, b in zip(ours, theirs))


def verdict(figure, limit, less_is_better):
    good = figure <= limit if less_is_better else figure >= limit
    return "ok" if good else "MISSED"


def table(rows):
    """The first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print()
    sys.stdout.flush()
