"""The baseline as a program: a hundred made-up channels, every second, over TLS. It loads nothing of this project's.

usage: python -m bench.row_script HOST PORT CA DIRECTORY CHANNELS
"""

from __future__ import annotations

import json
import random
import ssl
import sys
import time
from pathlib import Path

from bench.baseline import RowGateway, RowStore

EVERY_S = 1.0


def main(host: str, port: str, ca: str, directory: str, channels: str) -> None:
    """Run until killed."""
    gateway = RowGateway(RowStore(Path(directory)))
    gateway.connect(host, int(port), ssl.create_default_context(cafile=ca))
    due_s = time.monotonic()
    while True:
        for channel in range(int(channels)):
            value = round(random.gauss(20, 1), 2)
            reading = {"device": f"room-{channel}", "channel": "temperature", "value": value, "unit": "Cel"}
            gateway.take(json.dumps({**reading, "time": round(time.time(), 3)}))
        due_s += EVERY_S
        gateway.settle(until_s=due_s)


if __name__ == "__main__":
    main(*sys.argv[1:])
