"""What `edgetwin status` shows: one document, made when it is asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.app.rooms import Rooms
from gateway.app.watch import described
from gateway.clock import NS_PER_S
from gateway.cloud.shadows import Shadows
from gateway.core.autonomy import bytes_per_reading, hours_left
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import Tally
from gateway.core.override import left_s
from gateway.core.pace import Pace
from gateway.core.reading import Lane
from gateway.devices.device import Device
from gateway.health import usage
from gateway.store.recovery import count
from gateway.store.shadows import Tally as Conflicts

WISHES_MAX = 8
"""So many refused wishes of one device are shown; a document may hold hundreds."""


def report(rooms: Rooms) -> dict[str, Any]:
    """Where everything stands now."""
    clock, outbox = rooms.clock, rooms.outbox
    now = clock.boottime_ns()
    return {
        "gateway": rooms.site.gateway,
        "epoch": outbox.ledger.epoch,
        "uptime_s": round((now - rooms.started_ns) / NS_PER_S, 1),
        "clock": clock.state().value,
        "twin_clock": _twin_clock(rooms),
        "link": _link(rooms, now),
        "budget": _budget(rooms),
        "readings": _tally(outbox.ledger.total()),
        "balanced": all(tally.balanced for tally in outbox.ledger.tallies),
        "series": _series(rooms, now),
        "devices": {one.name: _device(one, now) for one in rooms.hardware.devices.values()},
        "sync": {device: state.value for device, state in rooms.sync.states.items()},
        "shadows_refused": {
            device: {"code": code, "reason": reason} for device, (code, reason) in rooms.shadows.refused.items()
        },
        "wishes_refused": _wishes_refused(rooms.shadows),
        "levels": _levels(rooms),
        "objectives": msgspec.to_builtins(rooms.site.objectives),
        "overrides": {
            channel: {"value": one.value, "by": one.by, "left_s": round(left_s(one, rooms.hand.sight.now()), 1)}
            for channel, one in rooms.hand.overrides.active.items()
        },
        "rules": rooms.rules.report(),
        "conflicts": _conflicts(rooms.hand.agreement.tally),
        "store": {
            "segments": sum(outbox.stored.values()),
            "bytes_in_memory": outbox.ledger.bytes,
            "failure": rooms.committer.failure,
            "stands_in": rooms.committer.stands_in,
            **_space(rooms, now),
        },
        "process": usage()._asdict(),
        "pressure": {"level": rooms.pressure.level.name.lower(), "late_s": round(rooms.pressure.late_s, 3)},
    }


def _link(rooms: Rooms, now: int) -> dict[str, Any]:
    link, retry_in_s = rooms.connection, rooms.connection.retry_in_s
    trusted_s = rooms.timekeeper.trusted_s()
    reason, hint = (link.reason, link.hint) if link.reason else rooms.uplink.trouble
    return {
        "state": link.state.value,
        "reason": reason,
        "hint": hint,
        "retry_in_s": None if retry_in_s is None else round(retry_in_s, 1),
        "next_at": None if retry_in_s is None or trusted_s is None else round(trusted_s + retry_in_s, 1),
        "connect": rooms.site.link.connect,
        "sessions": rooms.connection.sessions,
        "since_s": round((now - link.since_ns) / NS_PER_S, 1),
        "attempts": link.attempts,
        "twin_silent": rooms.uplink.silent,
        **_pace(rooms.uplink.pace),
        "messages_rejected": dict(rooms.downlink.rejected),
    }


def _device(device: Device, now: int) -> dict[str, Any]:
    return {
        "state": device.state.value,
        "reason": device.reason,
        "since_s": round((now - device.since_ns) / NS_PER_S, 1),
        "driver": device.settings.driver,
        "bus": device.settings.bus,
        **device.statistics.described(now),
    }


def _levels(rooms: Rooms) -> dict[str, Any]:
    return described(rooms.levels.levels(), rooms.sync, rooms.hand.agreement.tally, rooms.site.objectives)


def _wishes_refused(shadows: Shadows) -> dict[str, Any]:
    """What the twin wants and does not get, the first of each device, as the shadows explain it."""
    return {
        f"{name}/{channel}": {"want": refusal.want, "code": str(refusal.code), "reason": refusal.reason}
        for name, device in shadows.devices.items()
        for channel, refusal in list(device.wishes.refused.items())[:WISHES_MAX]
    }


def _conflicts(tally: Conflicts) -> dict[str, Any]:
    """How many of the twin's changes met another one, and who won."""
    return {"changes": tally.changes, "conflicts": tally.conflicts, "rate": round(tally.rate, 4), "site": tally.site,
            "twin": tally.twin, "both": tally.both}  # fmt: skip


def _pace(pace: Pace) -> dict[str, Any]:
    """What the link was found to carry; `rate` in bytes before compression a second, None where nothing is known."""
    smoothed_s = pace.trips.smoothed_s
    return {
        "round_trip_s": None if smoothed_s is None else round(smoothed_s, 3),
        "rate": None if pace.rate is None else round(pace.rate),
        "window": pace.window,
        "batch_bytes": pace.batch_bytes,
    }


def _twin_clock(rooms: Rooms) -> dict[str, Any] | None:
    """How far the twin's clock is ahead of ours, and how well that is known; None before it is."""
    sample = rooms.timekeeper.twin_clock()
    if sample is None:
        return None
    disagrees = rooms.timekeeper.watch.disagrees
    return {"ahead_s": round(sample.offset_s, 3), "error_s": round(sample.error_s, 3), "disagrees": disagrees}


def _budget(rooms: Rooms) -> dict[str, Any] | None:
    """What the daily budget came to; None without one. Of what waits, lanes below `lowest_lane` are held back."""
    budget, configured = rooms.spending.meter.budget, rooms.site.link.budget
    if budget is None:
        return None
    rooms.spending.meter.tick()
    lowest, stored_may_go = rooms.spending.meter.lowest_live(), rooms.spending.meter.stored_may_go()
    return {
        "bytes_per_day": configured,
        "spent_bytes": round(budget.spent),
        "left_bytes": round(budget.left),
        "stretch": round(budget.stretch, 3),
        "lowest_lane": lowest.label,
        "held_back": held_back(rooms.outbox.ledger, lowest, stored_may_go=stored_may_go),
        "stored_may_go": stored_may_go,
    }


def held_back(ledger: Ledger, lowest: Lane, *, stored_may_go: bool) -> int:
    """Readings that wait for the budget: in memory those below the lane `lowest`, and what is on the disk.

    Critical ones on the disk go in any case, and soon; for that moment they are counted with the others.
    """
    held = sum(len(one.indexes) for lane, one in ledger.open.items() if lane > lowest)
    held += sum(one.count for key, one in ledger.volatile.items() if key.lane > lowest)
    return held if stored_may_go else held + ledger.waiting - count(ledger)


def _space(rooms: Rooms, now: int) -> dict[str, Any]:
    """What the store takes and may take, and how many hours offline that is good for."""
    quota, total = rooms.quota, rooms.outbox.ledger.total()
    if quota is None:
        return {}
    each = bytes_per_reading(quota.used, total.waiting)
    uptime_s = (now - rooms.started_ns) / NS_PER_S
    hours = hours_left(quota.room_bytes, quota.used, each, total.news - rooms.taken_before, uptime_s)
    return {
        "used_bytes": quota.used,
        "room_bytes": quota.room_bytes,
        "pressed": quota.pressed,
        "autonomy_h": None if hours is None else round(hours, 1),
    }


def _series(rooms: Rooms, now: int) -> dict[str, Any]:
    ledger, latest = rooms.outbox.ledger, rooms.board.latest
    modes = {name: mode for sampler in rooms.samplers for name, mode in sampler.modes.items()}
    series: dict[str, Any] = {}
    for one, tally in zip(ledger.series, ledger.tallies, strict=True):
        entry = series[one.name] = _tally(tally)
        if one.name in modes:
            entry["mode"], entry["mode_why"] = modes[one.name]
        reading = latest.get(one.name)
        if reading is not None:
            entry["value"] = reading.value
            entry["unit"] = one.unit
            entry["quality"], entry["reason"] = reading.quality.value, reading.reason.value
            entry["age_s"] = round((now - reading.boottime_ns) / NS_PER_S, 3)
    return series


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "taken": tally.taken,
        "suppressed": tally.suppressed,
        "shed": tally.shed,
        "acknowledged": tally.acknowledged,
        "waiting": tally.waiting,
        "quarantined": tally.quarantined,
    }
