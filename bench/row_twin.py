"""The other side of the baseline: every message a row, committed; notes how long each took to get there.

usage: python -m bench.row_twin HOST PORT DIRECTORY

Ends at SIGTERM and leaves the milliseconds from each reading to its commit in DIRECTORY/latency.json.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage

from bench.ack_twin import READY
from bench.baseline import TOPIC, RowStore
from bench.mqtt import new_client

FILE_NAME = "latency.json"


def arrived(directory: Path) -> int:
    """How many messages are kept there."""
    with contextlib.closing(RowStore(directory)) as store:
        return len(store.waiting())


def main(host: str, port: str, directory: str) -> None:
    """Keep what comes, until SIGTERM."""
    store = RowStore(Path(directory))
    taken_ms: list[float] = []

    def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
        store.put(message.payload.decode())
        taken_ms.append((time.time() - json.loads(message.payload)["time"]) * 1000)

    client = new_client()
    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe(TOPIC, 1)
    client.on_subscribe = lambda *_: print(READY, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: client.disconnect())
    client.connect(host, int(port))
    client.loop_forever()
    (Path(directory) / FILE_NAME).write_text(json.dumps(taken_ms), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
