"""Who is handed what of safety."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from gateway.core.command import BOOT, Source
from gateway.core.override import Now
from gateway.core.reading import Value
from gateway.core.safety import rules_of
from gateway.core.safety_state import Output
from gateway.core.settings_safety import SafetySettings
from gateway.devices.board import Board
from gateway.devices.guardian import Wish
from gateway.devices.outputs import Outputs
from gateway.devices.rules import Rules
from gateway.devices.site import Hardware
from gateway.devices.thermostat import Thermostat
from gateway.store.admission import Admission


def outputs_of(hardware: Hardware, kept: Mapping[str, Output], board: Board, now: Callable[[], Now]) -> Outputs:
    """The outputs of a site that have conditions, told of everything that drives them."""
    given = dict(_given(hardware))
    named = {other for _, settings in given.values() if settings is not None for other in settings.exclusive}
    with_conditions = {
        channel: (safe, settings or SafetySettings())
        for channel, (safe, settings) in given.items()
        if settings is not None or channel in named
    }
    outputs = Outputs(rules_of(with_conditions), kept, board, now)

    def driven(channel: str, value: Value) -> None:
        board.drove(channel, value, now().boottime_ns)
        outputs.driven(channel, value)

    def doubted(channel: str) -> None:
        board.doubts(channel)
        outputs.doubted(channel)

    for device in hardware.devices.values():
        device.driven, device.doubted = driven, doubted
    return outputs


def _given(hardware: Hardware) -> Iterator[tuple[str, tuple[Value, SafetySettings | None]]]:
    for device in hardware.devices.values():
        for channel, safe in device.settings.safe.items():
            yield device.series(channel), (safe, device.channel_settings(channel).safety)


def forewarned(outputs: Outputs, thermostats: Mapping[str, Thermostat], rules: Rules) -> Rules:
    """The rules; they and the thermostats, who ask again and again, know from here on what safety would say."""
    rules.refusal = outputs.refuses
    for one in thermostats.values():
        one.refusal = outputs.refuses
    return rules


def wish_of(admission: Admission) -> Wish:
    """A way to ask for what was so before the start."""

    async def wish(channel: str, value: Value) -> None:
        await admission.submit(admission.local(f"{BOOT}{os.urandom(12).hex()}", channel, value, Source.CONTROL))

    return wish
