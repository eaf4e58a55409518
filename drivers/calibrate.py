"""What the operation `Calibrate` of parts that measure CO2 has in common.

The part is told what the air has: fresh air, or gas of a known share. It has to have been in it, measuring, for some
minutes, which the operation waits for; so do not move it, and stay away from it meanwhile.
"""

from __future__ import annotations

from drivers.base import Operation, Parameter, Step, Steps

NAME = "Calibrate"
FRESH_AIR_PPM = 400.0
TOLD_S = 5.0
"""How often it is told how far the wait is."""
REST_S = 30.0
"""For what comes after the wait, with all that a slow bus may add."""


def calibration(low: float, high: float, settle_s: float) -> Operation:
    """The operation of a part that takes `low` to `high` ppm and has to measure for `settle_s` before."""
    ppm = Parameter(
        name="ppm",
        unit="ppm",
        low=low,
        high=high,
        default=max(low, FRESH_AIR_PPM),
        about="the CO2 in the air around the part, in millionths",
    )
    about = f"take the air of the next {settle_s / 60:g} minutes for air with so much CO2"
    return Operation(name=NAME, parameters=(ppm,), time_limit_s=settle_s + REST_S, about=about)


def settle(seconds: float) -> Steps:
    """Wait, telling how far it is."""
    left_s = seconds
    while left_s > 0:
        wait_s = min(left_s, TOLD_S)
        left_s -= wait_s
        yield Step(wait_s=wait_s, percent=100.0 * (1 - left_s / seconds))
    return None
