"""A lamp, fan or heater on a GPIO pin that is driven by pulses: on for a share of the time.

The pulses are made by software, to some ten microseconds: good for what is slow by itself, not for a dimmer that must
not flicker. As with any output, closing the driver leaves it driven, and the end of the process gives the pin back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BadValueError, BusError, BusKind, Channel, Driver, Limits, Readings, Value
from drivers.bus.gpio import GpioBus, PwmPin

STEP = 0.001
"""A duty finer than that is lost in the jitter of the pulses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PwmOutputSettings:
    """One output."""

    pin: Annotated[int, Limits(0, 27)]
    """GPIO number of the pin (not its place on the header)."""
    frequency: Annotated[float, Limits(0.1, 10_000.0, "Hz")] = 100.0
    """Pulses in a second; 1 Hz or less for a heater on a solid-state relay."""
    active_low: bool = False
    """What hangs on the pin is on while the pin is low."""
    boot: Annotated[float, Limits(0.0, 1.0)] = 0.0
    """The share of the time that it is on from the first moment, until something else is written."""
    channel: str = "duty"
    """The channel's name."""


class PwmOutput(Driver):
    """One pin of a GPIO chip, pulsed."""

    name: ClassVar[str] = "pwm_output"
    title: ClassVar[str] = "Lamp, fan or heater on a GPIO pin, by pulse width"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = PwmOutputSettings

    def __init__(self, bus: GpioBus, settings: PwmOutputSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._pin: PwmPin | None = None

    @classmethod
    def channels(cls, settings: PwmOutputSettings) -> tuple[Channel, ...]:
        """The one channel, under the name in the settings: the share of the time that it is on."""
        return (
            Channel(
                name=settings.channel,
                unit="/",
                low=0.0,
                high=1.0,
                resolution=STEP,
                writable=True,
                about=f"share of the time that GPIO{settings.pin} is on",
            ),
        )

    def open(self) -> None:
        """Make the pin an output at its `boot` value; one that this process pulses already keeps its duty.

        Raises:
            WrongPartError: there is no such pin, or another device holds it.
            BusError: the chip is missing or the line is in use elsewhere.
        """
        self.close()
        one = self._settings
        self._pin = self._bus.pwm(one.pin, frequency=one.frequency, active_low=one.active_low, initial=one.boot)

    def read(self) -> Readings:
        """The share that the pin was told last: no chip measures its pulses.

        Raises:
            BusError: the chip does not answer.
        """
        return {self._settings.channel: self._driven().read()}

    def write(self, channel: str, value: Value) -> Value:
        """Be on for this share of the time.

        Raises:
            BadValueError: it is another channel, or no number from 0 to 1.
            BusError: the chip does not answer.
        """
        if channel != self._settings.channel:
            raise BadValueError(f"{self.name}: no channel {channel!r}; there is {self._settings.channel!r}")
        if isinstance(value, bool | str) or not 0 <= value <= 1:
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; 0 to 1 is allowed")
        pin = self._driven()
        pin.write(value)
        return pin.read()

    def close(self) -> None:
        """Leave the pin pulsed as it is. Never raises."""
        if self._pin is not None:
            self._pin = None
            self._bus.release(self._settings.pin)

    def _driven(self) -> PwmPin:
        if self._pin is None:
            raise BusError(f"GPIO{self._settings.pin}: not open")
        return self._pin
