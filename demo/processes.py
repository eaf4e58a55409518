"""The programs that the demo starts: each in a session of its own, with a log, and none left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from demo import tether
from demo.waiting import to_its_end

HOUSE = Path(__file__).resolve().parents[1]
"""Where the packages lie; the programs find them where we did."""

STOP_S = 10.0
"""From SIGTERM to SIGKILL: the daemon's own bound for a stop, and some for a busy machine."""

LOG_LINES_SHOWN = 5
LOG_BYTES_SHOWN = 4096
"""Read from the end of a log to show its last lines."""


class Child:
    """A running program. Its memory and its writes are measured as the kernel counts them."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.pid = process.pid
        self.log = log
        self.rss_peak_bytes = 0
        self.disk_bytes = 0
        self._process = process
        self._ended = asyncio.Event()
        self._handle = os.pidfd_open(process.pid)
        asyncio.get_running_loop().add_reader(self._handle, self._on_end)

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    def measure(self) -> None:
        """Bring `rss_peak_bytes` and `disk_bytes` up to date; what has ended keeps its last values."""
        if self.status is None:
            # A program that has ended and is not yet waited for has its counts still, and no memory any more.
            self.rss_peak_bytes = max(self.rss_peak_bytes, self._count("status", "VmHWM") * 1024)
            self.disk_bytes = max(self.disk_bytes, self._count("io", "write_bytes"))

    def _count(self, file: str, key: str) -> int:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/{file}").read_text(encoding="ascii").splitlines():
                name, _, value = line.partition(":")
                if name == key:
                    return int(value.split()[0])
        return 0

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended gets none."""
        if self.status is None:
            self._process.send_signal(number)

    async def wait(self) -> int:
        """The exit status, when it has ended."""
        await self._ended.wait()
        return self._process.returncode

    async def stop(self, patience_s: float = STOP_S) -> int:
        """End it by SIGTERM, and by SIGKILL where `patience_s` is not enough; returns the exit status."""
        self.measure()
        self.send(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                return await self.wait()
        return await self.kill()

    async def kill(self) -> int:
        """End it by SIGKILL; returns the exit status."""
        self.measure()
        self.send(signal.SIGKILL)
        return await self.wait()

    def last_lines(self) -> list[str]:
        """The end of its log."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES_SHOWN))
            return file.read().decode(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return []

    def _on_end(self) -> None:
        self.measure()
        # The number of its group cannot be given to another before it is waited for.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)
        self._ended.set()


class Processes:
    """All that were started; the newest ends first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []

    def __iter__(self) -> Iterator[Child]:
        return iter(self._children)

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Child:
        """Start the program `arguments[0]` (a path); what it says goes to the log of that name.

        Raises:
            OSError: it cannot be started.
        """
        log = self._logs / f"{name}.log"
        python_path = os.pathsep.join(filter(None, (str(HOUSE), os.environ.get("PYTHONPATH"))))
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - we say what is started
                [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": python_path, **(environment or {})},
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def start_module(self, name: str, module: str, *arguments: str) -> Child:
        """Start a module of this house in a Python like ours.

        Raises:
            OSError: it cannot be started.
        """
        return self.start(name, [sys.executable, "-P", "-m", module, *arguments])

    async def stop(self) -> None:
        """End all, the newest first, even while being cancelled."""
        await to_its_end(self._stop())

    async def _stop(self) -> None:
        for child in reversed(self._children):
            await child.stop()


@contextlib.asynccontextmanager
async def processes(logs: Path) -> AsyncIterator[Processes]:
    """Programs that are all ended on leaving."""
    started = Processes(logs)
    try:
        yield started
    finally:
        await started.stop()
