"""A server that hangs: it accepts connections and says nothing."""

import contextlib
import socket


class SilentServer:
    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self._socket.getsockname()[1]
        self._socket.settimeout(0)
        self.accepted = []

    def took_a_connection(self):
        with contextlib.suppress(BlockingIOError):
            self.accepted.append(self._socket.accept()[0])
        return bool(self.accepted)

    def close(self):
        for sock in [self._socket, *self.accepted]:
            sock.close()
