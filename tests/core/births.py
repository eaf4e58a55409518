"""A birth, and batches of that gateway."""

from __future__ import annotations

from gateway.core.reading import ClockState, Lane, Reading, Series
from gateway.core.segment import Base, Outgoing, Segment, encode_fragments, group_head, seal
from gateway.core.wire import Birth, BirthChannel, BirthDevice

GATEWAY = "gw"
EPOCH = "3f2a9c1b7d10e644-2"
BASE_NS = 1_795_417_200_250_000_000
UNITS = {"room/temperature": "Cel", "room/humidity": "%RH", "door/closed": "", "air/note": "", "air/index": ""}


def birth(**changes):
    """What the gateway says of itself; `changes` replace members."""
    channels = {
        "room": {"temperature": BirthChannel(unit="Cel"), "humidity": BirthChannel(unit="%RH", lane="low")},
        "door": {"closed": BirthChannel(kind="boolean")},
        "air": {"note": BirthChannel(kind="text"), "index": BirthChannel()},
    }
    said = {
        "gateway": GATEWAY,
        "epoch": EPOCH,
        "software": "test",
        "protocol": 1,
        "started": 1_795_417_190.0,
        "devices": {name: BirthDevice(driver="test", channels=one) for name, one in channels.items()},
    }
    return Birth(**(said | changes))


def reading(series, value, after_ms=0, **quality):
    """A reading so many milliseconds after the base."""
    return Reading(series, value, after_ms * 1_000_000, BASE_NS + after_ms * 1_000_000, **quality)


def segment(*readings, lane=Lane.NORMAL, epoch=EPOCH, first=17):
    """A segment of `readings`, sealed as the outbox seals it."""
    names = list(dict.fromkeys(one.series for one in readings))
    base = Base("boot", 0, BASE_NS)
    heads = [group_head(GATEWAY, Series(name, UNITS.get(name, ""))) for name in names]
    body = seal([names.index(one.series) for one in readings], encode_fragments(readings, base), heads)
    return Segment(lane, epoch, first, first + len(readings) - 1, base, body)


def outgoing(*segments, clock=ClockState.SYNCHRONISED, backfill=False, wall_ns=BASE_NS):
    """A batch of `segments`."""
    return [Outgoing(one, wall_ns, clock, backfill=backfill) for one in segments]
