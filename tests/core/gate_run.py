"""Runs a gate over readings, restarts and all, and keeps what a twin would have."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from gateway.core.gate import gate_of
from gateway.core.plan import make_plan
from gateway.core.reading import Quality, Reading, Reason
from gateway.core.settings_channel import ChannelSettings

MS = 1_000_000
S = 1_000_000_000

values = st.one_of(
    st.floats(-100, 100), st.integers(-50, 50), st.sampled_from([math.nan, math.inf, -math.inf, True, "open", 0.1])
)
qualities = st.sampled_from([*[(Quality.GOOD, Reason.NONE)] * 8, (Quality.BAD, Reason.RANGE),
                             (Quality.BAD, Reason.CLOCK), (Quality.UNCERTAIN, Reason.CLOCK)])  # fmt: skip
steps = st.tuples(
    values,
    qualities,
    st.integers(0, 20_000),
    st.floats(0, 1),
    st.sampled_from(["take"] * 12 + ["restart", "admit", "overdue"]),
)
"""Value, quality, milliseconds since the last, stretch, and what happens with it."""


def at(value, seconds=0.0, quality=Quality.GOOD, reason=Reason.NONE):
    """A reading."""
    return Reading("a/b", value, round(seconds * S), 0, quality, reason)


class Run:
    """A gate, and what it let through."""

    def __init__(self, **settings):
        self.plan = make_plan(ChannelSettings(**settings), 1.0, None, None)
        self.gate = gate_of(self.plan)
        self.sent = []
        self.read = []
        self.dropped = 0

    def take(self, reading, stretch=0.0, how="take"):
        """Let `reading` come, and hold the law."""
        if how == "restart":  # As a restart does: what waits is sent, and nothing else is known.
            self.sent += self.gate.held
            self.gate = gate_of(self.plan)
        limits = self.plan.limits(stretch)
        if how == "overdue":
            waited = len(self.gate.held)
            late = self.gate.overdue(reading.boottime_ns, limits)
            assert len(late) + len(self.gate.held) == waited
            self.sent += late
        before = len(self.gate.held)
        outcome = self.gate.admit(reading) if how == "admit" else self.gate.take(reading, limits)
        assert before + 1 == len(outcome.send) + len(outcome.held) + len(outcome.dropped)
        assert outcome.held == self.gate.held
        self.read.append(reading)
        self.sent += outcome.send
        self.dropped += len(outcome.dropped)
        return outcome

    def feed(self, given):
        """Let all of `given` (a list of `steps`) come, and then end."""
        now_ns = 0
        for value, (quality, reason), apart_ms, stretch, how in given:
            now_ns += apart_ms * MS
            self.take(Reading("a/b", value, now_ns, 0, quality, reason), stretch, how)
        self.sent += self.gate.held
        assert self.dropped + len(self.sent) == len(self.read)
        return self


def times(run):
    """The seconds of what was sent."""
    return [one.boottime_ns / S for one in run.sent]
