"""When a thermostat switches its heater."""

from __future__ import annotations


def heater_should_be(temperature: float | None, setpoint: float, hysteresis: float, *, on: bool) -> bool:
    """On below the set point minus half of `hysteresis`, off above it plus half, in between as it is.

    With no temperature that can be trusted (None) it is off: cold is noticed, fire is not undone.
    """
    if temperature is None:
        return False
    if temperature < setpoint - hysteresis / 2:
        return True
    if temperature > setpoint + hysteresis / 2:
        return False
    return on
