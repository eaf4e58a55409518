"""A relay, valve or solid-state switch on a GPIO pin.

Closing the driver leaves the pin driven as it is, for as long as the process lives. When the process ends, however it
ends, the kernel gives the pin back: most boards then make it an input, newer ones can keep its level. What the switch
does then is decided by the resistor on its board, so choose one that is off when nobody drives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers import cycles
from drivers.base import (
    BadValueError,
    BusError,
    BusKind,
    Channel,
    Driver,
    Limits,
    Operation,
    Readings,
    Step,
    Steps,
    Value,
    ValueKind,
)
from drivers.bus.gpio import GpioBus, OutputPin


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitalOutputSettings:
    """One output."""

    pin: Annotated[int, Limits(0, 27)]
    """GPIO number of the pin (not its place on the header)."""
    active_low: bool = False
    """The switch is on while the pin is low, as with most relay boards that have an optocoupler."""
    boot: bool = False
    """The value that the output has from the first moment on, until something else is written."""
    channel: str = "on"
    """The channel's name."""


class DigitalOutput(Driver):
    """One pin of a GPIO chip, driven."""

    name: ClassVar[str] = "digital_output"
    title: ClassVar[str] = "Relay, valve or switch on a GPIO pin"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = DigitalOutputSettings

    def __init__(self, bus: GpioBus, settings: DigitalOutputSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._pin: OutputPin | None = None

    @classmethod
    def channels(cls, settings: DigitalOutputSettings) -> tuple[Channel, ...]:
        """The one channel, under the name in the settings."""
        about = f"level of GPIO{settings.pin}"
        return (Channel(name=settings.channel, kind=ValueKind.BOOLEAN, writable=True, about=about),)

    def open(self) -> None:
        """Make the pin an output at its `boot` value; one that this process drives already keeps its level.

        Raises:
            WrongPartError: there is no such pin, or another device holds it.
            BusError: the chip is missing or the line is in use elsewhere.
        """
        self.close()
        settings = self._settings
        self._pin = self._bus.output(settings.pin, active_low=settings.active_low, initial=settings.boot)

    def read(self) -> Readings:
        """What the pin is driven to, as the chip reports it.

        Raises:
            BusError: the chip does not answer.
        """
        return {self._settings.channel: self._driven().read()}

    def write(self, channel: str, value: Value) -> Value:
        """Drive the pin and read it back.

        Raises:
            BadValueError: it is another channel, or no boolean.
            BusError: the chip does not answer.
        """
        if channel != self._settings.channel:
            raise BadValueError(f"{self.name}: no channel {channel!r}; there is {self._settings.channel!r}")
        if not isinstance(value, bool):
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; true and false are allowed")
        pin = self._driven()
        pin.write(value)
        return pin.read()

    @classmethod
    def operations(cls, settings: DigitalOutputSettings) -> tuple[Operation, ...]:
        """To toggle the switch, to switch it on for a while, and to do that again and again."""
        return cycles.operations(settings.channel)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Toggle the switch, or give it one pulse or many; what ends early is off. The result is what it now is.

        Raises:
            BadValueError: it is another operation, a pulse while the switch is on, or a cycle that cannot be.
            BusError: the chip does not answer.
        """
        channel = self._settings.channel
        times = {name: float(value) for name, value in parameters.items()}
        if operation == "Toggle":
            yield Step(write=(channel, not self._driven().read()))
        elif operation == "Pulse":
            yield from cycles.pulse(self._idle(operation), times["for"], self._switch_off)
        elif operation == "StartCycle":
            yield from cycles.cycle(self._idle(operation), times["on"], times["off"], times["times"], self._switch_off)
        else:
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        return self._driven().read()

    def _idle(self, operation: str) -> str:
        if self._driven().read():
            raise BadValueError(f"{self.name}: {self._settings.channel} is on already, {operation} would end that")
        return self._settings.channel

    def _switch_off(self) -> None:
        if self._pin is not None:
            self._pin.write(False)

    def close(self) -> None:
        """Leave the pin driven as it is. Never raises."""
        if self._pin is not None:
            self._pin = None
            self._bus.release(self._settings.pin)

    def _driven(self) -> OutputPin:
        if self._pin is None:
            raise BusError(f"GPIO{self._settings.pin}: not open")
        return self._pin
