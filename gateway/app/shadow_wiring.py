"""How shadows are tied to the rest: readings and outcomes in, wishes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from gateway.cloud.shadows import Shadows
from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.device_shadow import Phase
from gateway.core.news import NS_PER_S, moved
from gateway.core.operation import SET
from gateway.core.reading import Quality, Reading
from gateway.core.shadow import equal
from gateway.core.shadow_readings import QUALITY_EVERY_S, RareReports
from gateway.core.wire import CommandStatus
from gateway.core.wording import shown
from gateway.devices.device import Device


def shadowed(devices: Iterable[Device], thermostats: Mapping[str, str]) -> dict[str, Collection[str]]:
    """Every device that has a shadow, with its channels that can be driven; those that have any come first.

    `thermostats` gives the channel of each. What is wanted of the site is fetched before what is only told of it.
    """
    driven = {device.name: [one.name for one in device.channels.values() if one.writable] for device in devices}
    found = driven | {name: [channel] for name, channel in thermostats.items()}
    return dict(sorted(found.items(), key=lambda one: not one[1]))


class _Driven:
    """Readings of channels that can be driven, on their way to a shadow: at once, but for what trembles or flaps."""

    def __init__(self, shadows: Shadows) -> None:
        self._shadows = shadows
        self._failed_ns: dict[str, int] = {}
        self.deadbands: dict[str, float] = {}
        """Series -> how far a number has to move to be told."""

    def take(self, reading: Reading) -> None:
        """A new reading of one of them."""
        series = reading.series
        device, _, name = series.partition("/")
        shadow = self._shadows.devices[device]
        bad, now_ns = shadow.reporter.bad, reading.boottime_ns
        if reading.quality is Quality.BAD:
            before_ns = self._failed_ns.get(series)
            lately = before_ns is not None and now_ns - before_ns < QUALITY_EVERY_S * NS_PER_S
            if name not in bad and not lately:
                self._failed_ns[series] = now_ns
                self._shadows.read(device, [reading])
            return
        before, wishes = shadow.reporter.actual.get(name), shadow.wishes
        awaited = name in bad or name in wishes.pending or name in wishes.refused
        if awaited or before is None or moved(before, reading.value, self.deadbands[series]):
            self._shadows.is_now(series, reading.value)


def reporter(shadows: Shadows, devices: Iterable[Device], every_s: float) -> Callable[[Reading], None]:
    """What tells shadows of readings: of what can be driven at once, of all others rarely."""
    driven, rare = _Driven(shadows), {}
    for device in devices:
        deadbands = {device.series(name): device.channel_settings(name).deadband for name in device.channels}
        writable = {device.series(one.name) for one in device.channels.values() if one.writable}
        driven.deadbands |= {series: deadbands[series] for series in writable}
        rare[device.name] = RareReports(every_s, deadbands)

    def report(reading: Reading) -> None:
        device = reading.series.partition("/")[0]
        if reading.series in driven.deadbands:
            driven.take(reading)
        elif device in rare and (due := rare[device].take(reading)):
            shadows.read(device, due)

    return report


def finisher(shadows: Shadows) -> Callable[[Execution], None]:
    """What tells shadows of outcomes: what a channel is now, and why it is not what was wished."""

    def finished(execution: Execution) -> None:
        if execution.operation != SET:  # What it has set is seen when it is read next.
            return
        result = execution.result
        done = execution.status is CommandStatus.SUCCEEDED and result is not None
        if done and result is not None:
            shadows.is_now(execution.channel, result)
        if execution.source is Source.SHADOW and not (done and equal(result, execution.value)):
            # Also where the part says that it did it and reads back as something else.
            code = execution.reason_code or ReasonCode.DEVICE_ERROR
            found = "nothing" if result is None else shown(result)
            reason = execution.reason or f"the part was told {shown(execution.value)} and reads back {found}"
            shadows.refuse(execution.channel, execution.value, code.value, reason)

    return finished


def version_of(shadows: Shadows) -> Callable[[str], int | None]:
    """What tells the version of a device's shadow; None where its document was not fetched on this connection."""

    def version(device: str) -> int | None:
        shadow = shadows.devices.get(device)
        known = shadow is not None and shadow.phase is not Phase.UNKNOWN and shadow.version > 0
        return shadow.version if known and shadow is not None else None

    return version
