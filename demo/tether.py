"""Becomes another program that the kernel kills when the one who started it ends, however that happens.

usage: tether.py PARENT PROGRAM [ARGUMENT...]

PARENT is the process id of whoever starts this. It is a program of its own, because what runs between fork and exec in
a process with threads must not be Python.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2); the setting survives execve."""


def main(argv: list[str]) -> None:
    """Become the program in `argv`; returns only where the parent is already gone.

    Raises:
        OSError: there is no such program, or the kernel cannot do it.
    """
    parent, program, *arguments = argv
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() == int(parent):
        os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
