"""What of a file, also of one with mistakes, is needed to make its outputs safe: whatever is right about them counts.

A daemon is not to run by half a file. Who makes outputs safe after its end has no better one, and nobody to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.config.draft import DeviceDraft, Draft
from gateway.config.nodes import nearest
from gateway.config.problems import Path, Problem, Report
from gateway.config.site import read_draft
from gateway.config.values import BAD
from gateway.core.reading import Value
from gateway.core.settings import BusSettings, DeviceSettings, StoreSettings

_ONLY_WATCHED = frozenset({"every", "channels"})
"""Keys of a device that say how it is read and sent, not how it is driven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The outputs of one file that can be driven to their safe values."""

    runtime_directory: str | None
    """None where that is mistaken."""
    buses: Mapping[str, BusSettings]
    """By name."""
    devices: tuple[DeviceSettings, ...]
    """Those with safe values; how they are watched is left out."""
    left_out: tuple[Problem, ...]
    """Outputs that cannot be driven, and devices that may have such."""


def read_outputs(text: str, report: Report, open_to_others: Callable[[str], bool]) -> Outputs | None:
    """What can be driven of the file with `text`; what is mistaken is in `report`. None where nothing can be known."""
    draft = read_draft(text, report, open_to_others)
    if draft is None:
        return None
    buses = {bus.name: bus for bus in draft.good_buses()}
    mistaken = {path[:2] for path in report.paths if not _harmless(path)}
    devices: list[DeviceSettings] = []
    left_out: list[Path] = [("devices",)] if ("devices",) in report.paths else []
    for device in draft.devices.values():
        if device.path in mistaken or device.safe is None or _bus_of(device) not in buses:
            if _may_be_driven(draft, device):
                left_out.append(device.path)
            continue
        safe = dict(_values(device, device.safe, report))
        left_out.extend((*device.path, "safe", name) for name in _outputs_of(device) if name not in safe)
        if safe:
            common = {key: device.common[key] for key in ("driver", "bus")}
            devices.append(DeviceSettings(name=device.name, settings=device.settings, safe=safe, **common))
    store = draft.values.get("store", StoreSettings())
    return Outputs(
        runtime_directory=None if store is BAD else store.runtime_directory,
        buses=buses,
        devices=tuple(devices),
        left_out=tuple(_left_out(draft, path) for path in left_out),
    )


def _harmless(path: Path) -> bool:
    """Whether a device with a mistake at `path` is driven all the same: what is wrong is one value, or no concern."""
    return path[2:3] != () and (path[2] in _ONLY_WATCHED or (path[2] == "safe" and path[3:] != ()))


def _values(device: DeviceDraft, safe: Mapping[str, Any], report: Report) -> Iterator[tuple[str, Value]]:
    """The safe values that are right, and are no contradiction to the limits of their channel."""
    for name, value in safe.items():
        limits = (*device.path, "channels", name, "safety", "limits")
        if value is not BAD and not any(path[: len(limits)] == limits for path in report.paths):
            yield name, value


def _bus_of(device: DeviceDraft) -> str:
    return str(device.common.get("bus", "")).partition("/")[0]


def _outputs_of(device: DeviceDraft) -> list[str]:
    return [channel.name for channel in (device.channels or {}).values() if channel.writable]


def _may_be_driven(draft: Draft, device: DeviceDraft) -> bool:
    """Whether it has outputs, as far as can be known."""
    return draft.given((*device.path, "safe")) or bool(_outputs_of(device))


def _left_out(draft: Draft, path: Path) -> Problem:
    match len(path):
        case 1:
            message = "may have outputs that are left as they are"
        case 2:
            message = "is left as it is, for what is wrong with it or its bus"
        case _:
            message = "the output is left as it is, without a value that is right"
    return draft.report.problem(nearest(draft.root, path), path, message)
