"""A certificate authority for a minute, and a certificate of its for this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

NAME = "localhost"
DAYS = "2"


class Certificates(NamedTuple):
    """Files, in PEM."""

    ca: Path
    cert: Path
    key: Path


def make(folder: Path) -> Certificates:
    """Make them with openssl.

    Raises:
        OSError: there is no openssl.
        subprocess.CalledProcessError: it fails.
    """
    made = Certificates(folder / "ca.pem", folder / "broker.pem", folder / "broker.key")
    ca_key, request, extension = folder / "ca.key", folder / "broker.csr", folder / "broker.ext"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    extension.write_text(f"subjectAltName=DNS:{NAME},IP:127.0.0.1\n", encoding="ascii")
    _openssl("req", "-x509", *key, "-keyout", ca_key, "-out", made.ca, "-days", DAYS, "-subj", "/CN=bench CA")
    _openssl("req", *key, "-keyout", made.key, "-out", request, "-subj", f"/CN={NAME}")
    signed_by = ("-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", extension)
    _openssl("x509", "-req", "-in", request, "-out", made.cert, "-days", DAYS, *signed_by)
    return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)  # noqa: S603, S607 - ours, and found by PATH
