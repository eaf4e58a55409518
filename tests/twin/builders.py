"""Short ways to say what a gateway sends."""

from __future__ import annotations

import asyncio
import json

from gateway.core.reading import ClockState, Lane, Quality
from gateway.core.senml import Extremes, Pack, ReceivedSegment, Record
from gateway.core.wire import Birth, BirthChannel, BirthDevice, Event, Events, FinishedEpoch, Presence, Status
from twin.messages import Incoming
from twin.topics import Address, Kind

STORE = "3f2a9c1b7d10e644"
EPOCH = f"{STORE}-2"
NOW_S = 1_795_417_200.0
PREFIXES = ("edgetwin",)


def reading(seq, *, series="room/temperature", time_s=None, value=21.5, unit="Cel", quality=Quality.GOOD, reason=""):
    """Reading `seq`, by default taken `seq` seconds after NOW_S."""
    return Record(seq, series, unit, NOW_S + seq if time_s is None else time_s, value, quality, reason)


def segment(first, last, *, epoch=EPOCH, lane=Lane.NORMAL, backfill=False, clock=ClockState.SYNCHRONISED, **options):
    records = [reading(seq, **options) for seq in range(first, last + 1)]
    return ReceivedSegment(epoch, lane, first, last, clock, backfill, records)


def thinned(first, last, *counts, bucket_s=60, epoch=EPOCH, lane=Lane.NORMAL, backfill=True, series="room/temperature"):
    """A thinned segment: a mean for every count, by default one for all; each from 20 to 23 degrees."""
    records, seq = [], first
    for count in counts or [last - first + 1]:
        extremes = Extremes(20.0, 23.0, NOW_S + seq, NOW_S + seq + 1)
        records.append(Record(seq, series, "Cel", NOW_S + seq + 0.5, 21.5, Quality.GOOD, "", count, extremes))
        seq += count
    return ReceivedSegment(epoch, lane, first, last, ClockState.SYNCHRONISED, backfill, records, bucket_s)


def incoming(kind, body, *, gateway="g", prefix="edgetwin", item="", received_s=NOW_S, retained=False):
    return Incoming(Address(prefix, gateway, kind, item), body, received_s, retained)


def batch(*segments, rejected=(), unreadable=(), **options):
    return incoming(Kind.TELEMETRY, Pack(list(segments), list(rejected), list(unreadable)), **options)


def birth(*, epoch=EPOCH, finished=None, commands="", **options):
    """A birth that states the last numbers of finished epochs, as {epoch: {lane: last}}."""
    channels = {"temperature": BirthChannel(unit="Cel"), "setpoint": BirthChannel(unit="Cel", writable=True)}
    epochs = [FinishedEpoch(name, last) for name, last in (finished or {}).items()]
    devices = {"room": BirthDevice(driver="sht4x", channels=channels)}
    name = options.get("gateway", "g")
    body = Birth(
        gateway=name,
        epoch=epoch,
        software="edgetwin",
        protocol=1,
        started=NOW_S,
        devices=devices,
        epochs=epochs,
        commands=commands,
    )
    return incoming(Kind.BIRTH, body, **options)


def status(word, *, epoch=EPOCH, **options):
    return incoming(Kind.STATUS, Status(Presence(word), epoch), **options)


def events(*numbers, store=STORE, **options):
    body = Events(store, [Event(id=number, time=NOW_S, kind="sync_state", data={"n": number}) for number in numbers])
    return incoming(Kind.EVENTS, body, **options)


def gap(number, first, last, *, epoch=EPOCH, lane="normal", store=STORE, time_s=NOW_S, **data):
    """Event `number`: readings that were shed."""
    told = {"epoch": epoch, "lane": lane, "first": first, "last": last, "reason": "quota_full", "readings": {}} | data
    return incoming(Kind.EVENTS, Events(store, [Event(id=number, time=time_s, kind="gap", data=told)]))


def shadow(kind, payload=b"", *, device="room", **options):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return incoming(kind, body, item=device, **options)


def pack(first, last, *, gateway="g", epoch=EPOCH, lane="normal", base_s=NOW_S):
    """A telemetry payload of one series, one second apart."""
    head = {"bn": f"{gateway}/room/temperature", "bu": "Cel", "bt": base_s}
    head |= {"epoch": epoch, "lane": lane, "first": first, "last": last}
    records = [{"t": number, "v": 20 + number / 8} for number in range(last - first + 1)]
    return json.dumps([head | records[0], *records[1:]]).encode()


def sent(changes, at_s=NOW_S):
    """What leaves after the commit, as (topic, JSON)."""
    return [(message.topic, json.loads(message.payload)) for message in changes.settle(at_s)]


async def until(condition, *, within_s=10.0):
    """Wait for something that happens soon, in other tasks or processes."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for has no event of ours
            await asyncio.sleep(0.005)
