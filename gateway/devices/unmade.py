"""A driver that cannot be made is a part that is down, with the reason: one package stops no other part."""

from __future__ import annotations

from typing import NoReturn

from drivers.base import Channel, Driver, DriverError, Operation
from drivers.bus import Bus
from gateway.core.settings import DeviceSettings


def made(kind: type[Driver], bus: Bus, settings: DeviceSettings) -> Driver:
    """The driver of a device; where its class refuses to be made, one in its place that only says so."""
    try:
        return kind(bus, settings.settings)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it may be another package's code, which may do anything
        reason = f"driver {settings.driver!r} cannot be made: {error!r}; repair it, then restart the gateway"
        return _standing_in_for(kind)(reason)


class _Unmade(Driver):
    """What stands in; what the part would have to read and drive is said by the class that could not be made."""

    title = "a driver that cannot be made"

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def open(self) -> NoReturn:
        """Always refuse.

        Raises:
            DriverError: why the driver could not be made.
        """
        raise DriverError(self._reason)

    def read(self) -> NoReturn:
        """As `open`, and never asked before it succeeded."""
        raise DriverError(self._reason)


def _standing_in_for(kind: type[Driver]) -> type[_Unmade]:
    class StandIn(_Unmade):
        @classmethod
        def channels(cls, settings: object) -> tuple[Channel, ...]:
            return kind.channels(settings)

        @classmethod
        def operations(cls, settings: object) -> tuple[Operation, ...]:
            return kind.operations(settings)

    return StandIn
