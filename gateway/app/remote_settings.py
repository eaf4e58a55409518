"""Settings that the twin changes at run time: taken or refused, kept, applied at once, and reported.

They lie over the configuration. When that was edited since, the edit is one side and the twin's wish the other: they
are merged key by key, and where both say something else, the site's own file is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import structlog

from gateway.app.agreement import Agreement, event_of
from gateway.app.records import Records
from gateway.core.channel_checks import ChannelKind
from gateway.core.conflict import Conflict, ConflictPolicy, Outcome, Side, Write
from gateway.core.patience import Patience
from gateway.core.remote_settings import INVALID, SITE_CHANGED, Applied, after_edit, apply_settings, lost, site_document
from gateway.core.settings import ChannelSettings
from gateway.core.shadow import equal
from gateway.core.shadow_report import ERRORS_KEY, REASON_CHARACTERS_MAX, Json
from gateway.core.shadow_wishes import SETTINGS_KEY
from gateway.core.three_way import Overlap
from gateway.devices.device import Device
from gateway.store.shadows import disagree

ERRORS_MAX = 8
"""So many refusals are explained: with their sentences they take less than half of the 8 KB of a document."""

log = structlog.get_logger("settings")


class Watching(NamedTuple):
    """The samplers, as far as settings touch them."""

    change: Callable[[str, ChannelSettings], None]
    """Watches a channel (`device/channel`) by other settings from now on."""
    hurry: Callable[[str], None]
    """Reads a device now, because it has another interval."""


class Kept(NamedTuple):
    """What lies over the configuration of one device, as it is kept."""

    asked: Json
    """All that the twin asked for: when it says the same again, that is no news."""
    left: Json
    """What of it no edit of the configuration has won."""
    site: Json
    """What the configuration said then."""


class RemoteSettings:
    """What lies over the configuration of each device."""

    def __init__(
        self,
        devices: Mapping[str, Device],
        watching: Watching,
        agreement: Agreement,
        records: Records,
        note: Callable[[str, str, Json], None],
    ) -> None:
        self._devices = devices
        self._configured = {name: device.settings for name, device in devices.items()}
        self._watching = watching
        self._agreement = agreement
        self._records = records
        self._note = note
        self.patience: Mapping[str, Patience] = {}
        """Of those that look at a device here, by its name."""
        self.changed: Callable[[], None] = lambda: None
        """Called when some channel is watched by other settings."""

    async def resume(self) -> None:
        """Lay what an earlier run took over what the configuration says now.

        Raises:
            StoreError: a conflict with an edit could not be kept.
        """
        for name in self._devices:
            kept = _kept(self._agreement.base(f"{name}/{SETTINGS_KEY}"))
            if kept is not None:
                await self._resume(name, kept)

    async def _resume(self, name: str, kept: Kept) -> None:
        site = self._site(name, kept.asked)
        left, overlaps = after_edit(kept.site, site, kept.left)
        if not equal(kept.site, site):
            await self._keep(name, Kept(kept.asked, left, site), kept.site, _outcome(site, overlaps))
        applied = self._apply(name, left)
        for place in lost(kept.asked, left):
            applied.refused[place] = (SITE_CHANGED, "the configuration was edited since, and is right")
        self._tell(name, applied)

    async def desired(self, name: str, desired: Json) -> None:
        """All that is desired of a device; what of it are settings is applied where it is news.

        Raises:
            StoreError: it could not be kept, and nothing has changed.
        """
        asked = desired.get(SETTINGS_KEY, {})
        if name not in self._devices or not isinstance(asked, dict):
            reason = "nothing of it can be changed so" if name not in self._devices else "allowed: an object"
            self._note(name, SETTINGS_KEY, _explained({"*": (INVALID, reason)}) if asked else {})
            return
        kept = _kept(self._agreement.base(f"{name}/{SETTINGS_KEY}"))
        if equal(asked, {} if kept is None else kept.asked):
            return
        if asked:
            site = self._site(name, asked)
            await self._keep(name, Kept(asked, asked, site), {}, Outcome(asked, Side.TWIN, []))
        else:
            event = self._records.events.statements("settings", device=name, asked={})
            await self._records.database.write(disagree(f"{name}/{SETTINGS_KEY}"), *event)
            self._agreement.drop(f"{name}/{SETTINGS_KEY}")
        self._tell(name, self._apply(name, asked))

    async def _keep(self, name: str, kept: Kept, base: Json, outcome: Outcome) -> None:
        place = f"{name}/{SETTINGS_KEY}"
        write = Write(kept._asdict(), self._agreement.stamp())
        events = list(self._records.events.statements("settings", device=name, asked=kept.left))
        if outcome.conflicts:
            told = event_of(place, ConflictPolicy.MERGE, Write(base), Write(kept.site), Write(kept.asked), outcome)
            events += self._records.events.statements("conflict", **told)
            log.warning("conflict", property=place, policy="merge", winner=outcome.side.value)
        await self._records.database.write(*self._agreement.statements(place, write, outcome), *events)
        self._agreement.settle(place, write, outcome)

    def _apply(self, name: str, asked: Json) -> Applied:
        device, configured = self._devices[name], self._configured[name]
        applied = apply_settings(configured, _kinds(device), asked, self.patience.get(name))
        before = device.settings
        channels = {**configured.channels, **applied.channels}
        device.settings = msgspec.structs.replace(configured, every_s=applied.every_s, channels=channels)
        other_pace, others = before.every_s != applied.every_s, False
        for channel in device.channels:
            now = device.channel_settings(channel)
            if other_pace or before.channels.get(channel, ChannelSettings()) != now:
                self._watching.change(device.series(channel), now)
                others = True
        if other_pace:
            self._watching.hurry(name)
        if others:
            self.changed()
        log.info("settings changed", device=name, taken=len(applied.taken), refused=",".join(applied.refused))
        return applied

    def _tell(self, name: str, applied: Applied) -> None:
        self._note(name, SETTINGS_KEY, applied.taken | _explained(applied.refused))

    def _site(self, name: str, asked: Json) -> Json:
        named: Any = asked.get("channels")
        known = self._devices[name].channels
        return site_document(self._configured[name], [one for one in named if one in known] if named else ())


def _explained(refused: Mapping[str, tuple[str, str]]) -> Json:
    """Why not, for as many as a document has room for."""
    first = list(refused.items())[:ERRORS_MAX]
    errors = {
        place[:REASON_CHARACTERS_MAX]: {"code": code, "reason": reason[:REASON_CHARACTERS_MAX]}
        for place, (code, reason) in first
    }
    return {ERRORS_KEY: errors} if errors else {}


def _kinds(device: Device) -> dict[str, ChannelKind]:
    return {one.name: ChannelKind(one.kind.value, one.low, one.high, one.writable) for one in device.channels.values()}


def _kept(write: Write) -> Kept | None:
    """What is kept; None where nothing is, or not in this form."""
    value = write.value
    parts = [value.get(name) for name in Kept._fields] if isinstance(value, dict) else []
    objects = [part for part in parts if isinstance(part, dict)]
    return Kept(*objects) if len(objects) == len(Kept._fields) else None


def _outcome(site: Json, overlaps: list[Overlap]) -> Outcome:
    return Outcome(site, Side.SITE, [Conflict(*one, Side.SITE) for one in overlaps])
