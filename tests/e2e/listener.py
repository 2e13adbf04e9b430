#!/usr/bin/python3
"""A reference listener: HTTP/1.1 with keep-alive, optional TLS, a key that is checked.

By itself:   python3 listener.py --port 8443 --cert FILE --key FILE --api-key-file FILE
In a test:   listener = Listener(api_key="…"); listener.rule = in_turn(Answer(503), Answer())

A rule decides the answer to each request; the tests make it misbehave in every way.
It serves the loopback address only.
"""

import argparse
import contextlib
import dataclasses
import gzip
import itertools
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time

import zstd

ADDRESS = "127.0.0.1"
HEADER_MAX_BYTES = 64 << 10
BODY_MAX_BYTES = 64 << 20
NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[a-z0-9_]+-\d+-\d{6}$")


@dataclasses.dataclass
class Answer:
    """What to send back. By default a plain success."""

    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0  # before the first byte
    raw: bytes = None  # sent as it is, instead of status, headers and body
    then: str = "keep"  # the connection afterwards: keep, close or reset
    hang: bool = False  # never answer
    endless: bytes = b""  # sent again and again after all that
    slow_s: float = 0  # between two bytes of body or raw
    ignore_body: bool = False  # answer before the request's body was read


@dataclasses.dataclass
class Request:
    """One request as it came in."""

    number: int
    connection: int
    method: str
    path: str
    headers: dict  # names in lower case
    started: float  # monotonic, when the headers were there
    lines: list  # the header lines as sent
    body: bytes = b""
    status: int = 0  # what it was answered, 0 for nothing

    @property
    def idempotency_key(self):
        return self.headers.get("idempotency-key", "")

    @property
    def name(self):
        """The payload's file name without its ending, "" when the key holds none."""
        match = NAME.search(self.idempotency_key)
        return match.group() if match else ""

    @property
    def source(self):
        return self.name.split("-")[1] if self.name else ""

    @property
    def content(self):
        """The body without its encoding."""
        encoding = self.headers.get("content-encoding", "identity")
        if encoding == "gzip":
            return gzip.decompress(self.body)
        if encoding == "zstd":
            return zstd.decompress(self.body)
        return self.body

    @property
    def payload(self):
        return json.loads(self.content)


def always(answer):
    return lambda request: answer


def in_turn(*answers):
    """The first answer to the first request, and so on; the last one for all the rest."""
    rest = itertools.chain(answers, itertools.repeat(answers[-1]))
    lock = threading.Lock()

    def rule(request):
        with lock:
            return next(rest)

    return rule


def by_name(answers, otherwise=None):
    """answers: file name without its ending → Answer."""
    return lambda request: answers.get(request.name, otherwise or Answer())


def by_source(answers, otherwise=None):
    return lambda request: answers.get(request.source, otherwise or Answer())


class Disconnected(Exception):
    pass


class Connection:
    """Bytes in, with a buffer of our own, so that closing means closing."""

    def __init__(self, sock, number):
        self.sock = sock
        self.number = number
        self.buffer = bytearray()

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise Disconnected()
        self.buffer += data

    def read_head(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > HEADER_MAX_BYTES:
                raise Disconnected()
            self.fill()
        head = bytes(self.buffer[:end])
        del self.buffer[: end + 4]
        return head.decode("latin-1").split("\r\n")

    def read(self, size):
        while len(self.buffer) < size:
            self.fill()
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def send(self, data):
        self.sock.sendall(data)

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Listener:
    """Binds at once, so that the port is ours; answers between open() and close()."""

    def __init__(self, api_key="", port=0, cert=None, key=None, client_ca=None):
        self.api_key = api_key
        self.rule = always(Answer())
        self.requests = []
        self.on_request = None  # called with each request that was answered
        self.in_flight_max = 0
        self.connections = 0  # accepted so far
        self.tls_errors = []
        self._in_flight = 0
        self._lock = threading.Lock()
        self._open = set()
        self._crowd = []
        self._released = threading.Event()
        self.tls = None
        if cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(cert, key)
            if client_ca:
                self.tls.load_verify_locations(client_ca)
                self.tls.verify_mode = ssl.CERT_REQUIRED
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((ADDRESS, port))
        self.port = self._socket.getsockname()[1]
        self.url = "%s://%s:%d/ingest/postgres" % (
            "https" if cert else "http", ADDRESS, self.port)

    def drop(self):
        """Until open(): connections to come get no answer at all, as behind a firewall. The kernel
        drops them when those that wait to be accepted are too many."""
        self._socket.listen(0)
        for _ in range(3):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.connect_ex((ADDRESS, self.port))
            self._crowd.append(sock)
        return self

    def open(self):
        for sock in self._crowd:
            sock.close()
        self._socket.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self):
        self.release()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            connections = list(self._open)
        for sock in connections:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def release(self):
        """Ends every answer that hangs or waits."""
        self._released.set()

    def names(self, status=range(200, 205)):
        """Names in the order their requests came, of those answered so."""
        with self._lock:
            return [r.name for r in self.requests if r.status in status]

    def _accept(self):
        for number in itertools.count(1):
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections = number
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, raw, number):
        sock = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                raw.settimeout(30)
                sock = self.tls.wrap_socket(raw, server_side=True)
                sock.settimeout(None)
                with self._lock:
                    self._open.discard(raw)
                    self._open.add(sock)
            connection = Connection(sock, number)
            while self._exchange(connection):
                pass
        except ssl.SSLError as error:
            self.tls_errors.append(str(error))
        except (Disconnected, OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(raw)
                self._open.discard(sock)
            with contextlib.suppress(OSError):
                sock.close()

    def _exchange(self, connection):
        """One request and its answer. False: the connection ends."""
        request = self._read_request(connection)
        answer = self._decide(request)
        try:
            if not answer.ignore_body:
                size = int(request.headers.get("content-length", 0))
                if request.headers.get("expect", "").lower() == "100-continue":
                    connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.body = connection.read(min(size, BODY_MAX_BYTES))
            if answer.raw is None:
                request.status = answer.status
            if self.on_request:
                self.on_request(request)
            return self._answer(connection, answer)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _read_request(self, connection):
        lines = connection.read_head()
        started = time.monotonic()
        method, path, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        with self._lock:
            self._in_flight += 1
            self.in_flight_max = max(self.in_flight_max, self._in_flight)
            request = Request(len(self.requests) + 1, connection.number, method, path,
                              headers, started, lines)
            self.requests.append(request)
        return request

    def _decide(self, request):
        if self.api_key and request.headers.get("authorization") != "Bearer " + self.api_key:
            return Answer(401)
        return self.rule(request)

    def _answer(self, connection, answer):
        if answer.hang:
            self._released.wait()
            return False
        if answer.delay_s and self._released.wait(answer.delay_s):
            return False
        if answer.raw is not None:
            self._send(connection, answer.raw, answer.slow_s)
        else:
            connection.send(answer_head(answer))
            self._send(connection, answer.body, answer.slow_s)
        while answer.endless and not self._released.is_set():
            connection.send(answer.endless)
        if answer.then == "reset":
            connection.reset()
        return answer.then == "keep" and not answer.ignore_body

    def _send(self, connection, data, slow_s):
        if not slow_s:
            connection.send(data)
            return
        for byte in data:
            if self._released.wait(slow_s):
                return
            connection.send(bytes([byte]))


def answer_head(answer):
    headers = {"Content-Length": str(len(answer.body))}
    if answer.endless:
        headers = {}
    if answer.status in (204, 304):
        headers = {}
    headers.update(answer.headers)
    lines = ["HTTP/1.1 %d Answer" % answer.status]
    lines += ["%s: %s" % header for header in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def row(request, seen):
    """A line of the table that running by itself prints."""
    note = " (again)" if request.idempotency_key in seen else ""
    seen.add(request.idempotency_key)
    try:
        correlation_id = request.payload["correlation_id"]
    except (ValueError, KeyError, TypeError, zstd.FrameError, OSError):
        correlation_id = "?"
    return "%s  %3d  %-18s  %7d  %-36s  %s%s" % (
        time.strftime("%H:%M:%S"), request.status, request.source, len(request.body),
        correlation_id or "-", request.idempotency_key, note)


def main():
    parser = argparse.ArgumentParser(description="a reference listener on 127.0.0.1")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert", help="certificate (PEM); without it plain HTTP")
    parser.add_argument("--key", help="the certificate's private key (PEM)")
    parser.add_argument("--api-key-file", help="file with the key that clients must send")
    parser.add_argument("--save", help="append each payload to this file, a line each")
    options = parser.parse_args()
    api_key = ""
    if options.api_key_file:
        with open(options.api_key_file, encoding="ascii") as file:
            api_key = file.read().strip()
    try:
        listener = Listener(api_key, options.port, options.cert, options.key)
    except OSError as error:
        sys.exit("port %d: %s; give another with --port" % (options.port, error.strerror))
    lock, seen = threading.Lock(), set()
    save = open(options.save, "ab") if options.save else None

    def show(request):
        with lock:
            new = request.idempotency_key not in seen
            print(row(request, seen), flush=True)
            if save and new and request.status == 200:
                save.write(request.content.rstrip(b"\n") + b"\n")
                save.flush()
            listener.requests.clear()

    listener.on_request = show
    print("%-8s  %3s  %-18s  %7s  %-36s  %s" % (
        "time", "is", "source", "bytes", "correlation_id", "idempotency_key"), flush=True)
    listener.open()
    print("listening on %s" % listener.url, file=sys.stderr, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    main()
