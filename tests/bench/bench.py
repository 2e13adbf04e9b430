"""Benchmarks of the real programs: bench.py [--rounds N] [forward|collect|log]..."""

import argparse
import signal
import sys
import tempfile

import collect_time
import forward_rate
import log_rate

PARTS = {"forward": (forward_rate.bench, 3), "collect": (collect_time.bench, 25),
         "log": (log_rate.bench, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" or ".join(PARTS))
    parser.add_argument("--rounds", type=int, help="runs of each program")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error("no such part: " + ", ".join(sorted(unknown)))
    # An exit like any other: what was started ends, what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for part in arguments.parts or PARTS:
        bench, rounds = PARTS[part]
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            bench(directory, arguments.rounds or rounds)


if __name__ == "__main__":
    sys.exit(main())
