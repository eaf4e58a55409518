"""A hobby servo on a GPIO pin: a flap, a damper, a small valve.

The width of a pulse says where it goes: usually 1000 us is one end, 2000 us the other, 50 times in a second. Until
it is told for the first time where to go it gets no pulses, and stays where it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BadValueError, BusError, BusKind, Channel, Driver, Limits, Readings, Value
from drivers.bus.gpio import GpioBus, PwmPin

US_PER_S = 1e6
STEP_US = 10.0
"""How exact the pulses are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServoSettings:
    """One servo."""

    pin: Annotated[int, Limits(0, 27)]
    """GPIO number of the pin (not its place on the header)."""
    min_us: Annotated[float, Limits(100.0, 10_000.0, "us")] = 1000.0
    """The pulse at its one end, where the channel is 0."""
    max_us: Annotated[float, Limits(100.0, 10_000.0, "us")] = 2000.0
    """The pulse at its other end; more than `min_us`. With care: against its stop a servo burns."""
    travel: Annotated[float, Limits(0.0, 3600.0, "deg")] = 0.0
    """The angle between its ends. With it the channel is `angle`, in rad; without, `position`, from 0 to 1."""
    frequency: Annotated[float, Limits(40.0, 400.0, "Hz")] = 50.0
    """Pulses in a second; more than 50 for digital servos only."""

    def __post_init__(self) -> None:
        period_us = US_PER_S / self.frequency
        if not self.min_us < self.max_us < period_us:
            raise ValueError(
                f"min_us {self.min_us:g}, max_us {self.max_us:g}; min_us below max_us, and both below the"
                f" {period_us:g} us from one pulse to the next, are allowed"
            )


def duty_of(share: float, settings: ServoSettings) -> float:
    """The share of the time that the pulse takes, for a share of the way: 0.075 for the middle of the usual servo."""
    width_us = settings.min_us + share * (settings.max_us - settings.min_us)
    return width_us * settings.frequency / US_PER_S


def share_of(duty: float, settings: ServoSettings) -> float:
    """The share of the way, from 0 to 1, that pulses of this share of the time say."""
    width_us = duty * US_PER_S / settings.frequency
    return min(1.0, max(0.0, (width_us - settings.min_us) / (settings.max_us - settings.min_us)))


class Servo(Driver):
    """One servo on a pin of a GPIO chip."""

    name: ClassVar[str] = "servo"
    title: ClassVar[str] = "Hobby servo on a GPIO pin"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = ServoSettings

    def __init__(self, bus: GpioBus, settings: ServoSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._channel = self.channels(settings)[0]
        self._pin: PwmPin | None = None

    @classmethod
    def channels(cls, settings: ServoSettings) -> tuple[Channel, ...]:
        """The one channel: an angle where its travel is known, else a share of the way."""
        high = math.radians(settings.travel) or 1.0
        return (
            Channel(
                name="angle" if settings.travel else "position",
                unit="rad" if settings.travel else "/",
                low=0.0,
                high=high,
                resolution=high * STEP_US / (settings.max_us - settings.min_us),
                writable=True,
                about=f"where the servo on GPIO{settings.pin} goes",
            ),
        )

    def open(self) -> None:
        """Make the pin an output without pulses; one that this process pulses already goes on.

        Raises:
            WrongPartError: there is no such pin, or another device holds it.
            BusError: the chip is missing or the line is in use elsewhere.
        """
        self.close()
        self._pin = self._bus.pwm(self._settings.pin, frequency=self._settings.frequency)

    def read(self) -> Readings:
        """Where it was told to go, which is not where it is: nothing before the first time.

        Raises:
            BusError: the chip does not answer.
        """
        where = self._where(self._driven())
        return {} if where is None else {self._channel.name: where}

    def write(self, channel: str, value: Value) -> Value:
        """Go there.

        Raises:
            BadValueError: it is another channel, or no number within its range.
            BusError: the chip does not answer.
        """
        own, high = self._channel.name, self._channel.high or 1.0
        if channel != own:
            raise BadValueError(f"{self.name}: no channel {channel!r}; there is {own!r}")
        if isinstance(value, bool | str) or not 0 <= value <= high:
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; 0 to {high:g} is allowed")
        pin = self._driven()
        pin.write(duty_of(value / high, self._settings))
        where = self._where(pin)
        if where is None:
            raise BusError(f"GPIO{self._settings.pin}: gives no pulses")
        return where

    def close(self) -> None:
        """Leave the pin pulsed as it is. Never raises."""
        if self._pin is not None:
            self._pin = None
            self._bus.release(self._settings.pin)

    def _where(self, pin: PwmPin) -> float | None:
        duty = pin.read()
        return share_of(duty, self._settings) * (self._channel.high or 1.0) if duty > 0 else None

    def _driven(self) -> PwmPin:
        if self._pin is None:
            raise BusError(f"GPIO{self._settings.pin}: not open")
        return self._pin
