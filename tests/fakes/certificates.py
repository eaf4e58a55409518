"""A certificate authority of a test's own, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

OPENSSL = shutil.which("openssl")
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


class Certificate(NamedTuple):
    cert: str
    key: str


class Authority:
    """Signs certificates; `cert` is its own, to be trusted or not."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name
        self.cert, self._key = self._files(name)
        _openssl("req", "-x509", "-nodes", *CURVE, "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.cert)

    def sign(self, name: str, *, address: str = "127.0.0.1", passphrase: str = "", days: int = 30) -> Certificate:
        """A certificate for `name`, good for the IP `address` and for so many days; fewer than none: it has expired.

        Its key is encrypted where a passphrase is given.
        """
        cert, key = self._files(f"{self._name}-{name}")
        request, extensions = self._directory / f"{name}.csr", self._directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName=IP:{address}\n")
        secret = ("-passout", f"pass:{passphrase}") if passphrase else ("-nodes",)
        _openssl("req", *CURVE, *secret, "-subj", f"/CN={name}", "-keyout", key, "-out", str(request))
        signer = ("-CA", self.cert, "-CAkey", self._key, "-CAcreateserial", "-extfile", str(extensions))
        _openssl("x509", "-req", "-in", str(request), *signer, "-days", str(days), "-out", cert)
        return Certificate(cert, key)

    def _files(self, name: str) -> tuple[str, str]:
        return str(self._directory / f"{name}.pem"), str(self._directory / f"{name}.key")


def _openssl(*words: str) -> None:
    subprocess.run([OPENSSL, *words], check=True, capture_output=True)
