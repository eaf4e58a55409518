"""What a switch can be asked to do by itself: a pulse, or a cycle of on and off. Whatever ends it, it is off then."""

from __future__ import annotations

from collections.abc import Callable, Generator

from drivers.base import BadValueError, Operation, Parameter, Step, Steps

PULSE_S_MIN = 0.01
"""A relay needs about so long to move."""
PULSE_S_MAX = 3600.0
"""What should be on for longer is a state, and belongs to whoever watches it."""
TIMES_MAX = 1000
CYCLE_S_MAX = 86_400.0
"""A whole cycle: what should go on for longer is a rule."""
REST_S = 60.0
"""Beyond its waits an operation may take so long."""
TOLD_S = 1.0
"""How often it is told how far one is, at most."""
TOLD_SHARE = 0.1
"""Or after this share of the whole."""


def operations(channel: str) -> tuple[Operation, ...]:
    """Those of a switch with this channel."""
    lasts = Parameter(name="for", unit="s", low=PULSE_S_MIN, high=PULSE_S_MAX, about=f"how long {channel} is true")
    on = Parameter(
        name="on", unit="s", low=PULSE_S_MIN, high=PULSE_S_MAX, about=f"how long {channel} is true each time"
    )
    off = Parameter(name="off", unit="s", low=PULSE_S_MIN, high=PULSE_S_MAX, about="and false between two times")
    times = Parameter(name="times", low=1, high=TIMES_MAX, about="how often, a whole number")
    return (
        Operation(name="Toggle", about=f"make {channel} what it is not"),
        Operation(
            name="Pulse",
            parameters=(lasts,),
            time_limit_s=PULSE_S_MAX + REST_S,
            about=f"make {channel} true for a while, then false",
        ),
        Operation(
            name="StartCycle",
            parameters=(on, off, times),
            time_limit_s=CYCLE_S_MAX + REST_S,
            about=f"make {channel} true and false in turn, at the end false",
        ),
    )


def pulse(channel: str, lasts_s: float, switch_off: Callable[[], None]) -> Steps:
    """On once. `switch_off` is called where it is ended on its way."""
    return cycle(channel, lasts_s, 0.0, 1, switch_off)


def cycle(channel: str, on_s: float, off_s: float, times: float, switch_off: Callable[[], None]) -> Steps:
    """On and off in turn. `switch_off` is called where it is ended on its way.

    Raises:
        BadValueError: it cannot be done so often, or takes too long; nothing was done.
    """
    count = round(times)
    if count != times:
        raise BadValueError(f"times takes whole numbers, found {times:g}")
    whole_s = on_s * count + off_s * (count - 1)
    if whole_s > CYCLE_S_MAX:
        raise BadValueError(f"it would take {whole_s:.0f} s, allowed at most {CYCLE_S_MAX:.0f} s")
    over, done_s = False, 0.0
    try:
        for number in range(count):
            if number:
                done_s = yield from _wait(done_s, off_s, whole_s)
            yield Step(write=(channel, True), percent=min(100.0, 100.0 * done_s / whole_s))
            done_s = yield from _wait(done_s, on_s, whole_s)
            yield Step(write=(channel, False))
        over = True
    finally:
        if not over:
            switch_off()
    return None


def _wait(done_s: float, lasts_s: float, whole_s: float) -> Generator[Step, None, float]:
    """Wait for `lasts_s` after `done_s` of the whole, telling how far the whole is, and return what is done then."""
    left_s = lasts_s
    while left_s > 0:
        wait_s = min(left_s, max(TOLD_S, whole_s * TOLD_SHARE))
        left_s, done_s = left_s - wait_s, done_s + wait_s
        yield Step(wait_s=wait_s, percent=min(100.0, 100.0 * done_s / whole_s))
    return done_s
