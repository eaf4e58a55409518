"""A gateway on a box whose pins outlive it, and whoever manages it as a service: pins are a file that both see."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

from demo.processes import HOUSE
from demo.waiting import until

START_S = 20.0
"""Longest wait for anything; all of it takes a second or two on a machine with nothing else to do."""
PROGRAM = """
import sys, time
from gpiozero.pins.mock import MockFactory, MockPin
import drivers.bus, gateway.cli.safe, gateway.clock
from gateway.cli import main

class Pin(MockPin):
    def output_with_state(self, state):
        self._function = "output"
        self._change_state(bool(state))
    def _change_state(self, value):
        with open({pins!r}, "a") as file:
            file.write(f"{{time.monotonic()}} {{self._number}} {{int(value)}}\\n")
        return super()._change_state(value)

factory = MockFactory(pin_class=Pin)
real = drivers.bus.open_bus
def open_bus(kind, **options):
    return real(kind, **(options | {{"backend": lambda: factory}}))
drivers.bus.open_bus = gateway.cli.safe.open_bus = open_bus
gateway.clock.SystemClock.state = lambda self: gateway.clock.ClockState.SYNCHRONISED
sys.exit(main(sys.argv[1:]))
"""
SITE = """
gateway: gw
link: {{host: 127.0.0.1, port: {port}, keepalive: 5s, backoff: 100ms, backoff_cap: 500ms}}
store: {{directory: "{folder}/store", runtime_directory: "{folder}/run"}}
buses: {{header: {{kind: gpio}}}}
devices:
  pump:
    driver: digital_output
    bus: header
    pin: 27
    safe: {{on: off}}
    channels: {{on: {{safety: {safety}}}}}
"""
REQUEST = "edgetwin/commands/things/gw/executions/{}/request/json"
RESPONSE = "edgetwin/commands/things/gw/executions/+/response/json"


class Box:
    """The box: its pins, its daemon, and what systemd does with it."""

    def __init__(self, folder, broker, safety):
        self.folder, self.broker = folder, broker
        self.pins = folder / "pins"
        self.pins.touch()
        self.config = folder / "site.yaml"
        self.config.write_text(SITE.format(port=broker.port, folder=folder, safety=safety), encoding="utf-8")
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM.format(pins=str(self.pins)), encoding="utf-8")
        self.daemon = None
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(folder / "notify"))
        self.notices.setblocking(False)
        self.log = (folder / "daemon.log").open("ab")

    def start(self, **environment):
        self.daemon = subprocess.Popen(
            [sys.executable, "-P", str(self.program), "run", "--config", str(self.config)],
            env={**os.environ, "PYTHONPATH": str(HOUSE), **environment},
            stderr=self.log,
        )

    def make_safe(self):
        """What ExecStopPost= does."""
        return subprocess.run(
            [sys.executable, "-P", str(self.program), "safe", "--config", str(self.config)],
            env={**os.environ, "PYTHONPATH": str(HOUSE)},
            check=True,
            capture_output=True,
        )

    def end(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
        if self.daemon is not None:
            self.daemon.wait()
        self.notices.close()
        self.log.close()

    def changes(self):
        """Every change of the pin: (seconds of the monotonic clock, on)."""
        found = [(0.0, False)]
        for line in self.pins.read_text(encoding="ascii").splitlines():
            time_s, _, level = line.split()
            if found[-1][1] is not (level == "1"):
                found.append((float(time_s), level == "1"))
        return found[1:]

    @property
    def on(self):
        changes = self.changes()
        return bool(changes) and changes[-1][1]

    async def until_it_is(self, *, on):
        async def look():
            return True if self.on is on else None

        return await until(look, START_S, 0.02)

    async def until_there_is(self, *names):
        """Until the daemon has made these files in its runtime directory."""

        async def look():
            return all((self.folder / "run" / name).exists() for name in names) or None

        return await until(look, START_S, 0.02)

    def heard(self):
        """Whether the service manager was told anything since it last looked."""
        heard = b""
        while True:
            try:
                heard += self.notices.recv(4096)
            except BlockingIOError:
                return heard


def order(value=True, lasts_s=60.0):
    now_s = time.time()
    return json.dumps({"channel": "pump/on", "value": value, "issued": now_s, "expires": now_s + lasts_s})
