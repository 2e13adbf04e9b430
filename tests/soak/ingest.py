"""A listener with moods, and what it took.

It has taken a payload when it has decided for 200-204; what becomes of the answer on its way is
another matter: where that is in doubt the payload may come again.
"""

import contextlib
import dataclasses
import random
import threading
import time
import zlib

import zstd
from listener import Answer, Listener

ODD = (201, 202, 203, 204, 206, 301, 302, 307, 400, 402, 404, 405, 407, 408, 409, 413, 418, 421,
       425, 426, 431, 451, 500, 501, 502, 503, 504, 507, 599)
RETRY_AFTER = ("1", "2", "0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "1, 2", "")
PAGE = b"<html><title>Sign in</title></html>"
NEVER_OF = 60  # one payload of so many is refused, whenever it comes


@dataclasses.dataclass
class Taken:
    at: float
    name: str
    sure: bool  # the answer went out at once and whole


class Ingest:
    def __init__(self, seed, api_key, contents):
        self.seed, self.api_key, self.contents = seed, api_key, contents
        self.chance = random.Random(seed)
        self.taken = []
        self.requests = 0
        self.statuses = {}
        self.closed = []  # moments at which connections were cut
        self.errors = []
        self.mood = "well"
        self.source = ""
        self._lock = threading.Lock()
        self.listener = None
        self.open()

    def open(self):
        if self.listener:
            return
        self.listener = Listener(self.api_key, self.listener_port())
        self.listener.rule = self.decide
        self.listener.on_request = self.note
        self.port = self.listener.port
        self.url = self.listener.url
        self.listener.open()

    def listener_port(self):
        return getattr(self, "port", 0)

    def close(self):
        if self.listener:
            self.closed.append(time.monotonic())
            self.listener.close()
            self.listener = None

    def never(self, name):
        return zlib.crc32(b"%d %s" % (self.seed, name.encode())) % NEVER_OF == 0

    def decide(self, request):
        with self._lock:
            answer = self._decide(request)
            request.sure = (answer.then == "keep" and not answer.delay_s and not answer.slow_s)
            request.takes = (answer.raw is None and 200 <= answer.status <= 204
                             and "Content-Type" not in answer.headers)
            return answer

    def _decide(self, request):
        good = Answer(422, body=b"not this one") if self.never(request.name) \
            else Answer(self.chance.choice((200, 200, 200, 201, 202, 204)))
        half = self.chance.random() < 0.5
        mood = self.mood
        if mood == "refuse" and request.source == self.source:
            return Answer(self.chance.choice((400, 413, 422)), body=b"not this source")
        if mood == "throttle" and half:
            return Answer(429, {"Retry-After": self.chance.choice(RETRY_AFTER)})
        if mood == "busy":
            return Answer(503, {"Retry-After": self.chance.choice(RETRY_AFTER)})
        if mood == "errors" and half:
            return Answer(500, body=b"sorry")
        if mood == "late" and half:
            return dataclasses.replace(good, delay_s=5)
        if mood == "slow" and good.status == 200:
            return Answer(200, body=b"0123456789" * 3, slow_s=0.1)
        if mood == "reset" and half:
            return Answer(raw=b"", then="reset")
        if mood == "deaf" and half:
            return dataclasses.replace(good, then="reset")
        if mood == "close":
            return dataclasses.replace(good, headers={"Connection": "close"}, then="close")
        if mood == "portal":
            return Answer(200, {"Content-Type": "text/html"}, PAGE)
        if mood == "locked":
            return Answer(401)
        if mood == "garbage" and half:
            return Answer(raw=b"HTTP/1.1 two hundred\r\n\r\n", then="close")
        if mood == "odd" and half:
            return Answer(self.chance.choice(ODD))
        return good

    def note(self, request):
        """The body is whole; the answer goes out next, late when much is to be looked at."""
        try:
            if request.name:
                self.contents.add(request.name, request.content)
        except (ValueError, KeyError, OSError, zstd.FrameError) as error:
            self.errors.append("%s: %r" % (request.name, error))
        with self._lock:
            self.requests += 1
            self.statuses[request.status] = self.statuses.get(request.status, 0) + 1
            if getattr(request, "takes", False):
                now = time.monotonic()
                self.taken.append(Taken(now, request.name,
                                        request.sure and now - request.started < 0.5))
        request.body = b""
        with contextlib.suppress(AttributeError):
            self.listener.requests.clear()
