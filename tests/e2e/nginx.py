"""nginx with TLS as a listener that nobody here wrote; it keeps every body in a file."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

from waiting import eventually

CONFIG = """
%(user)s
worker_processes 1;
pid %(dir)s/pid;
error_log %(dir)s/error.log;
events { worker_connections 128; }
http {
	access_log off;
	log_format sent '$status $request_method $http_idempotency_key $request_body_file '
		'$connection $http_authorization';
	client_max_body_size 32m;
	client_body_in_file_only on;
	client_body_temp_path %(dir)s/bodies;
	proxy_temp_path %(dir)s/proxy;
	fastcgi_temp_path %(dir)s/fastcgi;
	uwsgi_temp_path %(dir)s/uwsgi;
	scgi_temp_path %(dir)s/scgi;
	server {
		listen 127.0.0.1:%(port)d ssl;
		ssl_certificate %(cert)s;
		ssl_certificate_key %(key)s;
		access_log %(dir)s/access.log sent;
		location / { proxy_pass http://unix:%(dir)s/behind; }
	}
	server {
		listen unix:%(dir)s/behind;
		return 204;
	}
}
"""


def is_installed():
    return shutil.which("nginx", path="/usr/sbin:/usr/bin") is not None


class Nginx:
    def __init__(self, directory, port, cert, key):
        self.directory = pathlib.Path(directory)
        self.port = port
        self.url = "https://localhost:%d/ingest/postgres" % port
        self.config = self.directory / "nginx.conf"
        self.config.write_text(CONFIG % {
            "dir": self.directory, "port": port, "cert": cert, "key": key,
            "user": "user root;" if os.geteuid() == 0 else ""})

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-e", str(self.directory / "error.log"),
             "-p", str(self.directory), "-c", str(self.config), "-g", "daemon off;"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._is_up, "nginx answers")
        return self

    def _is_up(self):
        assert self.process.poll() is None, (self.directory / "error.log").read_text()
        return (self.directory / "behind").exists() and (self.directory / "pid").exists()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def requests(self):
        """(status, method, idempotency key, body, connection, authorization) of each."""
        rows = []
        with contextlib.suppress(FileNotFoundError):
            for line in (self.directory / "access.log").read_text().splitlines():
                status, method, key, body_file, connection, authorization = line.split(" ", 5)
                rows.append((int(status), method, key, pathlib.Path(body_file).read_bytes(),
                             int(connection), authorization))
        return rows
