from __future__ import annotations

import errno

import pytest

from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.bus.files import PAGE_BYTES, Folder
from drivers.bus.onewire import OneWireBus
from drivers.simulated.ds18b20 import SimulatedDs18b20
from drivers.simulated.files import SimulatedFolder
from tests.simulation.virtual_clock import VirtualClock

PART = "28-00000a1b2c3d"


@pytest.fixture
def root(tmp_path):
    """The kernel's folders, with one part in them."""
    (tmp_path / "w1_bus_master1").mkdir()
    (tmp_path / PART).mkdir()
    (tmp_path / PART / "w1_slave").write_text("hello\n")
    return tmp_path


def bus_at(path) -> OneWireBus:
    return OneWireBus(device=str(path))


def test_parts_are_found_by_their_ids_and_files_are_read(root):
    (root / "10-000800123456").mkdir()
    bus = bus_at(root)
    assert bus.ids() == ("10-000800123456", PART)
    assert bus.read(PART) == "hello\n"


def test_what_a_shorted_line_looks_like_is_no_part(root):
    (root / "00-000000000000").mkdir()
    (root / "28-000000000000").mkdir()
    assert bus_at(root).ids() == (PART,)


def test_a_missing_folder_is_told_with_what_switches_it_on(tmp_path):
    bus = bus_at(tmp_path / "none")
    with pytest.raises(BusError, match="dtoverlay=w1-gpio"):
        bus.ids()
    with pytest.raises(BusError, match="does not exist"):
        bus.read(PART)


def test_a_folder_without_master_is_no_bus(tmp_path):
    with pytest.raises(BusError, match="no bus master"):
        bus_at(tmp_path).ids()


def test_a_bus_without_parts_is_a_bus(tmp_path):
    (tmp_path / "w1_bus_master1").mkdir()
    assert bus_at(tmp_path).ids() == ()


def test_a_part_that_is_not_there_is_told_with_those_that_are(root):
    with pytest.raises(NoAnswerError, match=f"no part 28-000000000001; found: {PART}"):
        bus_at(root).read("28-000000000001")
    with pytest.raises(NoAnswerError, match=f"{PART} has no resolution"):
        bus_at(root).read(PART, "resolution")


def test_a_bus_that_comes_later_is_found(root):
    hidden = root.with_name("hidden")
    root.rename(hidden)
    bus = bus_at(root)
    with pytest.raises(BusError):
        bus.read(PART)
    hidden.rename(root)
    assert bus.read(PART) == "hello\n"
    bus.close()
    assert bus.read(PART) == "hello\n"


def test_a_file_is_written_without_being_cut_or_made(root):
    bus = bus_at(root)
    bus.write(PART, "w1_slave", "HE")
    assert bus.read(PART) == "HEllo\n"
    with pytest.raises(NoAnswerError):
        bus.write(PART, "resolution", "9")
    assert not (root / PART / "resolution").exists()


def test_a_read_is_one_page_at_most(root):
    (root / PART / "w1_slave").write_bytes(b"\xff" * 3 * PAGE_BYTES)
    assert len(bus_at(root).read(PART)) == PAGE_BYTES


@pytest.mark.parametrize(
    ("number", "expected", "message"),
    [
        (errno.EIO, NoAnswerError, "does not answer"),
        (errno.EACCES, BusError, "may not be read"),
        (errno.ENODEV, BusError, "does not exist"),
    ],
)
def test_errors_of_the_kernel_have_names(number, expected, message):
    folder = SimulatedFolder({}, broken=lambda: number)
    with pytest.raises(expected, match=message):
        OneWireBus(lambda: folder).read(PART)


def test_a_folder_that_may_not_be_listed_is_an_error_of_the_bus():
    folder = SimulatedFolder({}, broken=lambda: errno.EACCES)
    with pytest.raises(BusError, match="cannot be read: Permission denied"):
        OneWireBus(lambda: folder).ids()


def test_what_only_root_may_write_is_told():
    part = SimulatedDs18b20(PART, VirtualClock(), lambda: 20.0)
    part.writable = False
    bus = OneWireBus(lambda: SimulatedFolder({PART: part}))
    with pytest.raises(WrongPartError, match="as root"):
        bus.write(PART, "resolution", "9\n")


def test_the_simulated_tree_behaves_as_a_real_one(root):
    part = SimulatedDs18b20(PART, VirtualClock(), lambda: 20.0)
    made = SimulatedFolder({PART: part}, {"w1_bus_master1/w1_master_name": "w1_bus_master1\n"})
    (root / "w1_bus_master1" / "w1_master_name").write_text("w1_bus_master1\n")
    for files in (made, Folder(str(root))):
        assert list(files.names("")) == [PART, "w1_bus_master1"]
        assert list(files.names("w1_bus_master1")) == ["w1_master_name"]
        assert files.read("w1_bus_master1/w1_master_name") == "w1_bus_master1\n"
        for call in (lambda files=files: files.names("gone"), lambda files=files: files.read(f"{PART}/gone")):
            with pytest.raises(OSError, match="No such file"):
                call()
    with pytest.raises(OSError, match="Permission"):
        made.write("w1_bus_master1/w1_master_name", "x")
