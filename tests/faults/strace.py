"""strace on a run: its system calls written down, or made to fail."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.zygote import Run

PROGRAM = shutil.which("strace")
ATTACH_S = 10.0


@functools.cache
def missing() -> str:
    """Why strace cannot be used here; empty where it can."""
    if PROGRAM is None:
        return "strace is not installed"
    probe = subprocess.run([PROGRAM, "-qq", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return "" if probe.returncode == 0 else f"strace may not trace here: {probe.stderr.strip()[:200]}"


@contextlib.contextmanager
def attached(run: Run, output: Path, arguments: Sequence[str], paths: Sequence[Path] = ()) -> Iterator[None]:
    """Trace a run that has stopped itself, let it go on, and wait on leaving until all is written down."""
    assert PROGRAM is not None
    only = [word for path in paths for word in ("-P", str(path))]
    command = [PROGRAM, "-f", "-p", str(run.pid), "-o", str(output), *only, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            if "attached" not in said:
                raise RuntimeError(f"strace did not attach: {said}{tracer.stderr.read()}")
            run.send(signal.SIGCONT)
            yield
            tracer.stderr.read()
        except BaseException:
            tracer.kill()
            raise


@contextlib.contextmanager
def passing(run: Run, output: Path, arguments: Sequence[str], paths: Sequence[Path] = ()) -> Iterator[None]:
    """Trace a run that is under way, or has stopped itself, and let it go on leaving, as if nothing had been."""
    assert PROGRAM is not None
    only = [word for path in paths for word in ("-P", str(path))]
    command = [PROGRAM, "-f", "-p", str(run.pid), "-o", str(output), *only, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            tracer.kill()
            raise RuntimeError(f"strace did not attach: {said}")
        run.send(signal.SIGCONT)
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.stderr.read()
