"""What a message does to the model: telemetry, birth, status and events. Decisions are the engine's.

Every handler checks what may be refused before it changes anything, so that a refused message leaves no trace.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from gateway.core.intervals import IntervalSet
from gateway.core.reading import ClockState
from gateway.core.senml import Pack, ReceivedSegment, Record
from gateway.core.wire import (
    Birth,
    CommandResponse,
    Event,
    Events,
    Presence,
    Status,
    ack_topic,
    command_topic,
    encode,
)
from twin import commands, engine, gaps, shadows
from twin.changes import BIRTHS, EVENTS, NUMBERINGS, Changes
from twin.messages import Incoming, RefusedError
from twin.model import EVENTS_LANE, LANES, Gateway, Latest, Model, Numbering, Thinned

GATEWAYS_MAX = 10_000
"""Gateways of one twin; whoever has more needs more than one machine."""

SERIES_MAX = 10_000
"""Series of one gateway: ten times what a Raspberry Pi can read in a second."""

NUMBERINGS_MAX = 100_000
"""Lanes of all epochs of one gateway: four lanes, and a start in every hour of three years."""

RANGES_MAX = 100_000
"""Ranges in one numbering: bounds what a gateway that sends every second number can cost."""

REJECTED_MAX = 1000
"""Segments of one batch that are said to be rejected: what the wire allows. The others come again."""

SEQ_MAX = 2**53
"""The highest number that JSON readers agree on."""

T = TypeVar("T")


def handle(model: Model, message: Incoming, changes: Changes, prefixes: Sequence[str]) -> None:
    """Do what `message` asks for: change the model, and gather in `changes` what has to be written and sent.

    Raises:
        RefusedError: it is not taken, and nothing was changed.
    """
    body = message.body
    gateway = _known(model, message)
    if isinstance(body, bytes):
        shadows.serve(gateway, message, body, changes, prefixes)
        if gateway.shadows:
            model.gateways[gateway.name] = gateway
        return
    if isinstance(body, Pack):
        _take_batch(model, gateway, message, body, changes)
    elif isinstance(body, Birth):
        gateway.prefix = body.commands if body.commands in prefixes else message.address.prefix
        _take_birth(model, gateway, message, body, changes)
    elif isinstance(body, Status):
        _take_status(gateway, body)
    elif isinstance(body, Events):
        _take_events(model, gateway, message, body, changes)
    else:
        _take_response(gateway, message, body, changes)
    _heard(model, gateway, message, changes)


def _known(model: Model, message: Incoming) -> Gateway:
    """The gateway that sent `message`; a new one is not yet part of the model."""
    gateway = model.gateways.get(message.address.gateway)
    if gateway is not None:
        return gateway
    if len(model.gateways) >= GATEWAYS_MAX:
        raise RefusedError(f"gateway {message.address.gateway!r} would be one more than {GATEWAYS_MAX}")
    return Gateway(model.new_id(), message.address.gateway, message.address.prefix)


def _heard(model: Model, gateway: Gateway, message: Incoming, changes: Changes) -> None:
    model.gateways[gateway.name] = gateway
    if not message.retained:
        gateway.last_heard_s = message.received_s
    changes.touch(gateway)


def _take_batch(model: Model, gateway: Gateway, message: Incoming, pack: Pack, changes: Changes) -> None:
    _check_limits(gateway, pack.segments)
    for segment in pack.segments:
        numbering = _numbering(model, gateway, (segment.epoch, segment.lane.label), changes)
        taken = engine.take(numbering.held, gateway.newest_s, segment)
        gateway.duplicates += taken.duplicates
        gateway.out_of_order += taken.late
        if not taken.fresh:
            continue
        for name, record in taken.newest.items():
            _update(model, gateway, name, record, segment.thinned, changes)
        if segment.thinned:
            changes.put_thinned(numbering, gateway.series, segment, overlaps=taken.overlaps)
        else:
            changes.put_readings(numbering, gateway.series, taken.fresh)
        numbering.held.add(segment.first, segment.last)
        changes.hold(numbering, segment.first)
        gaps.refute(numbering, segment.first, segment.last, changes)
        if engine.measurable(segment):
            changes.measure(gateway.latency, [record.time_s for record in taken.fresh if record.gathered is None])
    topic = ack_topic(message.address.prefix, gateway.name)
    changes.acknowledge(topic, engine.acknowledged(pack.segments), message.received_s, pack.rejected[:REJECTED_MAX])
    _complain(gateway, pack, changes)


def _complain(gateway: Gateway, pack: Pack, changes: Changes) -> None:
    """Count every segment that could not be taken."""
    for one in pack.rejected:
        labels = f"{one.first} to {one.last} of lane {one.lane} of epoch {one.epoch}"
        changes.complain("segment_rejected", gateway=gateway.name, segment=labels, error=one.reason)
    for reason in pack.unreadable:
        changes.complain("segment_unreadable", gateway=gateway.name, error=reason)


def _check_limits(gateway: Gateway, segments: list[ReceivedSegment]) -> None:
    keys = {(segment.epoch, segment.lane.label) for segment in segments}
    _check(gateway.numberings, keys, NUMBERINGS_MAX, "lanes and epochs")
    named = {record.series for segment in segments for record in segment.records}
    _check(gateway.series, named, SERIES_MAX, "series")
    for key in keys & gateway.numberings.keys():
        if len(gateway.numberings[key].held) >= RANGES_MAX:
            raise RefusedError(f"more than {RANGES_MAX} holes in lane {key[1]} of epoch {key[0]}")


def _check(known: Collection[T], asked: Collection[T], most: int, what: str) -> None:
    """Refuse what would make `known` have more than `most` members."""
    new = sum(one not in known for one in asked)
    if new and len(known) + new > most:
        raise RefusedError(f"more than {most} {what} of one gateway")


def _numbering(model: Model, gateway: Gateway, key: tuple[str, str], changes: Changes, stated: int = 0) -> Numbering:
    """The numbering of (epoch, lane) `key`, made or told of its last number where that is news."""
    numbering = gateway.numberings.get(key)
    if numbering is None:
        numbering = gateway.numberings[key] = Numbering(model.new_id(), IntervalSet())
    elif stated <= numbering.stated:
        return numbering
    numbering.stated = stated
    changes.put(NUMBERINGS, numbering.id, gateway.id, *key, stated)
    return numbering


def _update(model: Model, gateway: Gateway, name: str, record: Record, bucket_s: int, changes: Changes) -> None:
    latest = gateway.series.get(name)
    number = model.new_id() if latest is None else latest.id
    thinned = Thinned(bucket_s, record.count, record.extremes) if bucket_s else None
    if record.gathered is not None:
        thinned = Thinned(0, 1, None, record.gathered)
    latest = Latest(number, record.unit, record.time_s, record.value, record.quality, record.reason, thinned)
    gateway.series[name] = latest
    gateway.newest_s[name] = record.time_s
    changes.put_latest(gateway, name, latest)


def _take_birth(model: Model, gateway: Gateway, message: Incoming, birth: Birth, changes: Changes) -> None:
    stated = {
        (finished.epoch, lane): last
        for finished in birth.epochs
        for lane, last in finished.last.items()
        if lane in LANES
    }
    if any(not 0 <= last <= SEQ_MAX for last in stated.values()):
        raise RefusedError(f"a finished epoch ends beyond 0 to {SEQ_MAX}")
    _check(gateway.numberings, stated.keys(), NUMBERINGS_MAX, "lanes and epochs")
    gateway.epoch = birth.epoch
    for key, last in stated.items():
        _numbering(model, gateway, key, changes, last)
    changes.put(BIRTHS, gateway.id, birth.epoch, message.received_s, encode(birth))
    # It holds nothing new: it tells the gateway early what can be read here.
    changes.acknowledge(ack_topic(message.address.prefix, gateway.name), [], message.received_s)
    commands.repeat(gateway, message.received_s, changes)


def _take_status(gateway: Gateway, status: Status) -> None:
    if engine.believable(status, gateway.epoch):
        gateway.online = status.status is Presence.ONLINE
        gateway.epoch = status.epoch


def _take_events(model: Model, gateway: Gateway, message: Incoming, events: Events, changes: Changes) -> None:
    key = (events.store, EVENTS_LANE)
    _check(gateway.numberings, [key], NUMBERINGS_MAX, "lanes and epochs")
    held = _numbering(model, gateway, key, changes)
    for event in events.events:
        if held.held.add(event.id, event.id):
            known = event.clock is ClockState.SYNCHRONISED
            data = event.data if known else {**event.data, "clock": event.clock.value}
            changes.put(EVENTS, gateway.id, events.store, event.id, event.time, event.kind, encode(data))
            changes.hold(held, event.id)
            if event.kind == gaps.KIND:
                _take_gap(model, gateway, event, changes)
    ranges = [(*key, first, last) for first, last in engine.runs(event.id for event in events.events)]
    changes.acknowledge(ack_topic(message.address.prefix, gateway.name), ranges, message.received_s)


def _take_gap(model: Model, gateway: Gateway, event: Event, changes: Changes) -> None:
    """Believe a gap; one that cannot be is an entry of the event log and nothing more."""
    try:
        gap = gaps.gap_of(event)
        key = (gap.epoch, gap.lane)
        _check(gateway.numberings, [key], NUMBERINGS_MAX, "lanes and epochs")
        known = gateway.numberings.get(key)
        if known is not None and len(known.shed) >= RANGES_MAX:
            raise RefusedError(f"more than {RANGES_MAX} gaps in lane {gap.lane} of epoch {gap.epoch}")
    except ValueError as error:
        changes.complain("gap_refused", gateway=gateway.name, event=event.id, error=error)
        return
    gaps.declare(_numbering(model, gateway, key, changes), gap, changes)


def _take_response(gateway: Gateway, message: Incoming, response: CommandResponse, changes: Changes) -> None:
    execution = message.address.item
    if commands.record(gateway, execution, response, message.received_s, changes):
        topic = command_topic(message.address.prefix, gateway.name, execution, "response/accepted/json")
        changes.publish(topic, {"executionId": execution})
