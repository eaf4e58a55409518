"""What only shows when the simulated surroundings are seen together with the devices in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.base import BadValueError
from gateway.config.draft import Draft
from gateway.config.problems import listing, quote
from gateway.config.values import BAD


def check_world(draft: Draft) -> None:
    """Report surroundings that nothing is in, and couplings between what does not exist or does not fit."""
    if draft.world is None or draft.buses is None:
        return
    if not any(bus is BAD or bus.simulated for bus in draft.buses.values()):
        draft.problem(("world",), "does nothing without a simulated bus", "remove it, or set simulated: true on a bus")
    if draft.world is not BAD and draft.world.couple:
        _check_couplings(draft, draft.world.couple)
    if draft.world is not BAD:
        _check_faults(draft, draft.world.faults)


def _check_couplings(draft: Draft, wanted: Mapping[str, str]) -> None:
    from drivers.simulated.coupling import SimulatedDevice, couple  # noqa: PLC0415 - a site with real hardware need not load it

    devices = [
        SimulatedDevice(device.name, device.driver.name, device.settings)
        for device in draft.devices.values()
        if device.driver is not None and device.channels is not None and _simulated(draft, device.common.get("bus"))
    ]
    known = {device.name for device in devices}
    for series, quantity in wanted.items():
        name = series.partition("/")[0]
        if name in draft.devices and name not in known and draft.devices[name].channels is None:
            # The device has mistakes of its own, which may hide the channel.
            continue
        try:
            couple(devices, {series: quantity})
        except BadValueError as error:
            draft.problem(("world", "couple", series), str(error).removeprefix("couple: "))


def _check_faults(draft: Draft, planned: Mapping[str, Any]) -> None:
    from drivers.simulated.planned import KINDS  # noqa: PLC0415 - as above

    for name, fault in planned.items():
        path = ("world", "faults", name)
        device = draft.devices.get(fault.device)
        if device is None:
            known = listing(draft.devices)
            draft.problem((*path, "device"), f"unknown device {quote(fault.device)}; there are: {known}")
        elif not _simulated(draft, device.common.get("bus")):
            draft.problem((*path, "device"), f"{quote(fault.device)} is not on a simulated bus")
        elif device.driver is not None and fault.what not in KINDS[device.driver.bus_kind]:
            kind = device.driver.bus_kind
            allowed = ", ".join(KINDS[kind])
            draft.problem((*path, "what"), f"found {fault.what}, on a bus of kind {kind} allowed: {allowed}")


def _simulated(draft: Draft, bus: Any) -> bool:
    found = (draft.buses or {}).get(str(bus).partition("/")[0], BAD)
    return found is BAD or bool(found.simulated)
