"""Every simulated bus of a site, with a chip for each of its devices, tied to one world."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from drivers import registry
from drivers.base import BadValueError, BusKind, Clock
from drivers.simulated.coupling import SimulatedDevice, couple
from drivers.simulated.ds18b20 import SimulatedDs18b20
from drivers.simulated.faults import Faults
from drivers.simulated.files import SimulatedFolder
from drivers.simulated.i2c import Chip, SimulatedMux, SimulatedSMBus
from drivers.simulated.kernel import Chips, numbered
from drivers.simulated.modbus_units import SimulatedModbusLine, SimulatedUnit
from drivers.simulated.placing import Placing
from drivers.simulated.planned import FIELDS, PlannedFault
from drivers.simulated.serial_line import SimulatedPort
from drivers.simulated.spi import SimulatedSpiDev, SpiChip
from drivers.simulated.world import World, WorldSettings

__all__ = ["SimulatedDevice", "SimulatedHardware"]

Backend = Callable[[], Any]
"""Opens a library object; the argument `backend` of `drivers.bus.open_bus`."""


class SimulatedHardware:
    """The simulated part of a site.

    Args:
        world_settings: the surroundings.
        clock: what world and chips run by; the same that the buses wait by.
        devices: bus -> the devices on it.

    Raises:
        BadValueError: two devices claim one place, a driver has no simulation, or `couple` does not fit.
    """

    def __init__(
        self, world_settings: WorldSettings, clock: Clock, devices: Mapping[str, Sequence[SimulatedDevice]]
    ) -> None:
        self.world = World(world_settings, clock)
        self._clock = clock
        everything = [device for group in devices.values() for device in group]
        self.couplings = couple(everything, world_settings.couple)
        self._placing = Placing(self.world, clock, self.couplings)
        self._faults: dict[str, Faults] = {}
        self._backends = {bus: self._place(bus, group) for bus, group in devices.items()}
        for name, faults in self._faults.items():
            plans = [one for one in world_settings.faults.values() if one.device == name]
            faults.plan = partial(self._planned, plans) if plans else None

    def backend(self, bus: str) -> Backend:
        """What opens that bus. A bus without devices has no adapter, and opening it fails."""
        return self._backends.get(bus, _no_adapter)

    def faults(self, device: str) -> Faults:
        """The faults of one device, to be set while it is in use.

        Raises:
            KeyError: there is no simulated device of that name.
        """
        return self._faults[device]

    def _planned(self, plans: Sequence[PlannedFault], name: str) -> object:
        fields = (FIELDS[one.what] for one in plans if one.is_on(self.world.elapsed_s))
        return next((value for field, value in fields if field == name), None)

    def _place(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        kinds = {registry.get(device.driver).bus_kind for device in group}
        if len(kinds) > 1:
            raise BadValueError(f"bus {bus!r}: its devices need different kinds of bus: {', '.join(sorted(kinds))}")
        placers: dict[BusKind, Callable[[str, Sequence[SimulatedDevice]], Backend]] = {
            BusKind.I2C: self._place_chips,
            BusKind.SERIAL: self._place_serial,
            BusKind.GPIO: self._place_pins,
            BusKind.ONEWIRE: self._place_one_wire,
            BusKind.MODBUS: self._place_units,
            BusKind.SYSFS: self._place_kernel,
            BusKind.SPI: self._place_selected,
        }
        return placers[kinds.pop()](bus, group) if kinds else _no_adapter

    def _place_chips(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        chips: dict[int, Chip] = {}
        for device in group:
            address, chip = self._placing.chip(device)
            there = chips if device.behind is None else self._channel(bus, chips, *device.behind)
            if address in chips or address in there:
                raise BadValueError(f"bus {bus!r}: device {device.name!r}: address 0x{address:02X} is taken by another")
            there[address] = chip
            self._faults[device.name] = chip.faults
        return partial(SimulatedSMBus, chips, threading.RLock())

    def _channel(self, bus: str, chips: dict[int, Chip], address: int, channel: int) -> dict[int, Chip]:
        """The chips on a channel of the multiplexer at that address, which is put there if it is not yet."""
        mux = chips.setdefault(address, SimulatedMux())
        if not isinstance(mux, SimulatedMux):
            raise BadValueError(f"bus {bus!r}: the multiplexer's address 0x{address:02X} is taken by a device")
        self._faults[f"{bus}/0x{address:02X}"] = mux.faults
        return mux.channels[channel]

    def _place_serial(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        if len(group) > 1:
            names = ", ".join(repr(device.name) for device in group)
            raise BadValueError(f"bus {bus!r}: devices {names}: one serial line carries one of them")
        part = self._placing.serial_part(group[0])
        self._faults[group[0].name] = part.faults
        return partial(SimulatedPort, part, self._clock)

    def _place_pins(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        from drivers.simulated.gpio import SimulatedPinFactory, Wire  # noqa: PLC0415 - loads gpiozero

        wires: dict[int, Wire] = {}
        for device in group:
            faults = self._faults[device.name] = Faults()
            for pin, wire in self._placing.wires(device, faults).items():
                if pin in wires:
                    raise BadValueError(f"bus {bus!r}: device {device.name!r}: GPIO{pin} is taken by another")
                wires[pin] = wire
        factory = SimulatedPinFactory(wires, self.world.lock, self._clock.now_s)
        for quantity in {self.couplings.get(series, "") for series in self._series(group)}:
            self.world.on_change(quantity, factory.refresh)
        # One factory for all openings: the levels of a chip outlive the handle.
        return lambda: factory

    def _place_one_wire(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        parts: dict[str, SimulatedDs18b20] = {}
        for device in group:
            part = self._placing.other(device)
            if part.part_id in parts:
                raise BadValueError(f"bus {bus!r}: device {device.name!r}: {part.part_id} is taken by another")
            parts[part.part_id] = part
            self._faults[device.name] = part.faults
        folder = SimulatedFolder(parts, {"w1_bus_master1/w1_master_name": "w1_bus_master1\n"})
        return lambda: folder

    def _place_units(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        units: dict[int, SimulatedUnit] = {}
        for device in group:
            unit = self._placing.other(device)
            if unit.number in units:
                raise BadValueError(f"bus {bus!r}: device {device.name!r}: unit {unit.number} is taken by another")
            units[unit.number] = unit
            self._faults[device.name] = unit.faults
        return partial(SimulatedPort, SimulatedModbusLine(tuple(units.values()), self._clock), self._clock)

    def _place_selected(self, bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        chips: dict[int, SpiChip] = {}
        for device in group:
            chip = self._placing.other(device)
            chip_select = device.settings.chip_select
            if chip_select in chips:
                raise BadValueError(
                    f"bus {bus!r}: device {device.name!r}: chip select {chip_select} is taken by another"
                )
            chips[chip_select] = chip
            self._faults[device.name] = chip.faults
        return partial(SimulatedSpiDev, chips, threading.RLock())

    def _place_kernel(self, _bus: str, group: Sequence[SimulatedDevice]) -> Backend:
        groups: list[Chips] = [self._placing.other(device) for device in group]
        for device, chips in zip(group, groups, strict=True):
            self._faults[device.name] = next(iter(chips.values())).faults
        folder = SimulatedFolder(numbered(groups))
        return lambda: folder

    def _series(self, group: Sequence[SimulatedDevice]) -> list[str]:
        return [f"{device.name}/{channel.name}" for device in group for channel in device.channels()]


def _no_adapter() -> Any:
    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
