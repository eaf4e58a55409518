"""What is known of an output: its value, since when it is on or off, how often it was switched. Pure.

Times are measured by the clock that never jumps. Over a restart of the machine the wall clock has to say how long it
was; where nobody trusts that, every duration is taken for as short, or as long, as it can have been, whichever is the
safe one.
"""

from __future__ import annotations

import math

import msgspec

from gateway.core.override import NS_PER_S, Now
from gateway.core.reading import Value

FOREVER_S = math.inf
CHANGES_MAX = 999
"""As many as a rate can name."""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """One output, as it is kept on the disk."""

    value: Value | None = None
    """What it was last driven to; None where it never was."""
    known: bool = False
    """Whether it was driven to `value` in this run, and nothing has failed since. Else it may have any value."""
    switched: Now | None = None
    """Since when it is on or off."""
    used_s: float | None = 0.0
    """How long it was on since its last full rest, without the present time on; None for unknown, as long as can be."""
    changes: tuple[Now, ...] = ()
    """When its value changed, the latest last."""
    wanted: Value | None = None
    """What it was last asked for and got."""
    attempted: bool = False
    """Something was about to be written: a run that ended before it said more may have switched it."""

    @property
    def maybe_on(self) -> bool:
        """Whether it is on, or nobody knows."""
        return not self.known or is_on(self.value)


def is_on(value: Value | None) -> bool:
    """Whether an output at `value` does something: true, or any number but zero."""
    return not isinstance(value, str) and bool(value)


def at_least_s(then: Now, now: Now) -> float:
    """The shortest time that can have passed."""
    since_start_s = now.boottime_ns / NS_PER_S
    if then.boot_id == now.boot_id:
        return (now.boottime_ns - then.boottime_ns) / NS_PER_S
    if then.wall_s is not None and now.wall_s is not None:
        return max(since_start_s, now.wall_s - then.wall_s)
    return since_start_s


def at_most_s(then: Now, now: Now) -> float:
    """The longest time that can have passed."""
    known = then.boot_id == now.boot_id or (then.wall_s is not None and now.wall_s is not None)
    return at_least_s(then, now) if known else FOREVER_S


def driven(output: Output, value: Value, now: Now, rest_s: float = 0.0, keep: int = 0) -> Output:
    """The output after it took `value`.

    Args:
        output: what was known of it.
        value: what it now is.
        now: the moment.
        rest_s: off for so long, and all its time on may be used again.
        keep: changes that are worth remembering.
    """
    was_on = is_on(output.value) or output.attempted or output.value is None
    certain = output.known and not output.attempted
    same = is_on(output.value) is is_on(value)
    # Off before and off after a restart is one time off; any other interruption begins a new one.
    goes_on = same and (certain or (not is_on(value) and not was_on))
    switched = output.switched if goes_on and output.switched is not None else now
    changed = value != output.value or not (certain or goes_on)
    changes = (*output.changes, now) if changed and output.switched is not None else output.changes
    return Output(
        value=value,
        known=True,
        switched=switched,
        used_s=output.used_s if goes_on else _used_s(output, now, rest_s, was_on=was_on),
        changes=changes[-min(keep, CHANGES_MAX) :] if keep else (),
        wanted=output.wanted,
    )


def _used_s(output: Output, now: Now, rest_s: float, *, was_on: bool) -> float | None:
    """How much of its time on is used, at a moment in which it is switched."""
    if output.switched is None:
        return 0.0
    if not was_on:
        return 0.0 if at_least_s(output.switched, now) >= rest_s else output.used_s
    if output.used_s is None or (output.attempted and not is_on(output.value)):
        return None
    used_s = output.used_s + at_most_s(output.switched, now)
    return None if used_s == FOREVER_S else used_s


def remembered(output: Output) -> Output:
    """What a run finds on the disk: true once, and known only when it is driven again."""
    return msgspec.structs.replace(output, known=False)


def in_doubt(output: Output) -> Output:
    """A write failed: it may or may not have acted."""
    return msgspec.structs.replace(output, known=False, attempted=True)


def attempting(output: Output) -> Output:
    """What is put on the disk before it is driven."""
    return msgspec.structs.replace(output, attempted=True)
