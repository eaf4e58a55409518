"""Processes for the workload within milliseconds: one that has imported everything, and forks for each run.

Spoken to by lines: a plan as JSON asks for a run and is answered by its process id; a process id asks for its end and
is answered by its status, negative for a signal. Nobody else waits for these processes, so an id stays theirs until
then, and a signal reaches nobody else.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.faults.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG, PR_SET_PTRACER, ANYBODY = 1, 0x59616D61, -1
"""prctl(2): no run outlives the zygote, and strace may attach to it, whatever Yama says."""


STOPS_S = 0.001


class Run:
    """A run that is under way."""

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self.pid = pid
        self._zygote = zygote
        self._handle = os.pidfd_open(pid)

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself in so many seconds; waits for that."""
        return bool(select.select([self._handle], [], [], max(0.0, seconds))[0])

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        signal.pidfd_send_signal(self._handle, number)

    def freeze(self) -> None:
        """Stop every thread of it, each behind the system call that it is in."""
        self.send(signal.SIGSTOP)
        while not all(stat.read_text().rpartition(") ")[2].startswith(("T", "Z")) for stat in self._stats()):
            self.ends_within(STOPS_S)

    def _stats(self) -> list[Path]:
        return list(Path(f"/proc/{self.pid}/task").glob("*/stat"))

    def end(self, patience_s: float = 30.0) -> int:
        """Its exit status, negative for a signal; by SIGKILL where it does not end in time."""
        if not self.ends_within(patience_s):
            self.send(signal.SIGKILL)
        os.close(self._handle)
        return self._zygote.wait(self.pid)

    def kill(self) -> int:
        """End it by SIGKILL."""
        self.send(signal.SIGKILL)
        return self.end()


class Zygote:
    """The process that forks."""

    def __init__(self, *prefix: str) -> None:
        """Start it; `prefix` is a program that starts it, such as unshare."""
        command = [*prefix, sys.executable, "-P", "-m", "tests.faults.zygote"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True
        )

    @property
    def pid(self) -> int:
        """Its process id, and so the name of the namespaces that its runs live in."""
        return self._process.pid

    def start(self, plan: Plan) -> Run:
        """Begin a run."""
        Path(plan.memory).mkdir(parents=True, exist_ok=True)
        return Run(self, self._ask(msgspec.json.encode(plan).decode()))

    def finish(self, plan: Plan) -> int:
        """Do a run to its end; returns its exit status."""
        return self.start(plan).end(plan.patience_s + 15.0)

    def ready(self) -> None:
        """Wait until it forks: whatever started it has done its part by then."""
        self._ask("")

    def wait(self, pid: int) -> int:
        return self._ask(str(pid))

    def _ask(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that forks has ended")
        return int(answer)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextlib.contextmanager
def zygote(*prefix: str) -> Iterator[Zygote]:
    """A process that forks, ended with everything it started."""
    one = Zygote(*prefix)
    try:
        yield one
    finally:
        one.close()


def serve() -> None:
    """Answer lines until there are no more."""
    from tests.faults import workload  # noqa: PLC0415 - only this process pays for it

    for line in sys.stdin:
        if line.startswith("{"):
            plan = msgspec.json.decode(line, type=Plan)
            pid = os.fork()
            if pid == 0:
                _become(plan, workload.main)
            if plan.stalled:
                os.waitpid(pid, os.WUNTRACED)
            answer = pid
        elif not line.strip():
            answer = 0
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(int(line), 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _become(plan: Plan, main: object) -> None:
    """The child: a run and nothing else. Never returns."""
    status = 70
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
        log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDWR)
        for target, source in enumerate((nothing, log, log)):
            os.dup2(source, target)
        os.closerange(3, 64)
        status = main(plan)  # type: ignore[operator]
    except BaseException:  # noqa: BLE001 - told, and the status says so too
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
