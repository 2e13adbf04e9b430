"""The receiving end of sd_notify(3): a unix datagram socket."""

import socket
import threading
import time


class NotifySocket:
    def __init__(self, path):
        self.path = str(path)
        self.messages = []
        self.times = []  # of the wall clock, a message each
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            try:
                data = self._socket.recv(4096)
            except OSError:
                return
            if not data:
                return
            self.times.append(time.time())
            self.messages.append(data.decode())

    def lines(self):
        return [line for message in list(self.messages) for line in message.splitlines()]

    def count(self, line):
        return self.lines().count(line)

    def count_within(self, line, begin, end):
        """How often it came between two times of the wall clock."""
        return sum(message.splitlines().count(line)
                   for when, message in zip(list(self.times), list(self.messages))
                   if begin <= when <= end)

    def has(self, start):
        return any(line.startswith(start) for line in self.lines())

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
