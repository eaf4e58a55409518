"""A twin that keeps nothing: unpacks a batch, finds what it holds, says that it has it. It stands for any cloud.

usage: python -m bench.ack_twin HOST PORT PREFIX

What it costs is not counted, so it does as little as the wire allows.
"""

from __future__ import annotations

import re
import sys
import time
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage

from bench.mqtt import new_client
from gateway.core.segment import expand
from gateway.core.wire import Ack, Events, ack_topic, decode, encode

SEGMENT = re.compile(rb'"epoch":"([^"]+)","lane":"([^"]+)","first":(\d+),"last":(\d+)')
"""The labels of a segment, in the order in which this gateway writes them."""
READY = "ready"


def ranges(pack: bytes) -> list[tuple[str, str, int, int]]:
    """The ranges that a batch holds."""
    found = SEGMENT.findall(expand(pack))
    return [(epoch.decode(), lane.decode(), int(first), int(last)) for epoch, lane, first, last in found]


def event_ranges(payload: bytes) -> list[tuple[str, str, int, int]]:
    """The ranges that a message of events holds."""
    events = decode(payload, Events)
    return [(events.store, "events", one.id, one.id) for one in events.events]


def main(host: str, port: str, prefix: str) -> None:
    """Acknowledge until killed."""

    def on_message(client: Client, _data: Any, message: MQTTMessage) -> None:
        received_s = time.time()
        gateway, kind = message.topic.split("/")[-2:]
        try:
            held = (ranges if kind == "telemetry" else event_ranges)(bytes(message.payload))
        except (ValueError, msgspec.DecodeError) as error:
            print(f"{message.topic}: {error}", flush=True)
            return
        client.publish(ack_topic(prefix, gateway), encode(Ack(held, received_s, time.time())), qos=1)

    def on_connect(client: Client, *_: Any) -> None:
        client.subscribe([(f"{prefix}/things/+/telemetry", 1), (f"{prefix}/things/+/events", 1)])

    client = new_client()
    client.on_message = on_message
    client.on_connect = on_connect
    client.on_subscribe = lambda *_: print(READY, flush=True)
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
