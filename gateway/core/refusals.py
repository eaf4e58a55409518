"""What a broker says no with, and what else keeps a link from working: words, a hint and the reaction for each.

Codes are the reason codes of MQTT 5 section 2.4; those of a CONNACK of 3.1.1 (section 3.2.2.3) are read as the same.
One table, printed in `docs/link.md`; a code that is not in it is tried again like a link that was lost.
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class Reaction(enum.StrEnum):
    """What is done about it, as the operator reads it."""

    SOON = "soon"
    """Connect again after `link.backoff`, doubled with every failure, with jitter, up to `link.backoff_cap`."""
    LATER = "later"
    """Wait `link.backoff_cap`: asking sooner changes nothing."""
    LONG = "long"
    """Wait five times `link.backoff_cap`: every attempt harms somebody else."""
    OTHER_VERSION = "other version"
    """Soon, with the other version of MQTT where `link.protocol` is `auto`."""


LONG_CAPS = 5
"""See `Reaction.LONG`."""


class Cause(enum.StrEnum):
    """What no code tells."""

    NAME = "name not found"
    CERTIFICATE = "certificate not trusted"
    OURS = "our certificate not taken"
    TLS = "TLS failed"
    CLOSED_PORT = "nobody listens"
    UNREACHABLE = "no way there"
    NO_ANSWER = "no answer"
    HUNG_UP = "hung up"
    BRIEF = "brief sessions"
    SILENT = "silent twin"


class Refusal(NamedTuple):
    """One row."""

    key: int | Cause
    """The reason code, or what happened where there is none."""
    words: str
    hint: str
    reaction: Reaction
    content: bool = False
    """In the answer to a batch it is about that batch, which is then tried in parts and kept apart; any other answer of
    failure to a batch makes all batches wait for `link.backoff_cap`."""


_SOON, _LATER, _LONG, _OTHER = Reaction.SOON, Reaction.LATER, Reaction.LONG, Reaction.OTHER_VERSION
_LOGIN = "check link.username, link.password_file and gateway"
_RULES = "check the broker's access rules for this gateway and its topics"
_WAIT = "it comes back by itself"
NO_CODE = 0x80
"""Unspecified error. Paho says it too where the connection just ended."""

TABLE = (
    Refusal(0x81, "the broker could not read a packet", "is something between that changes packets?", _SOON),
    Refusal(0x82, "the broker found a packet against the protocol", "try link.protocol 3.1.1", _SOON),
    Refusal(0x83, "the broker refuses it for reasons of its own", "see the broker's log", _LATER, content=True),
    Refusal(0x84, "the broker does not speak this version of MQTT", "set link.protocol", _OTHER),
    Refusal(0x85, "the broker does not accept the client id", "check gateway", _LATER),
    Refusal(0x86, "bad user name or password", _LOGIN, _LATER),
    Refusal(0x87, "not authorised", f"{_LOGIN}; {_RULES}", _LATER),
    Refusal(0x88, "the broker is not available", _WAIT, _SOON),
    Refusal(0x89, "the broker is busy", _WAIT, _SOON),
    Refusal(0x8A, "banned by the broker", "ask who runs the broker", _LATER),
    Refusal(0x8B, "the broker is shutting down", _WAIT, _SOON),
    Refusal(0x8C, "the broker wants another way to log in", _LOGIN, _LATER),
    Refusal(0x8D, "nothing was heard for longer than link.keepalive", "check the network", _SOON),
    Refusal(0x8E, "another client uses this gateway's id", "every gateway needs its own `gateway`", _LONG),
    Refusal(0x8F, "the broker does not accept a topic filter", "check link.prefix", _LATER),
    Refusal(0x90, "the broker does not accept a topic", "check link.prefix", _LATER),
    Refusal(0x93, "more unacknowledged than the broker takes", "lower link.window", _SOON),
    Refusal(0x95, "packet too large for the broker", "lower link.batch_bytes", _LATER, content=True),
    Refusal(0x96, "messages come faster than the broker allows", "read less often, or use mode event", _LATER),
    Refusal(0x97, "quota exceeded", "ask who runs the broker what it allows", _LATER),
    Refusal(0x98, "the broker's operator ended the connection", "ask who runs the broker", _LATER),
    Refusal(0x99, "the broker does not accept the payload", "check link.encoding", _LATER, content=True),
    Refusal(0x9A, "the broker keeps no retained messages", "allow them; birth and status are retained", _LATER),
    Refusal(0x9B, "the broker does not support QoS 1", "allow it; nothing else is safe", _LATER),
    Refusal(0x9C, "the broker asks to use another server", "check link.host", _LATER),
    Refusal(0x9D, "the broker has moved", "check link.host", _LATER),
    Refusal(0x9F, "connections come faster than the broker allows", _WAIT, _LATER),
    Refusal(0xA0, "the broker's longest time for a connection is over", _WAIT, _SOON),
    Refusal(Cause.NAME, "the name of the broker is not found", "check link.host and the name server", _SOON),
    Refusal(Cause.CERTIFICATE, "the certificate is not trusted", "check link.tls.ca, link.host, the clock", _LATER),
    Refusal(Cause.OURS, "the broker does not take this gateway's certificate",
            "the broker wants one that it trusts: check link.tls.cert and link.tls.key", _LATER),
    Refusal(Cause.TLS, "no encrypted connection", "does this port speak TLS? check link.port and link.tls", _LATER),
    Refusal(Cause.CLOSED_PORT, "nobody listens there", "is the broker running? check link.host and link.port", _SOON),
    Refusal(Cause.UNREACHABLE, "the broker cannot be reached", "check the network and link.host", _SOON),
    Refusal(Cause.NO_ANSWER, "the broker did not answer", "does it speak MQTT? set link.protocol", _OTHER),
    Refusal(Cause.HUNG_UP, "the broker closed the connection before it answered", "set link.protocol", _OTHER),
    Refusal(Cause.BRIEF, "connections end soon after they began", f"has another client this id? {_RULES}", _LATER),
    Refusal(Cause.SILENT, "the twin acknowledges nothing", f"is the twin running? {_RULES}", _SOON),
)  # fmt: skip

_BY_KEY = {one.key: one for one in TABLE}


def refusal_of(key: int | Cause) -> Refusal:
    """The row of a code or a cause; for a code that no row has one that names it."""
    if key in _BY_KEY:
        return _BY_KEY[key]
    return Refusal(key, f"the broker ended it with code 0x{key:02X}", "see the broker's log", Reaction.SOON)


def told_in(key: int | Cause, detail: str = "") -> str:
    """The words for status and log, with the code where there is one."""
    row = refusal_of(key)
    code = f" (0x{key:02X})" if isinstance(key, int) and key in _BY_KEY else ""
    return f"{row.words}{code}{': ' if detail else ''}{detail}"
