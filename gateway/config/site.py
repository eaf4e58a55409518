"""A text to a site: read the tree, convert its parts, check them together, and put them into one value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import msgspec

from gateway.config.clouds import link_for
from gateway.config.convert import fields, named_records, record
from gateway.config.devices import read_devices
from gateway.config.draft import DeviceDraft, Draft
from gateway.config.nodes import Entry, Mapping
from gateway.config.problems import WHOLE_FILE, Mark, Report
from gateway.config.rule_checks import resolved
from gateway.config.shapes import Field, Named, Raw
from gateway.config.site_checks import check_site
from gateway.config.type_reader import fields_of, name_shape, record_of
from gateway.config.values import kind_of
from gateway.config.yaml_tree import parse
from gateway.core.settings import BusSettings, DeviceSettings, RuleSettings, Site, ThermostatSettings

_TOP = Mark(1, 1)
_BY_HAND = frozenset({"buses", "devices", "thermostats", "rules", "world"})
"""Parts of a site that are converted one by one, because the checks need to know of the mistaken ones too."""


@functools.cache
def site_fields() -> tuple[Field, ...]:
    """The keys at the top of the file."""
    return tuple(replace(field, shape=Raw()) if field.key in _BY_HAND else field for field in fields_of(Site))


def named_shape(settings: type[msgspec.Struct]) -> Named:
    """The shape of a mapping of names to records of `settings`."""
    return Named(name_shape(settings), replace(record_of(settings), fields=fields_of(settings, without=_NAME)))


_NAME = frozenset({"name"})


def read_site(text: str, report: Report, open_to_others: Callable[[str], bool]) -> Site | None:
    """The site that `text` describes, None where anything in it is mistaken, which is then in `report`."""
    draft = read_draft(text, report, open_to_others)
    return None if draft is None or len(report) else _site(draft)


def read_draft(text: str, report: Report, open_to_others: Callable[[str], bool]) -> Draft | None:
    """What can be understood of `text`, checked; None where nothing can. What is mistaken is in `report`."""
    root = parse(text, report)
    if root is None:
        if not len(report):
            report.add(WHOLE_FILE, (), "is empty, allowed a mapping that says at least 'gateway: NAME'")
        return None
    if not isinstance(root, Mapping):
        report.add(root.mark, (), f"found {kind_of(root)}, allowed a mapping of keys and values")
        return None
    draft = _draft(root, report)
    check_site(draft, open_to_others)
    return draft


def _draft(root: Mapping, report: Report) -> Draft:
    # What is missing at the top has no key to be reported at.
    values = fields(Entry(_TOP, root), site_fields(), (), report) or {}
    parts = {key: root.entries.get(key) for key in _BY_HAND}
    bus_shape, thermostat_shape = named_shape(BusSettings), named_shape(ThermostatSettings)
    buses, devices, thermostats, rules = (parts[key] for key in ("buses", "devices", "thermostats", "rules"))
    return Draft(
        root=root,
        report=report,
        values={key: value for key, value in values.items() if key not in _BY_HAND},
        buses=named_records(buses, bus_shape, ("buses",), report) if buses else {},
        devices=read_devices(devices, ("devices",), report) if devices else {},
        thermostats=_by_name(thermostats, thermostat_shape, "thermostats", report) if thermostats else {},
        rules=_by_name(rules, named_shape(RuleSettings), "rules", report) if rules else {},
        world=_world(parts["world"], report) if parts["world"] else None,
    )


def _by_name(entry: Entry, shape: Named, key: str, report: Report) -> dict[str, Any]:
    return named_records(entry, shape, (key,), report) or {}


def _world(entry: Entry, report: Report) -> Any:
    return record(entry, record_of(world_settings()), ("world",), report)


def world_settings() -> type:
    """The settings of the simulated surroundings."""
    from drivers.simulated.world_settings import WorldSettings  # noqa: PLC0415 - a site with real hardware need not load it

    return WorldSettings


def _site(draft: Draft) -> Site:
    """The site of a draft without mistakes."""
    buses = tuple(draft.good_buses())
    world = draft.world
    if world is None and any(bus.simulated for bus in buses):
        world = world_settings()()
    return Site(
        **(dict(draft.values) | {"link": link_for(draft)}),
        buses=buses,
        devices=tuple(_devices(draft.devices.values())),
        thermostats=tuple(draft.good_thermostats()),
        rules=tuple(resolved(draft, rule, draft.report) for rule in draft.good_rules()),
        world=world,
    )


def _devices(drafts: Iterable[DeviceDraft]) -> Iterable[DeviceSettings]:
    for draft in drafts:
        safe = {} if draft.safe is None else dict(draft.safe)
        yield DeviceSettings(name=draft.name, settings=draft.settings, safe=safe, **draft.common)
