"""What `edgetwin check` says of devices that cannot keep the objective for freshness as they are configured."""

from __future__ import annotations

from collections.abc import Iterator

from drivers import registry
from drivers.base import ValueKind
from gateway.config.wording import duration_text
from gateway.core.plan import NS_PER_S, make_plan
from gateway.core.settings import ChannelSettings, DeviceSettings, Mode, Site

NAMED_MAX = 3
"""So many devices are named."""


def freshness_note(site: Site) -> str:
    """Which devices will miss `objectives.freshness`, and why; empty where all can keep it."""
    asked_s = site.objectives.freshness_s
    slow = [(device.name, why) for device in site.devices if (why := _why(device, asked_s))]
    if not slow:
        return ""
    named = ", ".join(f"{name} ({why})" for name, why in slow[:NAMED_MAX])
    more = f" and {len(slow) - NAMED_MAX} more" if len(slow) > NAMED_MAX else ""
    return f"objectives.freshness is {duration_text(asked_s)}, which will be missed by {named}{more}"


def _why(device: DeviceSettings, asked_s: float) -> str:
    if device.every_s >= asked_s:
        return f"read every {duration_text(device.every_s)}"
    window_s = min(_windows_s(device), default=0.0)
    return f"windows of {duration_text(window_s)}" if window_s >= asked_s else ""


def _windows_s(device: DeviceSettings) -> Iterator[float]:
    """Of each channel: while a window is open, the twin knows the one before; 0 where not only aggregates are sent."""
    for one in registry.get(device.driver).channels(device.settings):
        settings = device.channels.get(one.name, ChannelSettings())
        plan = make_plan(settings, device.every_s, one.low, one.high, numeric=one.kind is ValueKind.NUMBER)
        windowed = plan.mode is Mode.PERIODIC and one.kind is ValueKind.NUMBER
        yield plan.configured.window_ns / NS_PER_S if windowed else 0.0
