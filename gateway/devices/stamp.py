"""What a driver gives becomes readings: checked for what it promised, calibrated, judged, smoothed, dated."""

from __future__ import annotations

import dataclasses
import math

from drivers.base import Channel, Readings
from gateway.clock import Clock
from gateway.core.calibration import calibrated_range
from gateway.core.conditioning import Conditioning
from gateway.core.reading import Reading
from gateway.core.settings import ChannelSettings, DeviceSettings


class Stamp:
    """Makes the readings of one device."""

    def __init__(self, settings: DeviceSettings, channels: tuple[Channel, ...], clock: Clock) -> None:
        self._device = settings.name
        self._clock = clock
        self._conditioning: dict[str, Conditioning] = {}
        self.channels: dict[str, Channel] = {}
        """The channels as they are after their calibration."""
        for one in channels:
            of_channel = settings.channels.get(one.name, _AS_USUAL)
            self._conditioning[one.name] = Conditioning(one.low, one.high, of_channel)
            low, high = calibrated_range(one.low, one.high, of_channel.calibrate)
            self.channels[one.name] = dataclasses.replace(one, low=low, high=high)

    def checked(self, given: Readings) -> Readings:
        """What a driver gave, if it is what it promised.

        Raises:
            KeyError: a value for a channel that it does not have.
            TypeError: something that is no value.
            ValueError: no mapping at all.
        """
        values = dict(given)
        for channel, value in values.items():
            if channel not in self._conditioning:
                raise KeyError(f"a value for the channel {channel!r}, which it does not have")
            if not isinstance(value, str):
                math.isfinite(value)  # A TypeError is what is looked for.
        return values

    def readings(self, values: Readings, every_s: float) -> list[Reading]:
        """Values with the time of now and their quality, of a part that is read once in `every_s`."""
        boottime_ns, wall_ns = self._clock.boottime_ns(), self._clock.wall_ns()
        readings = []
        for name, given in values.items():
            value, quality, reason = self._conditioning[name].take(given, boottime_ns, every_s)
            readings.append(Reading(f"{self._device}/{name}", value, boottime_ns, wall_ns, quality, reason))
        return readings

    def gap(self) -> None:
        """Nothing came when something was due."""
        for one in self._conditioning.values():
            one.gap()


_AS_USUAL = ChannelSettings()
