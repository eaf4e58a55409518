"""What the MQTT library says when a link fails, as our errors, each with the words and the reaction of the table."""

from __future__ import annotations

import socket
import ssl

from gateway.cloud.library import ReasonCode, aiomqtt
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


class HungUpError(aiomqtt.MqttError):
    """What a broker does that does not know the version of MQTT that it was asked for."""


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
    if code == NO_CODE:  # What paho says when the socket was closed without a word.
        return LinkError("the connection was lost")
    if code > NO_CODE:
        return failure(code)
    # The library hides what failed, and its text remains; so does Python, behind the curtain.
    hidden = error.__cause__ or error.__context__
    for kind, cause in CAUSES:
        if isinstance(hidden, kind):
            return failure(cause, str(hidden))
    return LinkError(str(hidden or error) or type(error).__name__)
