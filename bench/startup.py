"""What a start costs: CPU time until the daemon tells the service manager that it is ready.

The child that reads its configuration for it is counted too, to a tick of the clock. Byte code is there, as after an
installation. The baseline is an interpreter that loads asyncio and ends.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
from dataclasses import dataclass

from bench import counters
from bench.children import BenchError, surroundings
from bench.daemon import CHANNELS, Place, command, unit_environment, write_site
from bench.environment import base_environment, compile_rooms
from bench.result import Measured, Metric
from demo.broker import free_port
from demo.folders import Folders, folders

METRICS = (Metric("cpu_ms", "ms", target=350),)
READY = b"READY=1"
READY_S = 30.0
DATAGRAM_BYTES = 4096


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    starts: int = 7
    base_only: bool = True
    """See `memory.Sizes`."""


FULL = Sizes()
QUICK = Sizes(starts=1, base_only=False)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    environment = await base_environment(make=sizes.base_only)
    await compile_rooms(environment.python)
    with folders(None) as made:
        started = [await _start(environment.python, made) for _ in range(sizes.starts + 1)]
    plain = [await asyncio.to_thread(_interpreter, environment.python) for _ in range(sizes.starts + 1)]
    # The first of each reads everything from the disk.
    return Measured(
        {"cpu_ms": statistics.median(started[1:])},
        {"cpu_ms": statistics.median(plain[1:])},
        [
            environment.note,
            f"median of {sizes.starts} starts with 20 simulated devices and {CHANNELS} channels; the broker is away",
            f"they took {min(started[1:]):.0f} to {max(started[1:]):.0f} ms",
        ],
    )


async def _start(python: str, made: Folders) -> float:
    """CPU time of one start, in milliseconds."""
    config = write_site(made.state, Place(free_port(), None, made.store, made.runtime))
    address = made.state / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.setblocking(False)
        environment = {**surroundings(), **unit_environment(), "NOTIFY_SOCKET": str(address)}
        # Started by nobody else: what a helper did in the same process would be counted as the daemon's.
        daemon = await asyncio.create_subprocess_exec(
            *command(python, config), env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(READY_S):
                await _ready(manager)
            return (counters.cpu_s(daemon.pid) + counters.children_cpu_s(daemon.pid)) * 1000
        except TimeoutError:
            raise BenchError(f"the daemon was not ready within {READY_S:g} s") from None
        finally:
            if daemon.returncode is None:
                daemon.terminate()
            await daemon.wait()
            address.unlink()


async def _ready(manager: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while READY not in await loop.sock_recv(manager, DATAGRAM_BYTES):
        pass


def _interpreter(python: str, code: str = "import asyncio") -> float:
    """CPU time of an interpreter that runs `code`, in milliseconds."""
    child = subprocess.Popen([python, "-P", "-c", code], env=surroundings())  # noqa: S603 - ours
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return (used.ru_utime + used.ru_stime) * 1000
