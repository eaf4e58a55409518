"""What the kernel says of the process, and what the service manager is told of it."""

from __future__ import annotations

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.health import Notifier, Usage, usage, watchdog_interval_s

STATUS = "Name:\tpython3\nState:\tR (running)\nVmHWM:\t   30720 kB\nVmRSS:\t   28672 kB\nThreads:\t4\n"
IO = "rchar: 323934931\nwchar: 323929600\nwrite_bytes: 323932160\ncancelled_write_bytes: 4096\n"


def process(folder, status=STATUS, io=IO):
    for name, text in (("status", status), ("io", io)):
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_what_the_kernel_counts_is_in_bytes(tmp_path):
    used = usage(process(tmp_path))
    assert (used.rss_bytes, used.rss_peak_bytes) == (28_672 * 1024, 30_720 * 1024)
    assert used.disk_bytes_written == 323_932_160 - 4096
    assert used.cpu_s > 0


@pytest.mark.parametrize(("status", "io"), [
    (None, None),
    ("", ""),
    ("VmRSS:\t-\nVmHWM:\n", "write_bytes: many\n"),
    ("VmRSS\nVmHWM 4 kB\n", "write_bytes 4\n"),
    (b"VmRSS:\t\xff\xb2 kB\n", b"write_bytes: \xb2\n"),
])  # fmt: skip
def test_what_the_kernel_does_not_tell_is_zero(tmp_path, status, io):
    used = usage(process(tmp_path, status, io))
    assert used == Usage(0, 0, used.cpu_s, 0)


def test_more_cancelled_than_written_is_nothing_written(tmp_path):
    used = usage(process(tmp_path, io="write_bytes: 1\ncancelled_write_bytes: 4096\n"))
    assert used.disk_bytes_written == 0


def test_this_process_uses_memory():
    used = usage()
    assert 1_000_000 < used.rss_bytes <= used.rss_peak_bytes


class Manager:
    """A service manager: keeps what it is told. It listens like systemd, on a datagram socket."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(address)

    def heard(self):
        said = []
        while True:
            try:
                said.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return said


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """A manager and its address as NOTIFY_SOCKET gives it."""
    name = f"edgetwin-{os.getpid()}-{tmp_path.name}"
    address = str(tmp_path / "notify") if request.param == "path" else f"\0{name}"
    one = Manager(address)
    one.address = address if request.param == "path" else f"@{name}"
    with one.socket:
        yield one


def test_every_word_is_one_datagram(manager):
    notifier = Notifier(manager.address)
    notifier.ready()
    notifier.alive()
    notifier.status("connected; 3 readings waiting")
    notifier.stopping()
    assert manager.heard() == ["READY=1", "WATCHDOG=1", "STATUS=connected; 3 readings waiting", "STOPPING=1"]


def test_a_status_is_told_when_it_changes(manager):
    notifier = Notifier(manager.address)
    for text in ("a", "a", "b", "b", "a"):
        notifier.status(text)
    assert manager.heard() == ["STATUS=a", "STATUS=b", "STATUS=a"]


def test_a_manager_that_does_not_listen_any_more_stops_nothing(manager):
    """Its socket takes a few datagrams and then no more: who waits for room there waits for ever."""
    notifier = Notifier(manager.address)
    notifier.ready()
    for _ in range(2000):
        notifier.alive()
    heard = manager.heard()
    assert heard[0] == "READY=1"
    assert len(heard) < 2000
    notifier.stopping()
    assert manager.heard() == ["STOPPING=1"]


def test_a_status_that_found_no_room_is_told_again(manager):
    notifier = Notifier(manager.address)
    for _ in range(2000):
        notifier.alive()
    notifier.status("a")
    manager.heard()
    notifier.status("a")
    assert manager.heard() == ["STATUS=a"]


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify", "vsock:2:1234", "x" * 200, "@" + "x" * 200])
def test_where_nobody_can_be_told_nothing_happens(address):
    notifier = Notifier(address)
    notifier.ready()
    notifier.status("a")
    notifier.alive()
    notifier.stopping()


ME = str(os.getpid())


@pytest.mark.parametrize(("environment", "interval_s"), [
    ({}, None),
    ({"WATCHDOG_USEC": "30000000"}, 15.0),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ME}, 15.0),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
    ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ""}, None),
    ({"WATCHDOG_PID": ME}, None),
    ({"WATCHDOG_USEC": ""}, None),
    ({"WATCHDOG_USEC": "0"}, None),
    ({"WATCHDOG_USEC": "-1"}, None),
    ({"WATCHDOG_USEC": "1e6"}, None),
    ({"WATCHDOG_USEC": "\u00b2"}, None),
])  # fmt: skip
def test_the_watchdog_is_told_twice_as_often_as_it_wants_where_it_wants_this_process(environment, interval_s):
    assert watchdog_interval_s(environment) == interval_s


@given(text=st.text(max_size=12))
def test_no_text_in_the_environment_stops_the_start(text):
    interval_s = watchdog_interval_s({"WATCHDOG_USEC": text})
    assert interval_s is None or interval_s > 0
