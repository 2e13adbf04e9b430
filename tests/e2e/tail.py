"""pg-logtail as a service around which logs are rotated, and what has come out of it."""

import contextlib

from waiting import eventually


class Tail:
    """The service and what has come out of it."""

    def __init__(self, program, entries, notify, live):
        self.program, self.entries, self.notify, self.live = program, entries, notify, live
        program.set(collection__batch_max_entries=1)  # no waiting for more
        self.starts = 0
        self.start("--from-start")

    @contextlib.contextmanager
    def meanwhile(self, last):
        """What is done within happens to a running service or, in downtime, to a stopped one.

        Before it, everything up to number last has been read.
        """
        self.entries.wait_for(last)
        if not self.live:
            self.stop()
        yield
        if not self.live:
            self.start()

    def stop(self):
        assert self.running.stop().status == 0, self.running.stderr

    def start(self, *arguments):
        self.running = self.program.start(*arguments, NOTIFY_SOCKET=self.notify.path)
        self.starts += 1
        eventually(lambda: self.notify.count("READY=1") == self.starts or not self.running.runs,
                   "READY")
        assert self.running.runs, self.running.stderr

    def end(self, last, doubts=0):
        """Exactly 1 … last came, and nothing but them.

        doubts: GAPs that say that nobody knows whether something was lost.
        """
        self.entries.wait_for(last)
        self.stop()
        self.entries.expect(last)
        gaps = self.entries.of_level("GAP")
        assert len(gaps) <= doubts and not any(gap["gap_bytes"] for gap in gaps), gaps
        assert self.entries.of_level("UNPARSED") == []
        assert len(self.entries.all()) == last + len(gaps)
