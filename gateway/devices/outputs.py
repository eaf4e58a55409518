"""What is known of the outputs of this site, and the one answer to whether one of them may be driven.

Everybody who drives tells it what came of that; the actuator asks it before every command, the guardian what is due
without any. The decisions are `core/safety`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.core.command import ReasonCode
from gateway.core.override import NS_PER_S, Now
from gateway.core.reading import Quality, Reading, Value
from gateway.core.safety import Demand, Rules, Seen, Surroundings, Verb, Verdict, demand
from gateway.core.safety_judge import ALLOWED, judge
from gateway.core.safety_state import Output, attempting, driven, in_doubt
from gateway.core.settings_safety import Boot
from gateway.core.withheld import differs
from gateway.core.wording import shown
from gateway.devices.board import Board
from gateway.devices.in_vain import Refusal
from gateway.store.admission import LOCAL_LIFETIME_S
from gateway.store.database import Statement
from gateway.store.outputs import keep_output


class Outputs:
    """The outputs that have conditions; to any other everything is allowed."""

    def __init__(
        self, rules: Mapping[str, Rules], kept: Mapping[str, Output], board: Board, now: Callable[[], Now]
    ) -> None:
        self.rules = rules
        self.states = {channel: kept.get(channel, Output()) for channel in rules}
        self._board = board
        self._now = now
        self._inputs = {channel for one in rules.values() for channel in _inputs(one)}
        self._began_ns = now().boottime_ns
        self.link_lost_ns: int | None = self._began_ns
        """Since when the link is lost; from the start on until it is up."""
        self.strayed: dict[str, Value] = {}
        """What outputs were read as, of those that were driven to something else."""
        self._driven_ns: dict[str, int] = {}
        self.unkept: set[str] = set()
        """What has changed and is not on the disk."""
        self.changed: Callable[[], None] = _ignore
        """Called when something may be due."""
        self.restoring: dict[str, Value] = dict(_restored(rules, self.states))
        """What outputs are to have again after the start, until they have it or somebody asks for something."""
        board.listen(self._on_reading)

    # --- what is so ---

    def link(self, lost_ns: int | None) -> None:
        """The link is up (None), or it is not, since this boottime or longer: an attempt to connect is no link."""
        if lost_ns is None:
            self.link_lost_ns = None
        elif self.link_lost_ns is None:
            self.link_lost_ns = lost_ns

    def left_s(self) -> float | None:
        """For how long a lost link is still forgiven, by the output that forgives least; None where that is over."""
        if self.link_lost_ns is None:
            return None
        lost_s = (self._now().boottime_ns - self.link_lost_ns) / NS_PER_S
        losses = (one.settings.on_link_loss for one in self.rules.values())
        left = (one.after_s - lost_s for one in losses if one is not None)
        return min((one for one in left if one > 0), default=None)

    def driven(self, channel: str, value: Value) -> None:
        """It now is `value`, whoever did that."""
        rules = self.rules.get(channel)
        if rules is not None:
            self._driven_ns[channel] = self._now().boottime_ns
            self.strayed.pop(channel, None)
            before = self.states[channel]
            after = self.states[channel] = driven(before, value, self._now(), rules.rest_s, rules.keep)
            if after != before:
                self.unkept.add(channel)
                self.changed()

    def doubted(self, channel: str) -> None:
        """It could not be driven, or perhaps it was."""
        before = self.states.get(channel)
        if before is not None and (after := in_doubt(before)) != before:
            self.states[channel] = after
            self.unkept.add(channel)

    def wanted(self, channel: str, value: Value) -> None:
        """Somebody asked for this, and got it."""
        self.restoring.pop(channel, None)
        if channel in self.states:
            self.states[channel] = msgspec.structs.replace(self.states[channel], wanted=value)
            self.unkept.add(channel)

    def _on_reading(self, reading: Reading) -> None:
        if self._strays(reading):
            self.strayed[reading.series] = reading.value
            self.changed()
        elif reading.series in self._inputs:
            self.changed()

    def _strays(self, reading: Reading) -> bool:
        """Whether an output is read as something else than it was driven to: by somebody else, or by a fault."""
        state = self.states.get(reading.series)
        if state is None or not state.known or state.value is None or reading.quality is Quality.BAD:
            return False
        newer = reading.boottime_ns > self._driven_ns.get(reading.series, 0)
        return newer and differs(state.value, reading.value)

    # --- what may be, and what has to be ---

    def judge(self, channel: str, wish: Value) -> Verdict:
        """What becomes of a wish."""
        rules = self.rules.get(channel)
        return ALLOWED if rules is None else judge(rules, self.states[channel], wish, self._around())

    def refuses(self, channel: str, wish: Value) -> Refusal | None:
        """Why a wish that a program here has would end in vain if it were asked for now; None where it would not."""
        verdict = self.judge(channel, wish)
        in_vain = verdict.verb is Verb.HOLD and verdict.wait_s >= LOCAL_LIFETIME_S
        return (verdict.code, verdict.reason) if verdict.verb is Verb.REFUSE or in_vain else None

    def demand(self, channel: str) -> Demand | None:
        """The value that it has to have now."""
        state = self.states[channel]
        found = demand(self.rules[channel], state, self._around())
        if found is None and channel in self.strayed and state.value is not None:
            reason = f"it was driven to {shown(state.value)}, and was read as {shown(self.strayed[channel])}"
            return Demand(state.value, ReasonCode.MISMATCH, reason)
        return found

    def _around(self) -> Surroundings:
        latest = self._board.latest
        inputs = {
            one: Seen(latest[one].value, latest[one].quality is Quality.GOOD, latest[one].boottime_ns)
            for one in self._inputs
            if one in latest
        }
        return Surroundings(self._now(), self.link_lost_ns, inputs, self.states, self._began_ns)

    # --- what is kept ---

    def attempt(self, channel: str) -> tuple[Statement, ...]:
        """What keeps, before it is driven, that it may have been."""
        if channel not in self.states:
            return ()
        self.unkept.add(channel)
        return (keep_output(channel, attempting(self.states[channel])),)

    def statements(self, channel: str) -> tuple[Statement, ...]:
        """What keeps what is known of it now; `kept` says that it was."""
        return (keep_output(channel, self.states[channel]),) if channel in self.states else ()

    def kept(self, channel: str, output: Output | None) -> None:
        """The statements of `output` are on the disk."""
        if output is not None and self.states.get(channel) == output:
            self.unkept.discard(channel)


def _inputs(rules: Rules) -> list[str]:
    """The channels that the conditions of an output look at."""
    stale = rules.settings.on_stale
    return [*(one.unless.channel for one in rules.settings.interlock), *([stale.channel] if stale else [])]


def _restored(rules: Mapping[str, Rules], states: Mapping[str, Output]) -> Iterator[tuple[str, Value]]:
    """The value after a start of every output for which that is not the safe one."""
    for channel, one in rules.items():
        value = {Boot.SAFE: None, Boot.OFF: one.off, Boot.LAST: states[channel].wanted}[one.settings.boot]
        if value is not None:
            yield channel, value


def _ignore() -> None:
    """Where nobody waits for it."""
