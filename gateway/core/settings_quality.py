"""What is made of what a part says, and how far that is trusted, as the configuration says it of a channel."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from gateway.core.settings_safety import Slew
from gateway.core.settings_types import PositiveDuration, Settings

AMOUNT_MAX = 1e9
"""Of a number in a calibration: larger ones are slips of the keyboard, and their products may be no numbers."""

Amount = Annotated[float, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]


class CalibrateSettings(Settings, frozen=True, kw_only=True):
    """What is so, where the part says something else: a straight line, or points between which lines are drawn."""

    scale: Amount = 1.0
    """What the part says times this, plus `offset`, is the value."""
    offset: Amount = 0.0
    """Added after `scale`, in the channel's unit."""
    points: tuple[tuple[Amount, ...], ...] = ()
    """Instead of both: pairs of what the part says and what is so, as `[[0.4, 0], [50.1, 50], [99.2, 100]]`, the first
    of each rising, the second rising or falling throughout. The outermost lines go on beyond the outermost points."""


class SmoothSettings(Settings, frozen=True, kw_only=True):
    """A value that is made of the last few. It never reaches over a gap or a reading that is not GOOD."""

    median: Annotated[int, Meta(ge=3, le=99)] | None = None
    """The middle one of so many readings: a lone outlier leaves no trace. Give `median` or `mean`."""
    mean: Annotated[int, Meta(ge=2, le=99)] | None = None
    """The mean of so many readings: noise becomes less, a step becomes a ramp."""


class RangeSettings(Settings, frozen=True, kw_only=True):
    """What there can be where the part is; narrower than what it can measure."""

    low: Amount | None = None
    """The least, in the channel's unit, calibrated. Give at least one of `low` and `high`."""
    high: Amount | None = None
    """The greatest."""


class QualitySettings(Settings, frozen=True, kw_only=True):
    """What a reading has to keep to be GOOD. One that does not is sent all the same, with its reason."""

    range_: RangeSettings | None = field(default=None, name="range")
    """What there can be where the part is; outside a reading is BAD."""
    fault_values: tuple[Amount, ...] = ()
    """Numbers by which the part says that it has none, before calibration, as `[85]` or `[-127, 85]`: BAD."""
    rate: Slew | None = None
    """How fast it can change, such as `2 per 1s`; a reading too far from the last GOOD one is UNCERTAIN, until time
    enough has passed for it."""
    stuck_s: PositiveDuration | None = field(default=None, name="stuck")
    """A reading that has been exactly the same for this long is UNCERTAIN."""
