"""Certificates of our own, made with openssl(1) for one test session."""

import pathlib
import subprocess

CA_CONFIG = """
[ca]
default_ca = e2e
[e2e]
database = %(dir)s/index.txt
new_certs_dir = %(dir)s
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
"""


class Certificates:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.ca = self._make_ca("ca")
        self.unknown_ca = self._make_ca("unknown-ca")
        here = "DNS:localhost,IP:127.0.0.1"
        self.server = self._make("server", "ca", here)
        self.wrong_name = self._make("wrong-name", "ca", "DNS:elsewhere.example")
        self.unknown = self._make("unknown", "unknown-ca", here)
        self.expired = self._make("expired", "ca", here, "20200101000000Z", "20200201000000Z")
        self.ending = self._make("ending", "ca", here, days=12)
        self.client = self._make("client", "ca", "DNS:client.example")

    def _path(self, name):
        return self.directory / name

    def _openssl(self, *arguments):
        subprocess.run(("openssl",) + arguments, check=True, cwd=self.directory,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def _make_ca(self, name):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key",
                      "-out", name + ".pem", "-days", "30", "-subj", "/CN=e2e " + name)
        return self._path(name + ".pem")

    def _make(self, name, ca, names, start=None, end=None, days=20):
        """(certificate, key), valid for names and signed by ca."""
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                      "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
                      "-subj", "/CN=e2e " + name)
        self._path("index.txt").write_text("")
        self._path("ca.cnf").write_text(CA_CONFIG % {"dir": self.directory})
        self._path(name + ".ext").write_text("subjectAltName=%s\n" % names)
        when = ("-startdate", start, "-enddate", end) if start else ("-days", str(days))
        self._openssl("ca", "-config", "ca.cnf", "-batch", "-notext", *when,
                      "-cert", ca + ".pem", "-keyfile", ca + ".key", "-in", name + ".csr",
                      "-extfile", name + ".ext", "-out", name + ".pem")
        return self._path(name + ".pem"), self._path(name + ".key")
