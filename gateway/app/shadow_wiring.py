"""How shadows are tied to the rest: readings and outcomes in, wishes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from gateway.cloud.shadows import Shadows
from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.reading import Quality, Reading
from gateway.core.shadow import equal
from gateway.core.shadow_readings import RareReports
from gateway.core.wire import CommandStatus
from gateway.devices.device import Device


def shadowed(devices: Iterable[Device], thermostats: Mapping[str, str]) -> dict[str, Collection[str]]:
    """Every device that has a shadow, with its channels that can be driven; those that have any come first.

    `thermostats` gives the channel of each. What is wanted of the site is fetched before what is only told of it.
    """
    driven = {device.name: [one.name for one in device.channels.values() if one.writable] for device in devices}
    found = driven | {name: [channel] for name, channel in thermostats.items()}
    return dict(sorted(found.items(), key=lambda one: not one[1]))


def reporter(shadows: Shadows, devices: Iterable[Device], every_s: float) -> Callable[[Reading], None]:
    """What tells shadows of readings: of what can be driven at once, of all others rarely."""
    driven, rare = set(), {}
    for device in devices:
        driven |= {device.series(one.name) for one in device.channels.values() if one.writable}
        deadbands = {device.series(name): device.channel_settings(name).deadband for name in device.channels}
        rare[device.name] = RareReports(every_s, deadbands)

    def report(reading: Reading) -> None:
        if reading.series in driven and reading.quality is not Quality.BAD:
            shadows.is_now(reading.series, reading.value)
            return
        device = reading.series.partition("/")[0]
        if device in rare and (due := rare[device].take(reading)):
            shadows.read(device, due)

    return report


def finisher(shadows: Shadows) -> Callable[[Execution], None]:
    """What tells shadows of outcomes: what a channel is now, and why it is not what was wished."""

    def finished(execution: Execution) -> None:
        result = execution.result
        done = execution.status is CommandStatus.SUCCEEDED and result is not None
        if done and result is not None:
            shadows.is_now(execution.channel, result)
        if execution.source is Source.SHADOW and not (done and equal(result, execution.value)):
            # Also where the part says that it did it and reads back as something else.
            code = execution.reason_code or ReasonCode.DEVICE_ERROR
            reason = execution.reason or f"the part was told {execution.value!r} and reads back {result!r}"
            shadows.refuse(execution.channel, execution.value, code.value, reason)

    return finished
