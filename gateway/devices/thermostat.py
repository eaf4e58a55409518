"""A thermostat: keeps a temperature with one heater, here, whether the link is up or down.

It reads the board and asks through the same admission as everybody else; it never drives a channel itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.command import Source, Target
from gateway.core.reading import Quality, Reading, Value
from gateway.core.settings import ThermostatSettings
from gateway.core.thermostat import heater_should_be
from gateway.devices.board import Board
from gateway.devices.in_vain import Forewarn, InVain, unwarned
from gateway.errors import StoreError
from gateway.store.admission import Admission
from gateway.store.database import Database
from gateway.store.held import hold

CHANNEL = "setpoint"
CHECK_EVERY_S = 1.0
"""How often it looks even when nothing was read: a sensor that fell silent tells nothing."""
ASK_AGAIN_S, ASK_AGAIN_S_MAX = 5.0, 60.0
"""Between two requests for the same value: the first may still be on its way. It doubles up to the second, because a
heater that does not answer would else be a few writes to the disk and lines in the log every five seconds, for ever."""

log = structlog.get_logger("control")


class Thermostat:
    """One controller. Its set point is a channel like any other: it is reported, and the twin may change it."""

    def __init__(
        self,
        settings: ThermostatSettings,
        held: Value | None,
        board: Board,
        admission: Admission,
        database: Database,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.setpoint = held if isinstance(held, float) and settings.low <= held <= settings.high else settings.setpoint
        self._board = board
        self._admission = admission
        self._database = database
        self._clock = clock
        self._wake = asyncio.Event()
        self._asked: bool | None = None
        self._ask_again_ns = 0
        self._asks = 0
        self._in_vain = InVain()
        self.refusal: Forewarn = unwarned
        board.listen(self._on_reading)

    @property
    def series(self) -> str:
        """The channel of its set point."""
        return f"{self.settings.name}/{CHANNEL}"

    @staticmethod
    def target(settings: ThermostatSettings) -> Target:
        """The set point as a command sees it."""
        series = f"{settings.name}/{CHANNEL}"
        return Target(channel=series, kind="number", low=settings.low, high=settings.high, writable=True)

    async def write(self, _channel: str, value: Value) -> Value:
        """Take a new set point, kept over restarts.

        Raises:
            StoreError: it could not be kept, and stays as it was.
        """
        setpoint = float(value)
        await self._database.write(hold(self.series, setpoint))
        self.setpoint = setpoint
        self._wake.set()
        return setpoint

    def _on_reading(self, reading: Reading) -> None:
        if reading.series in (self.settings.sensor, self.settings.actuator):
            self._wake.set()

    async def run(self) -> None:
        """Keep the temperature, for ever."""
        while True:
            self._wake.clear()
            try:
                await self.decide()
            except StoreError as error:
                log.error("cannot ask for the heater", thermostat=self.settings.name, reason=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY_S):
                    await self._wake.wait()

    async def decide(self) -> None:
        """Ask for the heater to be on or off, where it is not.

        Raises:
            StoreError: the request could not be committed.
        """
        heater = self._board.latest.get(self.settings.actuator)
        if heater is None:
            return
        on = heater.value is True
        wanted = heater_should_be(self._temperature(), self.setpoint, self.settings.hysteresis, on=on)
        now = self._clock.boottime_ns()
        if wanted == on:
            self._asked, self._in_vain = None, InVain()
        elif self._asked is not wanted or now >= self._ask_again_ns:
            self._asks = self._asks + 1 if self._asked is wanted else 0
            again_s = min(ASK_AGAIN_S_MAX, ASK_AGAIN_S * 2.0 ** min(self._asks, 10))
            self._asked, self._ask_again_ns = wanted, now + round(again_s * NS_PER_S)
            if self._in_vain.again(self.refusal(self.settings.actuator, wanted)):
                return
            identifier = f"{self.settings.name}-{os.urandom(12).hex()}"
            execution = self._admission.local(identifier, self.settings.actuator, wanted, Source.CONTROL)
            await self._admission.submit(execution)

    def _temperature(self) -> float | None:
        reading = self._board.latest.get(self.settings.sensor)
        if reading is None or reading.quality is not Quality.GOOD or isinstance(reading.value, bool | str):
            return None
        age_s = (self._clock.boottime_ns() - reading.boottime_ns) / NS_PER_S
        return None if age_s > self.settings.stale_after_s else reading.value
