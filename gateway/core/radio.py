"""When the link is opened and closed where it is not kept: by schedule, and at once for what is urgent. Pure.

All times are seconds of a clock that never jumps (boottime), but for `wall_s`. An interval counts from the start of the
daemon; a cron expression is read in UTC, and needs a clock that is known.
"""

from __future__ import annotations

import enum
import math
import re
from typing import NamedTuple

from gateway.core.cron import Cron, cron_of, next_after
from gateway.core.settings_types import WAIT_S_MAX

ALWAYS = "always"
LINGER_S = 1.0
"""So long a session goes on after the last word, so that the twin may speak; longer on a slow link."""
LINGER_TRIPS = 3
"""That is, so many round trips: the twin hears that we are there, sends what it kept, and hears our answer."""
SESSION_S_MAX = 300.0
"""The longest session, and the longest row of attempts that fail: who does not answer does not empty the battery."""
FALLBACK_S = 900.0
"""Between two sessions while a cron expression has no clock to go by."""
_EVERY = re.compile(r"every ([1-9][0-9]{0,5})(s|m|h|d)", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Every(NamedTuple):
    """At an interval."""

    seconds: float


Plan = Every | Cron


def plan_of(text: str) -> Plan | None:
    """The schedule in `link.connect`; None where the link is always kept.

    Raises:
        ValueError: it is none; the message says what was found and what is allowed.
    """
    if text == ALWAYS:
        return None
    match = _EVERY.fullmatch(text)
    if match is None:
        if text.startswith("every") or " " not in text:
            raise ValueError(f"found {text!r}, allowed always, an interval such as 'every 15m', or a cron expression")
        return cron_of(text)
    seconds = int(match[1]) * _UNITS_S[match[2]]
    if seconds > WAIT_S_MAX:
        raise ValueError(f"found {text!r}, allowed at most every 7d")
    return Every(seconds)


def due_s(plan: Plan, started_s: float, since_s: float, now_s: float, wall_s: float | None) -> float:
    """When the first session after `since_s` is due.

    `started_s` is where intervals count from; `wall_s` is Unix seconds at `now_s`, None where no clock is known.
    """
    if isinstance(plan, Every):
        return started_s + (math.floor((since_s - started_s) / plan.seconds) + 1) * plan.seconds
    found = None if wall_s is None else next_after(plan, wall_s - (now_s - since_s))
    if found is None or wall_s is None:
        return since_s + FALLBACK_S
    return now_s + (found - wall_s)


class Act(enum.StrEnum):
    """What to do."""

    STAY = "stay"
    CLOSE = "close"
    OPEN = "open"


class Verdict(NamedTuple):
    """What to do, and when: while that lies ahead, nothing changes unless something happens."""

    act: Act
    at_s: float


class State(NamedTuple):
    """Where the radio stands."""

    connected: bool
    began_s: float
    """When this session, or the row of attempts for the next one, began."""
    urgent: bool
    """Whether something must not wait: a critical reading, or a value that was set by hand."""
    due_s: float = math.inf
    """When the next session is due by schedule."""
    retry_s: float | None = None
    """When the next attempt may be made after one that failed; None after a session that ended by plan."""
    quiet_since_s: float | None = None
    """Since when there has been nothing to say and nothing was heard; None while there is."""


def decide(state: State, now_s: float, linger_s: float = LINGER_S) -> Verdict:
    """Stay connected until, close now, or open at."""
    if state.connected:
        if state.urgent:
            return Verdict(Act.STAY, math.inf)
        quiet_s = math.inf if state.quiet_since_s is None else state.quiet_since_s + linger_s
        ends_s = min(quiet_s, state.began_s + SESSION_S_MAX)
        return Verdict(Act.CLOSE, now_s) if now_s >= ends_s else Verdict(Act.STAY, ends_s)
    if state.retry_s is None:
        return Verdict(Act.OPEN, now_s if state.urgent else max(now_s, state.due_s))
    goes_on = state.urgent or gives_not_up(state)
    return Verdict(Act.OPEN, max(now_s, state.retry_s if goes_on else max(state.retry_s, state.due_s)))


def gives_not_up(state: State) -> bool:
    """Whether the next attempt still belongs to the row that began when the last session was due."""
    return state.retry_s is not None and state.retry_s <= state.began_s + SESSION_S_MAX


def linger_s(round_trip_s: float | None) -> float:
    """How long a session lingers on a link with this round trip, seconds."""
    return max(LINGER_S, LINGER_TRIPS * (round_trip_s or 0.0))
