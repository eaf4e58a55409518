"""The words of a talk with the shadow service, as a gateway leads it, and how long it waits after a refusal. No I/O."""

from __future__ import annotations

import enum
from typing import NamedTuple

from gateway.core.shadow_request import Json

BAD_REQUEST, NOT_FOUND, VERSION_CONFLICT, TOO_LARGE = 400, 404, 409, 413
NOT_ALLOWED = (401, 403)
OUR_FAULT = (BAD_REQUEST, NOT_FOUND, TOO_LARGE, 415)
BUSY = 429
"""Codes of the AWS device shadow service."""

IN_FLIGHT_MAX = 10
"""Requests of one connection without an answer, over all shadows; the service refuses what is more (429)."""
ANSWER_TIMEOUT_S = 20.0
"""A request that has no answer by then is asked again; an answer takes a round trip and the twin's commit."""
NOT_ALLOWED_WAIT_S = 900.0
"""Somebody has to change a policy first, and looks at it when it was changed."""
OUR_FAULT_WAIT_S = 600.0
"""Asking again changes nothing; it is done at all because the service, too, is sometimes repaired."""
BUSY_WAIT_S, BUSY_WAIT_S_MAX = 5.0, 300.0
"""First and longest wait of one that asks too much."""
FAILED_WAIT_S_MAX = 600.0
"""Longest wait for a service that fails; the first is as long as for an answer."""
AGAIN_MAX = 5
"""Refusals in a row after which even what is sent again at once waits first."""
DOUBLINGS_MAX = 16
"""Beyond it every cap above is reached, and the power of two would only grow."""


class Request(NamedTuple):
    """A message to the shadow service: `get`, or `update` with its document."""

    kind: str
    document: Json


class Phase(enum.StrEnum):
    """What is known of the document."""

    UNKNOWN = "unknown"
    """Not fetched on this connection."""
    ASKED = "asked"
    KNOWN = "known"
    REFUSED = "refused"
    """The service said no, or what it said could not be used: `no_answer` makes it asked again."""


class Reaction(enum.StrEnum):
    """What a refusal leads to."""

    NONE = "none"
    """It was the refusal of somebody else's request."""
    AGAIN = "again"
    """At once, because something had changed."""
    OTHERWISE = "otherwise"
    """At once, but not the same: less of it, or one key after the other."""
    LATER = "later"


def wait_s(code: int, refusals: int) -> float:
    """How long to wait after `refusals` refusals in a row (from 1), the last with `code`, before asking again."""
    doubled = float(1 << min(max(refusals - 1, 0), DOUBLINGS_MAX))
    if code in NOT_ALLOWED:
        return NOT_ALLOWED_WAIT_S
    if code in OUR_FAULT:
        return OUR_FAULT_WAIT_S
    if code == BUSY:
        return min(BUSY_WAIT_S * doubled, BUSY_WAIT_S_MAX)
    return min(ANSWER_TIMEOUT_S * doubled, FAILED_WAIT_S_MAX)
