"""A part of this site: a driver on a bus, with a name, a state and a way back after a failure."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import structlog

from drivers.base import (
    BadValueError,
    Channel,
    Driver,
    DriverError,
    Listener,
    NotYetError,
    Operation,
    Readings,
    Steps,
    Value,
    ValueKind,
    WrongPartError,
)
from gateway.clock import NS_PER_S, Clock
from gateway.core.reading import Lane, Reading
from gateway.core.settings import ChannelSettings, DeviceSettings
from gateway.devices.bus_thread import BusThread
from gateway.devices.stamp import Stamp
from gateway.devices.statistics import Statistics

RETRY_S = 1.0
"""Wait before the first new attempt with a part that failed; it doubles up to `RETRY_S_MAX`."""
RETRY_S_MAX = 60.0
WRONG_PART_RETRY_S = 300.0
"""Where none worked since the start: somebody has to change wiring or configuration. One that did was disturbed."""

T = TypeVar("T")

log = structlog.get_logger("devices")


class DeviceState(enum.StrEnum):
    """Whether a part can be used."""

    NEW = "new"
    UP = "up"
    DOWN = "down"


class Device:
    """One part. All calls to the driver go to the thread of its bus."""

    def __init__(self, settings: DeviceSettings, driver: Driver, bus: BusThread, clock: Clock) -> None:
        self.name = settings.name
        self.settings = settings
        self.bus = bus
        self._stamp = Stamp(settings, driver.channels(settings.settings), clock)
        self.channels: dict[str, Channel] = self._stamp.channels
        self.operations: tuple[Operation, ...] = driver.operations(settings.settings)
        self.state = DeviceState.NEW
        self.reason = ""
        """Why it is down, or up without readings."""
        self.since_ns = clock.boottime_ns()
        self.statistics = Statistics(self.since_ns)
        self.listener: Listener | None = None
        """Called from any thread when the part itself tells a change."""
        self.driven: Callable[[str, Value], None] = _ignore
        """Called with a series and what it now is, whenever it was driven."""
        self.doubted: Callable[[str], None] = _ignore
        """Called with a series that may or may not have taken its value."""
        self._driver = driver
        self._clock = clock
        self._failures = 0
        self.retry_ns = 0
        """The boottime from which on a part that is down is tried again."""
        self._opening = asyncio.Lock()
        self._closing = False

    def series(self, channel: str) -> str:
        """The name of a channel's series."""
        return f"{self.name}/{channel}"

    def unit(self, channel: str) -> str:
        """The unit of a channel's series; a number without one is a ratio (`/`): no other unit may rub off on it."""
        one = self.channels[channel]
        return one.unit or ("/" if one.kind is ValueKind.NUMBER else "")

    def channel_settings(self, channel: str) -> ChannelSettings:
        """How a channel is watched and sent."""
        return self.settings.channels.get(channel, _AS_USUAL)

    @property
    def lane(self) -> Lane:
        """The most urgent lane of its channels."""
        return min((self.channel_settings(name).lane for name in self.channels), default=Lane.NORMAL)

    async def read(self) -> list[Reading] | None:
        """One reading of every readable channel; None while the part is down."""
        if not await self._ready():
            return None
        try:
            values = await self._ask(self._read)
        except NotYetError as error:  # It stays open: opened anew it would begin anew, and never be ready.
            self.reason = str(error)
            self._stamp.gap()
            return None
        except DriverError as error:
            await self._down(error)
            return None
        self._works()
        self.statistics.reads += 1
        return self.stamp(values)

    def _read(self) -> Readings:
        """On the bus's thread: what the driver gives, if it is what it promised."""
        return self._stamp.checked(self._driver.read())

    def stamp(self, values: Readings) -> list[Reading]:
        """Values with the time of now and their quality."""
        return self._stamp.readings(values, self.settings.every_s)

    async def write(self, channel: str, value: Value) -> Value:
        """Drive a channel and return what it now is.

        Raises:
            DriverError: it could not be driven, or it is being closed.
        """
        if self._closing:
            raise DriverError(f"{self.name} is being closed")
        return await self._write(channel, value)

    async def _write(self, channel: str, value: Value) -> Value:
        if not await self._ready():
            raise DriverError(f"{self.name} is down: {self.reason}")
        try:
            is_now = await self._ask(self._driver.write, channel, value)
        except BadValueError:  # Nothing is wrong with the part.
            raise
        except DriverError as error:
            self.doubted(self.series(channel))
            await self._down(error)
            raise
        self._works()
        self.driven(self.series(channel), is_now)
        return is_now

    def operation(self, name: str, parameters: Mapping[str, Value]) -> Steps:
        """An operation of which nothing has been done yet; it goes on through `call`."""
        return self._driver.operate(name, parameters)

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of `function`, which talks to the part; DriverError where it fails, is down or being closed."""
        if self._closing or not await self._ready():
            raise DriverError(f"{self.name} is {'being closed' if self._closing else f'down: {self.reason}'}")
        try:
            result = await self._ask(function, *arguments)
        except BadValueError:  # Nothing is wrong with the part.
            raise
        except DriverError as error:
            await self._down(error)
            raise
        self._works()
        return result

    async def close(self, values: Mapping[str, Value]) -> None:
        """Drive the last `values` (the safe ones) and let go of the part; whatever fails is said and passed over.

        From the beginning on nobody else drives it any more.
        """
        self._closing = True
        for channel, value in values.items():
            try:
                await self._write(channel, value)
            except DriverError as error:
                log.error("safe value not set", device=self.name, channel=channel, reason=str(error))
        try:
            await self._ask(self._driver.close)
        except DriverError as error:
            log.warning("cannot close", device=self.name, reason=str(error))

    async def _ask(self, function: Callable[..., T], *arguments: Any) -> T:
        try:
            return await self.bus.call(function, *arguments)
        except DriverError:
            raise
        except Exception as error:  # A bug in one driver is that part's failure, not the site's.
            if self._failures == 0:
                log.exception("driver failed", device=self.name, driver=self.settings.driver)
            raise DriverError(f"{self.settings.driver}: internal error: {error!r}") from error

    async def _ready(self) -> bool:
        # Sampler and actuator may both want it up: were it opened twice, the safe value would follow the wanted one.
        async with self._opening:
            return self.state is DeviceState.UP or await self._open()

    async def _open(self) -> bool:
        if self._clock.boottime_ns() < self.retry_ns:
            return False
        try:
            await self._ask(self._driver.open)
            if self.listener is not None:
                await self._ask(self._driver.watch, self.listener)
            # What was driven before a failure is not known to be so any more.
            for channel, value in self.settings.safe.items():
                self.driven(self.series(channel), await self._ask(self._driver.write, channel, value))
        except DriverError as error:
            for channel in self.settings.safe:
                self.doubted(self.series(channel))
            await self._down(error)
            return False
        self._enter(DeviceState.UP, "")
        return True

    def _works(self) -> None:
        """It did what it was asked. To be open only is not enough: a part can do that and then fail, for ever."""
        self.reason = ""
        if self._failures:
            self._failures = 0
            log.info("device is back", device=self.name)

    async def _down(self, error: DriverError) -> None:
        if self._failures == 0:
            log.warning("device is down", device=self.name, bus=self.bus.name, reason=str(error))
        self._failures += 1
        self.statistics.failed(error, self._clock.boottime_ns())
        retry_s = min(RETRY_S_MAX, RETRY_S * 2.0 ** min(self._failures - 1, 10))
        if isinstance(error, WrongPartError) and not self.statistics.reads:
            retry_s = WRONG_PART_RETRY_S
        self.retry_ns = self._clock.boottime_ns() + round(retry_s * NS_PER_S)
        self._enter(DeviceState.DOWN, str(error))
        self._stamp.gap()
        try:
            await self._ask(self._driver.close)
        except DriverError as second:
            self.reason = f"{self.reason}; {second}" if str(second) != self.reason else self.reason

    def _enter(self, state: DeviceState, reason: str) -> None:
        self.since_ns = self.since_ns if state is self.state else self._clock.boottime_ns()
        self.state, self.reason = state, reason


_AS_USUAL = ChannelSettings(lane=Lane.NORMAL)


def _ignore(*_arguments: object) -> None:
    """Where nobody has to know."""
