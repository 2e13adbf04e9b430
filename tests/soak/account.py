"""The books: what the kernel and the listener saw, against each other and against the programs."""

import bisect
import collections
import json

from witness import DELETE, MOVED_FROM, MOVED_TO

SLICE_FILES = 256  # an eviction's, recorded before they go
SLICE_S = 0.25  # that takes less
TOGETHER_S = 2  # an answer and what is done about it, on a busy machine


def some(names):
    names = sorted(names)
    return "%d: %s%s" % (len(names), ", ".join(map(str, names[:8])), " …" * (len(names) > 8))


class Books:
    def __init__(self, witness, ingest, disturbed):
        """disturbed: [begin, end] of times in which pg-forward was stopped, killed or ended."""
        self.written = {}  # name → when it was first seen
        self.deleted = {}  # name → [(when, place)]
        self.rejected = set()
        self.waiting = set()
        self.refusals = self.put_back = self.over = self.forgotten = 0
        self.lag_sent = self.lag_refused = 0
        self.taken = collections.defaultdict(list)
        for taken in ingest.taken:
            self.taken[taken.name].append(taken)
        self.disturbed = sorted(disturbed)
        self._walk(witness.events)

    def _walk(self, events):
        unsaved_sent = unsaved_refused = 0
        saved_at, coming = 0, None
        for when, place, kind, name in events:
            if place == "new" and kind == MOVED_TO:
                self.put_back += coming == name
                self.written.setdefault(name, when)
                self.waiting.add(name)
            elif place == "new" and kind == MOVED_FROM:
                self.waiting.discard(name)
            elif place == "rejected" and kind == MOVED_TO:
                self.rejected.add(name)
                self.refusals += 1
                unsaved_refused += 1
            elif place == "rejected" and kind == MOVED_FROM:
                self.rejected.discard(name)
            elif kind == DELETE and place in ("new", "rejected"):
                (self.waiting if place == "new" else self.rejected).discard(name)
                self.deleted.setdefault(name, []).append((when, place))
                unsaved_sent += 1
            elif place == "state" and kind == MOVED_TO and name == "pg-forward.json":
                unsaved_sent = unsaved_refused = 0
                saved_at = when
            elif place == "marks" and name.startswith(("killed", "ended")):
                if name.startswith("killed") and when - saved_at < SLICE_S:
                    self.over += SLICE_FILES
                if name.startswith("ended."):
                    self.forgotten += unsaved_sent + unsaved_refused
                self.lag_sent += unsaved_sent
                self.lag_refused += unsaved_refused
                unsaved_sent = unsaved_refused = 0
            coming = name if place == "rejected" and kind == MOVED_FROM else None

    def classify(self):
        """Deletions: delivered, evicted, or one of the two."""
        self.delivered, self.evicted, self.either = set(), set(), set()
        for name, deletions in self.deleted.items():
            times = [taken.at for taken in self.taken.get(name, ())]
            for when, place in deletions:
                before = [at for at in times if at <= when + 0.05]
                if place == "rejected" or not before:
                    self.evicted.add(name)
                elif when - max(before) < TOGETHER_S:
                    self.delivered.add(name)
                else:
                    self.either.add(name)

    def is_disturbed(self, begin, end):
        at = bisect.bisect_right(self.disturbed, [end, float("inf")])
        return any(span[1] >= begin for span in self.disturbed[:at])

    def unexplained_repeats(self):
        """Taken again though the answer before went out well, and pg-forward was left alone."""
        return [name for name, taken in self.taken.items()
                for one in taken[:-1]
                if one.sure and not self.is_disturbed(one.at - 0.5, one.at + TOGETHER_S)]

    def differences(self, status, unsaved_evictions):
        """status: of pg-forward at the end. unsaved_evictions: files that only its log told of."""
        self.classify()
        written, arrived = set(self.written), set(self.taken)
        gone = set(self.deleted) - self.waiting - self.rejected
        problems = {
            "arrived, but nobody wrote it": arrived - written,
            "written, and neither arrived nor evicted nor rejected":
                written - arrived - gone - self.rejected,
            "still waits": self.waiting,
            "deleted, but nobody wrote it": set(self.deleted) - written,
            "arrived twice for no reason": self.unexplained_repeats(),
        }
        for what, names in problems.items():
            if names:
                yield "%s: %s" % (what, some(names))
        if self.forgotten:
            yield "%d payloads were not counted at an end by SIGTERM" % self.forgotten
        deletions = sum(map(len, self.deleted.values()))
        sent, evicted = status["sent"]["files"], status["evicted"]["files"]
        yield from outside("evicted", evicted, len(self.evicted) - unsaved_evictions,
                           len(self.evicted) + len(self.either) + self.over)
        yield from outside("sent", sent, len(self.delivered) - self.lag_sent,
                           len(self.delivered) + len(self.either))
        yield from outside("sent and evicted", sent + evicted,
                           deletions - self.lag_sent - unsaved_evictions, deletions + self.over)
        yield from outside("refused", status["refused"]["files"],
                           self.refusals - self.lag_refused, self.refusals)
        yield from outside("rejected files", status["spool"]["rejected_files"],
                           len(self.rejected), len(self.rejected))
        yield from outside("waiting files", status["spool"]["new_files"], 0, 0)

    def summary(self, status):
        twice = sum(len(taken) > 1 for taken in self.taken.values())
        yield "written %d payloads; arrived %d (%d of them more than once), evicted %d (%d of "\
            "them perhaps sent), in rejected/ %d; put back %d times" % (
                len(self.written), len(self.taken), twice,
                len(self.evicted) + len(self.either), len(self.either), len(self.rejected),
                self.put_back)
        yield "--status: sent %d (seen %d, unsaved at an end %d), evicted %d (seen %d), refused "\
            "%d (seen %d, unsaved %d)" % (
                status["sent"]["files"], len(self.delivered), self.lag_sent,
                status["evicted"]["files"], len(self.evicted), status["refused"]["files"],
                self.refusals, self.lag_refused)


def outside(what, value, least, most):
    if not least <= value <= most:
        yield "--status has %d %s instead of %s" % (
            value, what, least if least == most else "%d to %d" % (least, most))


def log_differences(contents, serials, logged):
    """serials: what the load is sure to have logged; logged: entries in the server's own files."""
    counts = collections.Counter(
        serial for found in contents.serials.values() for serial in found)
    levels = collections.Counter()
    for found in contents.levels.values():
        levels.update(found)
    missing = set(serials) - set(counts)
    if missing:
        yield "log entries that are in no payload: %s" % some(missing)
    again = {serial for serial, count in counts.items() if count > 1}
    if again:
        yield "log entries that are in two payloads: %s" % some(again)
        yield "    namely in %s" % some(
            name for name, found in contents.serials.items() if again & set(found))
    for level in ("GAP", "UNPARSED"):
        if levels[level]:
            yield "%d entries of level %s" % (levels[level], level)
    total = sum(levels.values())
    if total != logged:
        yield "%d log entries in payloads, %d in the server's files" % (total, logged)


def count_json_lines(directory):
    total = 0
    for path in directory.glob("*.json"):
        with open(path, "rb") as file:
            for line in file:
                json.loads(line)
                total += 1
    return total
