"""nginx as a listener that costs as little as one can: it takes a body and answers 204."""

import http.client
import os
import pathlib
import signal
import subprocess

from waiting import eventually

CONFIG = """
%(user)s
worker_processes 1;
pid %(dir)s/pid;
error_log %(dir)s/error.log;
events { worker_connections 256; }
http {
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 300s;
	client_header_buffer_size 16k;
	client_body_buffer_size 1m;
	client_max_body_size 32m;
	client_body_temp_path %(dir)s/bodies;
	proxy_temp_path %(dir)s/proxy;
	fastcgi_temp_path %(dir)s/fastcgi;
	uwsgi_temp_path %(dir)s/uwsgi;
	scgi_temp_path %(dir)s/scgi;
	server {
		listen 127.0.0.1:%(plain_port)d;
		listen 127.0.0.1:%(tls_port)d ssl;
		ssl_certificate %(cert)s;
		ssl_certificate_key %(key)s;
		location / { return 204; }
		location = /count { stub_status; }
	}
}
"""


class FastNginx:
    def __init__(self, directory, plain_port, tls_port, certificates):
        self.directory = pathlib.Path(directory)
        self.plain_port = plain_port
        self.ca_file = certificates.ca
        self.urls = {"http": "http://127.0.0.1:%d/ingest/postgres" % plain_port,
                     "https": "https://127.0.0.1:%d/ingest/postgres" % tls_port}
        cert, key = certificates.server
        self.config = self.directory / "nginx.conf"
        self.config.write_text(CONFIG % {
            "dir": self.directory, "plain_port": plain_port, "tls_port": tls_port,
            "cert": cert, "key": key, "user": "user root;" if os.geteuid() == 0 else ""})

    def __enter__(self):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "SIGTERM", "--", "/usr/sbin/nginx",
             "-e", self.directory / "error.log", "-p", self.directory, "-c", self.config,
             "-g", "daemon off;"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._is_up, "nginx answers")
        return self

    def __exit__(self, *exception):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def _is_up(self):
        assert self.process.poll() is None, (self.directory / "error.log").read_text()
        try:
            return self.requests() > 0
        except OSError:
            return False

    def requests(self):
        """How many it has taken, this one included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=10)
        connection.request("GET", "/count")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return int(lines[2].split()[2])
