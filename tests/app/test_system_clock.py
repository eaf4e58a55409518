"""The machine's clocks: what never jumps, what may be wrong, and whether that is known."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway import clock
from gateway.clock import MAXERROR_UNSYNCHRONISED_US, SystemClock
from gateway.core.reading import ClockState


@pytest.fixture
def system(monkeypatch, tmp_path):
    """The machine's clocks, where nobody has synchronised them yet."""
    monkeypatch.setattr(clock, "SYNCHRONISED_FILE", tmp_path / "synchronized")
    return SystemClock()


def kernel(answer, maxerror=0):
    """A C library whose kernel gives this answer and knows the time to within so many microseconds."""

    def adjtimex(reference):
        timex = reference._obj
        assert timex.modes == 0, "the clock is only asked, never set"
        timex.maxerror = maxerror
        return answer

    return SimpleNamespace(adjtimex=adjtimex)


def test_boottime_is_the_kernels_and_never_goes_back(system):
    seen = [system.boottime_ns() for _ in range(100)]
    assert seen == sorted(seen)
    up_s = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    assert seen[-1] / 1e9 == pytest.approx(up_s, abs=5)


def test_the_wall_clock_is_the_machines(system):
    assert system.wall_ns() / 1e9 == pytest.approx(time.time(), abs=5)


def test_a_boot_has_one_name_for_all_processes(system):
    assert system.boot_id == SystemClock().boot_id
    assert len(system.boot_id) == 36


def test_where_the_kernel_does_not_tell_every_run_is_a_boot_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(clock, "BOOT_ID_FILE", tmp_path / "absent")
    names = {SystemClock().boot_id for _ in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize(("answer", "maxerror", "state"), [
    (0, 0, ClockState.SYNCHRONISED),
    (0, MAXERROR_UNSYNCHRONISED_US - 1, ClockState.SYNCHRONISED),
    (0, MAXERROR_UNSYNCHRONISED_US, ClockState.UNSYNCHRONISED),
    (5, MAXERROR_UNSYNCHRONISED_US, ClockState.UNSYNCHRONISED),
    (5, 500_000, ClockState.SYNCHRONISED),
    (-1, 0, ClockState.UNSYNCHRONISED),
])  # fmt: skip
def test_the_clock_is_synchronised_when_the_kernels_bound_says_that_somebody_set_it(system, answer, maxerror, state):
    system._libc = kernel(answer, maxerror)
    assert system.state() is state


def test_the_word_of_the_time_service_is_enough(system):
    system._libc = kernel(-1)
    clock.SYNCHRONISED_FILE.touch()
    assert system.state() is ClockState.SYNCHRONISED


def test_the_kernel_here_answers_the_question_as_it_is_asked(system):
    """The structure that it fills has the layout that it knows."""
    timex = clock._Timex()
    if system._libc.adjtimex(clock.ctypes.byref(timex)) < 0:
        pytest.skip("a sandbox forbids the question")
    assert 0 <= timex.maxerror <= MAXERROR_UNSYNCHRONISED_US
    assert abs(timex.freq) <= 500 << 16
