"""Password and certificates of the link, read anew for every attempt: a changed file needs no restart."""

from __future__ import annotations

import ssl
from pathlib import Path

from gateway.cloud.openssl import of_openssl
from gateway.core.settings import LinkSettings
from gateway.errors import LinkError


def password_of(settings: LinkSettings) -> str | None:
    """The password in the settings' file, without the end of its line; None where there is none.

    Raises:
        LinkError: the file cannot be read.
    """
    if settings.password_file is None:
        return None
    try:
        return Path(settings.password_file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise LinkError(f"cannot read {settings.password_file}: {error.strerror}", hint="link.password_file") from error
    except UnicodeDecodeError as error:
        raise LinkError(f"{settings.password_file} is no UTF-8: {error.reason}", hint="link.password_file") from error


class _OwnSocket(ssl.SSLSocket):
    """Closes itself when the two sides do not agree: paho forgets it then, and leaves it open."""

    def do_handshake(self, block: bool = False) -> None:
        """Agree on keys and verify the other side."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def tls_of(settings: LinkSettings) -> ssl.SSLContext | None:
    """What encrypts the link and verifies the broker; None where it is not encrypted.

    Raises:
        LinkError: a certificate or key cannot be used.
    """
    if settings.tls is None:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls.ca)
        context.sslsocket_class = _OwnSocket
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.tls.cert:
            # With a passphrase given, even an empty one, nobody is asked for one at the terminal.
            context.load_cert_chain(settings.tls.cert, settings.tls.key, password="")
    except (OSError, ssl.SSLError) as error:
        raise LinkError(
            f"cannot use the certificates of link.tls: {of_openssl(error)}", hint="are the files PEM and readable?"
        ) from error
    return context
