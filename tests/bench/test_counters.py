"""What the kernel says, as figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import counters, disk
from bench.machine import cpu_model, describe, file_system

ROLLUP = """\
55e0c0000000-7ffd5a5f9000 ---p 00000000 00:00 0                          [rollup]
Rss:               11000 kB
Pss:                9000 kB
Shared_Clean:       4000 kB
Private_Clean:      1000 kB
Private_Dirty:      6000 kB
"""
STAT = " 6 0 12 0 5 7 222 0 0 0 1 0 0 0 0 3 0\n"


def test_what_is_private_is_what_would_be_free():
    assert counters.parse_rollup(ROLLUP) == (11_000 * 1024, 7_000 * 1024)


def test_a_device_counts_sectors_and_flushes():
    assert counters.parse_stat(STAT) == (222 * 512, 3)


def test_an_old_kernel_counts_no_flushes():
    assert counters.parse_stat("6 0 12 0 5 7 222 0 0 0 1") == (222 * 512, 0)


def test_our_own_process_has_memory_and_has_worked():
    memory = counters.memory()
    assert 0 < memory.uss <= memory.rss
    assert 0 < counters.cpu_s(os.getpid()) == pytest.approx(sum(os.times()[:2]), abs=0.5)
    assert counters.rss() <= counters.peak_rss()


def test_the_work_of_children_is_counted_whatever_the_process_is_called():
    counted = "7 (a name) S 9) S 1 7 7 0 -1 4194560 900 800 0 0 11 12 130 20 20 0 1 0 5000"
    assert counters.parse_children(counted) == 150 / os.sysconf("SC_CLK_TCK")
    assert counters.children_cpu_s(os.getpid()) == pytest.approx(sum(os.times()[2:4]), abs=0.02)


def test_a_process_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="Invalid argument"):
        counters.cpu_s(2**22 - 1)


def test_a_folder_in_memory_is_on_no_device():
    with pytest.raises(OSError, match="stat"):
        counters.device_below(Path("/proc"))


def test_the_processor_has_a_name_on_every_board(tmp_path):
    table = tmp_path / "cpuinfo"
    table.write_text("processor\t: 0\nBogoMIPS\t: 108.00\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n")
    assert cpu_model(table) == "Raspberry Pi 4 Model B Rev 1.4"
    assert cpu_model(tmp_path / "none")


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    place = tmp_path.resolve()
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nb {place} btrfs rw 0 0\nc {place}-other xfs rw 0 0\nd {place} f2fs rw 0 0\n"
    )
    assert file_system(tmp_path / "deep", mounts) == "f2fs"
    assert file_system(Path("/"), mounts) == "ext4"


def test_the_machine_is_described_and_calibrated():
    machine = describe()
    assert machine.cores >= 1
    assert min(machine.encode_1000_ms, machine.deflate_64k_ms, machine.loop_1e6_ms) > 0


def traced(*lines):
    return "".join(f"{100 + number % 2} {line}\n" for number, line in enumerate(lines))


MARK = f"fsync({disk.NO_FILE})                   = -1 EBADF (Bad file descriptor)"


def test_only_flushes_between_the_marks_are_counted():
    log = traced(
        "fdatasync(5) = 0", MARK, "fdatasync(5)                            = 0", "fsync(7) = 0", MARK, "fsync(7) = 0"
    )
    assert disk.flushes(log) == 2


def test_a_flush_that_was_interrupted_counts_once_and_one_that_failed_not_at_all():
    log = traced(
        MARK, "fsync(5 <unfinished ...>", "<... fsync resumed>) = 0", "fsync(5) = -1 EIO (Input/output error)", MARK
    )
    assert disk.flushes(log) == 1


def test_a_flush_on_behalf_of_the_kernel_is_not_counted(tmp_path):
    kernel = f"fsync({disk.NOT_THE_STORES})                   = -1 EBADF (Bad file descriptor)"
    assert disk.flushes(traced(MARK, "fsync(5) = 0", kernel, "fsync(8) = 0", MARK)) == 1
    (tmp_path / "wal").write_text("")
    disk.commit_journal(tmp_path / "wal")


def test_without_marks_nothing_is_counted():
    assert disk.flushes(traced("fsync(5) = 0")) == 0


def test_a_mark_leaves_no_trace_but_the_call():
    disk.mark()
