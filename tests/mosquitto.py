"""A real Mosquitto on a free port of the loopback interface, started and stopped by a test."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

HOST = "127.0.0.1"
CONFIGURATION = """
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
persistence false
max_queued_messages 10000
log_type error
log_type information
"""


def executable() -> str | None:
    """Where Mosquitto is; it is often outside a user's own search path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


STOP_S = 5.0
"""It ends within milliseconds, or not at all."""


class Mosquitto:
    """A broker that can be stopped and started again on the same port."""

    def __init__(self, directory: Path, extra: str = "") -> None:
        self.host = HOST
        self.port = free_port()
        self._file = directory / "mosquitto.conf"
        self._file.write_text(CONFIGURATION.format(host=HOST, port=self.port) + extra)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = executable()
        assert program is not None, "mosquitto is not installed"
        self._process = subprocess.Popen([program, "-c", str(self._file)], stderr=subprocess.PIPE)
        said = []
        for line in self._process.stderr:
            said.append(line.decode().strip())
            if line.endswith(b"running\n"):
                return
        raise AssertionError(f"mosquitto does not run: {said}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.communicate(timeout=STOP_S)
            except subprocess.TimeoutExpired:  # Now and then it misses the signal.
                self._process.kill()
                self._process.communicate()
            self._process = None

    def __iter__(self):
        """Host and port, for those who want no more."""
        return iter((self.host, self.port))
