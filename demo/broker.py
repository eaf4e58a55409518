"""A broker for the demo: Mosquitto where it is installed, otherwise one in Python, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Child, Processes
from demo.waiting import until

HOST = "127.0.0.1"
MOSQUITTO, AMQTT = "mosquitto", "amqtt"

EVERYBODY = "allow_anonymous true"
"""What the configuration of Mosquitto says where nobody has to log in."""

ELSEWHERE = "/usr/sbin:/usr/local/sbin"
"""Where Debian keeps servers, outside the search path of ordinary users."""

START_S = 15.0
"""Longest wait for the first answer; Mosquitto takes milliseconds, the one in Python a second."""
ANSWER_S = 1.0
PORTS_TRIED = 3
"""A free port may be taken by somebody else before the broker has it."""

CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x05\x00\x04demo"
"""An MQTT 3.1.1 CONNECT (section 3.1) of the client `demo`, clean session, keepalive 5 s."""
CONNACK = 0x20
DISCONNECT = b"\xe0\x00"

CONFIGURATION = """\
listener {port} {host}
user {user}
set_tcp_nodelay true
persistence false
log_type error
log_type warning
{access}
"""


class BrokerError(Exception):
    """There is no broker that could be started."""


@dataclass(frozen=True)
class Broker:
    """A running broker."""

    kind: str
    host: str
    port: int
    child: Child

    @property
    def address(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    @property
    def protocol(self) -> str:
        """What a site's file has to say of the version of MQTT.

        The broker in Python takes a connection of version 5 that has a will for a broken one, and does not answer.
        """
        return "auto" if self.kind == MOSQUITTO else '"3.1.1"'


def mosquitto() -> str | None:
    """Where Mosquitto is installed; None where it is not."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=ELSEWHERE)


async def start_broker(
    processes: Processes, folder: Path, *, port: int | None = None, access: str = EVERYBODY
) -> Broker:
    """Start a broker on `port` of the loopback interface (a free one where not given) and wait until it answers.

    `access` is what Mosquitto's configuration says of who may enter; the one in Python lets everybody in.

    Raises:
        BrokerError: there is none, or it does not come up.
    """
    for _ in range(PORTS_TRIED):
        broker = _start(processes, folder, port or free_port(), access)
        if await _answers(broker):
            return broker
        await broker.child.stop()
    raise BrokerError(f"the broker ({broker.kind}) does not answer; it says: {' | '.join(broker.child.last_lines())}")


def _start(processes: Processes, folder: Path, port: int, access: str) -> Broker:
    program = mosquitto()
    if program is None:
        if importlib.util.find_spec("amqtt") is None:
            raise BrokerError("there is no broker; install mosquitto, or the extra: pip install 'edgetwin[demo]'")
        return Broker(AMQTT, HOST, port, processes.start_module("broker", "demo.python_broker", HOST, str(port)))
    # Started by root it would become another user, who may not enter our folder.
    user = pwd.getpwuid(os.geteuid()).pw_name
    file = folder / "mosquitto.conf"
    file.write_text(CONFIGURATION.format(port=port, host=HOST, user=user, access=access), encoding="utf-8")
    return Broker(MOSQUITTO, HOST, port, processes.start("broker", [program, "-c", str(file)]))


def free_port() -> int:
    """A port of the loopback interface that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(broker: Broker) -> bool:
    async def look() -> bool | None:
        return False if broker.child.status is not None else (await speaks_mqtt(broker.host, broker.port) or None)

    return bool(await until(look, START_S))


async def speaks_mqtt(host: str, port: int) -> bool:
    """Whether somebody there answers a CONNECT, with whatever verdict."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(CONNECT)
                answer = await reader.readexactly(4)
                writer.write(DISCONNECT)
                await writer.drain()
            finally:
                writer.close()
            return answer[0] == CONNACK
    return False
