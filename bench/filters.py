"""What each filter keeps of four recorded days (`bench/data`), and how far what is drawn of it is from what was read.

The filters are those of the gateway, fed reading by reading. Kept is the share of all readings, as the mean of the
recordings; an aggregate counts as one. The error is the worst of any reading in any recording, in multiples of the
deviation that was asked for; drawn as the mode says: held until the next, or along lines. The baseline keeps every
reading. That of the errors is, for exception reporting, the same deadband without the previous value, along lines, and
for the swinging door the classic one (`classic_door.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.classic_door import classic_door
from bench.data import EVERY_S, NS_PER_S, RECORDINGS, Recording, load
from bench.points import Point, drawn, held
from bench.result import Measured, Metric
from gateway.core.aggregate import Item
from gateway.core.gate import gate_of
from gateway.core.plan import make_plan
from gateway.core.reading import Reading
from gateway.core.settings_channel import ChannelSettings, Mode

Draw = Callable[[Sequence[Point], float], float]
SILENCE_S, WINDOW_S = 7200.0, 600.0
PERCENT = 0.5


class Filter(NamedTuple):
    """One way to leave out, and how its user draws what is left."""

    name: str
    settings: Callable[[Recording], Mapping[str, Any]]
    draw: Draw
    error_max: float | None
    """What is promised, in deviations; None where nothing is."""


FILTERS = (
    Filter("deadband", lambda one: {"deadband": one.deviation}, held, 1),
    Filter("percent_deadband", lambda _: {"deadband_percent": PERCENT}, held, 1),
    # Between a value and the previous one, each within the deadband, a line may be off by both.
    Filter("exception", lambda one: {"deadband": one.deviation, "previous": True}, drawn, 2),
    Filter("door", lambda one: {"swinging_door": one.deviation}, drawn, 1),
    Filter("periodic", lambda _: {"mode": Mode.PERIODIC, "window_s": WINDOW_S}, held, None),
)
METRICS = tuple(
    metric
    for one in FILTERS
    for metric in (
        Metric(f"{one.name}_kept", "%"),
        Metric(f"{one.name}_error", "1", target=one.error_max),
    )
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    readings: int = 86_400 // EVERY_S
    """Of each recording, from midnight on."""


FULL = Sizes()
QUICK = Sizes(readings=300)


class Found(NamedTuple):
    """What a filter made of one recording."""

    kept_percent: float
    error: float


async def measure(sizes: Sizes) -> Measured:
    """Run every filter on every recording."""
    recordings = {one: load(one)[: sizes.readings] for one in RECORDINGS}
    metrics, baseline = {}, {}
    notes = [
        f"the first {sizes.readings} readings of each recording, one every {EVERY_S} s",
        f"one at least every {SILENCE_S / 3600:g} h; windows of {WINDOW_S / 60:g} min; {PERCENT:g} % of the range",
    ]
    for one in FILTERS:
        found = {recording: _run(one, recording, readings) for recording, readings in recordings.items()}
        metrics[f"{one.name}_kept"] = sum(each.kept_percent for each in found.values()) / len(found)
        metrics[f"{one.name}_error"] = max(each.error for each in found.values())
        baseline[f"{one.name}_kept"] = 100.0
        notes.append(_told(one.name, found))
    plainly = FILTERS[0]._replace(draw=drawn)
    baseline["exception_error"] = max(_run(plainly, one, readings).error for one, readings in recordings.items())
    classic = {one: _classic(one, readings) for one, readings in recordings.items() if not one.is_boolean}
    baseline["door_error"] = max(one.error for one in classic.values())
    notes += [
        _told("the classic swinging door", classic),
        "the mean of a window promises no error; that its extremes hold every reading is a test",
    ]
    return Measured(metrics, baseline, notes)


def _told(name: str, found: Mapping[Recording, Found]) -> str:
    each = (f"{recording.name} {one.kept_percent:.3g} % ({one.error:.2g})" for recording, one in found.items())
    return f"{name}, kept and worst error: {', '.join(each)}"


def _run(one: Filter, recording: Recording, readings: Sequence[Reading]) -> Found:
    keys: dict[str, Any] = {"mode": Mode.EVENT, "max_silence_s": SILENCE_S, **one.settings(recording)}
    settings = ChannelSettings(**keys)
    plan = make_plan(settings, EVERY_S, recording.low, recording.high, numeric=not recording.is_boolean)
    gate = gate_of(plan)
    sent: list[Item] = []
    if gate is not None:  # Without one, every reading is sent, which no filter here does.
        for reading in readings:
            sent += gate.take(reading, plan.configured).send
        sent += gate.held
    points = sorted(_point(item.boottime_ns, item.value) for item in sent)
    deviation = plan.configured.deviation if settings.mode is Mode.EVENT else recording.deviation
    draw = held if recording.is_boolean else one.draw  # Nothing lies between open and closed.
    return Found(100 * len(sent) / len(readings), _error(points, draw, readings) / deviation)


def _classic(recording: Recording, readings: Sequence[Reading]) -> Found:
    kept = classic_door([_point(one.boottime_ns, one.value) for one in readings], recording.deviation)
    return Found(100 * len(kept) / len(readings), _error(kept, drawn, readings) / recording.deviation)


def _error(kept: Sequence[Point], draw: Draw, readings: Sequence[Reading]) -> float:
    return max(abs(draw(kept, one.boottime_ns / NS_PER_S) - float(one.value)) for one in readings)


def _point(boottime_ns: int, value: object) -> Point:
    return Point(boottime_ns / NS_PER_S, float(value))  # type: ignore[arg-type] # no recording holds a text
