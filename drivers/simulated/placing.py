"""Which chip model stands for which device, and how its inputs hang on the world."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.base import BadValueError, Clock
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.hcsr04 import Hcsr04Settings
from drivers.hx711 import Hx711Settings
from drivers.pulse_counter import TOTAL, PulseCounterSettings, per_pulse
from drivers.pwm_output import PwmOutputSettings
from drivers.servo import ServoSettings
from drivers.simulated.coupling import SimulatedDevice
from drivers.simulated.faults import Faults
from drivers.simulated.hx711 import SimulatedHx711
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place, Source, i2c_maker, maker
from drivers.simulated.pms5003 import DustSources, SimulatedPms5003
from drivers.simulated.pulses import Pulses
from drivers.simulated.serial_line import SerialPart
from drivers.simulated.sonar import SimulatedSonar
from drivers.simulated.world import QUANTITIES, World

if TYPE_CHECKING:
    from drivers.simulated.gpio import Wire


class Placing:
    """Makes the chips of one world.

    Args:
        world: what they measure and move.
        clock: what they run by.
        couplings: series -> quantity of the world.
    """

    def __init__(self, world: World, clock: Clock, couplings: Mapping[str, str]) -> None:
        self._world = world
        self._clock = clock
        self._couplings = couplings

    def chip(self, device: SimulatedDevice) -> tuple[int, Chip]:
        """The address and the model of a device on an I2C bus.

        Raises:
            BadValueError: its driver has no simulation.
        """
        make = i2c_maker(device.driver)
        if make is None:
            raise _no_model(device)
        return device.settings.address, make(self._place(device))

    def other(self, device: SimulatedDevice) -> Any:
        """The model of a device on a bus of another kind, as the bus's kind needs it.

        Raises:
            BadValueError: its driver has no simulation.
        """
        make = maker(device.driver)
        if make is None:
            raise _no_model(device)
        return make(self._place(device))

    def serial_part(self, device: SimulatedDevice) -> SerialPart:
        """The model of a device on a serial line.

        Raises:
            BadValueError: its driver has no simulation.
        """
        if device.driver != "pms5003":
            part: SerialPart = self.other(device)
            return part
        sources = (self._probe(device, channel) for channel in ("pm1", "pm2_5", "pm10"))
        return SimulatedPms5003(self._clock, DustSources(*sources))

    def wires(self, device: SimulatedDevice, faults: Faults) -> dict[int, Wire]:
        """The pins of a device on a GPIO chip, and what is wired to each.

        Raises:
            BadValueError: its driver has no simulation.
        """
        from drivers.simulated.gpio import Contact, Dimmed, Load  # noqa: PLC0415 - loads gpiozero, which not every site has

        wires: dict[int, Wire]
        match device.settings:
            case DigitalInputSettings(pin=pin, active_low=active_low, channel=channel):
                closed = partial(self._world.state, self._couplings[f"{device.name}/{channel}"])
                wires = {pin: Contact(closed, active_low, faults)}
            case DigitalOutputSettings(pin=pin, active_low=active_low, channel=channel):
                quantity = self._couplings.get(f"{device.name}/{channel}", "")
                wires = {pin: Load(partial(self._world.drive, quantity), active_low, faults)}
            case PwmOutputSettings(pin=pin, active_low=active_low, channel=channel):
                quantity = self._couplings.get(f"{device.name}/{channel}", "")
                wires = {pin: Dimmed(partial(self._world.drive, quantity), active_low, faults)}
            case ServoSettings(pin=pin):
                wires = {pin: Dimmed(_nothing, active_low=False, faults=faults)}
            case PulseCounterSettings(pin=pin, active_low=active_low):
                grows = partial(self._world.value, self._couplings[f"{device.name}/{TOTAL}"])
                step = per_pulse(device.settings)
                wires = {pin: Pulses(grows, step, self._clock, faults, active_low=active_low)}
            case Hcsr04Settings(trigger=trigger, echo=echo, temperature=temperature):
                gap = partial(self._world.value, self._couplings[f"{device.name}/distance"])
                sonar = SimulatedSonar(gap, lambda: temperature, self._clock, faults)
                wires = {trigger: Load(sonar.trigger, active_low=False, faults=Faults()), echo: sonar}
            case Hx711Settings(data=data, clock=clock) as scale:
                weight = partial(self._world.value, self._couplings[f"{device.name}/weight"])
                part = SimulatedHx711(lambda: scale.offset + scale.scale * weight(), scale.gain, self._clock, faults)
                wires = {clock: Load(part.clock, active_low=False, faults=Faults()), data: part}
            case _:
                raise _no_model(device)
        return wires

    def _place(self, device: SimulatedDevice) -> Place:
        return Place(
            device.settings,
            self._clock,
            partial(self._probe, device),
            partial(self._unit, device),
            lambda channel: f"{device.name}/{channel}" in self._couplings,
            lambda channel: partial(self._world.state, self._couplings[f"{device.name}/{channel}"]),
            lambda channel: partial(self._world.drive, self._couplings.get(f"{device.name}/{channel}", "")),
            lambda quantity: partial(self._world.value, quantity),
        )

    def _probe(self, device: SimulatedDevice, channel: str) -> Source:
        series = f"{device.name}/{channel}"
        return partial(self._world.sense, self._couplings[series], series)

    def _unit(self, device: SimulatedDevice, channel: str) -> str:
        return QUANTITIES[self._couplings[f"{device.name}/{channel}"]].unit


def _nothing(_share: float) -> None:
    """No quantity of the world hangs on where a servo stands."""


def _no_model(device: SimulatedDevice) -> BadValueError:
    return BadValueError(
        f"device {device.name!r}: the driver {device.driver!r} has no simulation; use a real bus for it"
    )
