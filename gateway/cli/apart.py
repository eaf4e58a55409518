"""Work that is needed once, done in a child process: the memory that it took goes back to the system, all of it."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")

DIED = 1
"""Exit status that stands for a child which a signal ended."""


def apart(work: Callable[[], T]) -> T:
    """What `work` returns, which has to be picklable. Of what else it does only what it says and writes is left.

    The child is a fork: this must be called before the process has threads.

    Raises:
        SystemExit: `work` exited with that status, failed and said so (1), or was killed (1).
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # Else the child would say it once more.
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _do(work, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a pipe has no path
        outcome = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status or not outcome:
        raise SystemExit(status if status >= 0 else DIED)
    made: T = pickle.loads(outcome)  # noqa: S301 - from our own child, over a pipe that nobody else has
    return made


def _do(work: Callable[[], T], writing: int) -> NoReturn:
    """In the child: work, hand over, and end without what an interpreter does at its end, which is the parent's."""
    status = 1
    try:
        outcome = pickle.dumps(work())
        with open(writing, "wb") as pipe:
            pipe.write(outcome)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent goes by the status
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
