"""An operation of a driver, taken from step to step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import structlog

from drivers.base import Step, Steps, Value
from gateway.devices.device import Device
from gateway.finishing import finished

log = structlog.get_logger("devices")


class Done(NamedTuple):
    """The end of an operation."""

    result: Value | None


async def operate(
    device: Device, name: str, parameters: Mapping[str, Value], step: Callable[[Step], Awaitable[None]]
) -> Value | None:
    """Do an operation, calling `step` with whatever it asks for on its way, and return its result.

    What `step` raises ends it, and so does a cancellation; the part is then left as the driver leaves it.

    Raises:
        DriverError: it could not be done, or the part is being closed.
    """
    steps = device.operation(name, parameters)
    try:
        while not isinstance(asked := await device.call(_advance, steps), Done):
            await step(asked)
    finally:
        await finished(_end(device, steps))
    return asked.result


def _advance(steps: Steps) -> Step | Done:
    """On the bus's thread: up to the next step, or the end."""
    try:
        return next(steps)
    except StopIteration as end:
        return Done(end.value)


async def _end(device: Device, steps: Steps) -> None:
    """Let the driver leave the part in order, whatever state it is in; one that has ended does nothing here."""
    try:
        await device.bus.call(steps.close)
    except Exception as error:  # noqa: BLE001 - a bug in a driver ends its operation, not the daemon
        log.error("operation not ended in order", device=device.name, reason=str(error))
