"""An HTTP proxy that tunnels (CONNECT) and remembers what it was asked."""

import contextlib
import socket
import threading

from listener import Connection, Disconnected


class Proxy:
    def __init__(self):
        self.heads = []  # the header lines of each request
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock, contextlib.suppress(Disconnected, OSError, ValueError):
            connection = Connection(sock, 0)
            head = connection.read_head()
            self.heads.append(head)
            method, target, _ = head[0].split(" ")
            if method != "CONNECT":
                connection.send(b"HTTP/1.1 501 Only CONNECT\r\nContent-Length: 0\r\n\r\n")
                return
            host, port = target.rsplit(":", 1)
            with socket.create_connection((host, int(port))) as other:
                connection.send(b"HTTP/1.1 200 Tunnel\r\n\r\n")
                back = threading.Thread(target=pump, args=(other, sock), daemon=True)
                back.start()
                other.sendall(bytes(connection.buffer))
                pump(sock, other)
                back.join(10)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
