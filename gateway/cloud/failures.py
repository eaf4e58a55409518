"""What the MQTT library says when a link fails, as our errors, each with the words and the reaction of the table."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Any

from gateway.cloud.library import ReasonCode, aiomqtt
from gateway.cloud.openssl import of_openssl
from gateway.core.refusals import LONG_CAPS, NO_CODE, Cause, Reaction, refusal_of, told_in
from gateway.errors import LinkError, LinkRefusedError, WrongVersionError

# The first that fits.
CAUSES: tuple[tuple[type[BaseException], Cause], ...] = (
    (ssl.SSLCertVerificationError, Cause.CERTIFICATE),
    (ssl.SSLError, Cause.TLS),
    (socket.gaierror, Cause.NAME),
    (UnicodeError, Cause.NAME),
    (ConnectionRefusedError, Cause.CLOSED_PORT),
    (TimeoutError, Cause.UNREACHABLE),
    (ConnectionError, Cause.HUNG_UP),
    (OSError, Cause.UNREACHABLE),
)


OURS = re.compile(r" alert (unknown ca|.*certificate)")
"""What the other side says of a certificate that it lacks or refuses: RFC 8446 section 6.2, in the words of OpenSSL."""


class HungUpError(aiomqtt.MqttError):
    """What a broker does that does not know the version of MQTT that it was asked for."""


class AlertError(aiomqtt.MqttError):
    """TLS ended it with a word. With TLS 1.3 a client hears only after the handshake that its certificate is bad."""


class Overheard:
    """What ended a connection before it was one, as far as the library only logs it."""

    def __init__(self, paho: Any) -> None:
        self._said = ""
        paho.on_log = self._on_log

    def _on_log(self, _client: Any, _data: Any, _level: int, text: str) -> None:
        if "[SSL: " in text:
            self._said = text[text.index("[SSL: ") :]

    def ended(self) -> aiomqtt.MqttError:
        """The error of a connection that ends now."""
        return AlertError(self._said) if self._said else HungUpError("closed before CONNACK")


def failure(key: int | Cause, detail: str = "") -> LinkError:
    """The error for a row of the table, with the reaction of that row."""
    row, words = refusal_of(key), told_in(key, detail)
    match row.reaction:
        case Reaction.OTHER_VERSION:
            return WrongVersionError(words, hint=row.hint)
        case Reaction.LATER:
            return LinkRefusedError(words, hint=row.hint)
        case Reaction.LONG:
            return LinkRefusedError(words, hint=row.hint, caps=LONG_CAPS)
        case Reaction.SOON:
            return LinkError(words, hint=row.hint)


def translated(error: aiomqtt.MqttError) -> LinkError:
    """Our error for one of the library's."""
    # What ends the iteration over messages carries the broker's reason as its cause.
    reason = getattr(error, "rc", None)
    if reason is None:
        reason = getattr(error.__cause__, "rc", None)
    code = reason.value if isinstance(reason, ReasonCode) else 0
    if isinstance(error, HungUpError):
        return failure(Cause.HUNG_UP)
    if isinstance(error, AlertError):
        return failure(_of_tls(error), of_openssl(error))
    if code == NO_CODE:  # What paho says when the socket was closed without a word.
        return LinkError("the connection was lost")
    if code > NO_CODE:
        return failure(code)
    # The library hides what failed, and its text remains; so does Python, behind the curtain.
    hidden = error.__cause__ or error.__context__
    for kind, cause in CAUSES:
        if isinstance(hidden, kind):
            return failure(_of_tls(hidden) if cause is Cause.TLS else cause, of_openssl(hidden))
    return LinkError(str(hidden or error) or type(error).__name__)


def _of_tls(error: BaseException) -> Cause:
    return Cause.OURS if OURS.search(str(error)) else Cause.TLS
