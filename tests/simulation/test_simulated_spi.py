from __future__ import annotations

import pytest

from drivers.base import BusError
from drivers.bus.spi import SpiBus, SpiPart
from drivers.simulated.spi import SimulatedSpiDev
from tests.drivers.test_spi_bus import PART, Echo


def test_a_simulated_handle_that_is_closed_fails_as_a_real_one():
    handle = SimulatedSpiDev({1: Echo()})
    for _ in range(2):
        with pytest.raises(OSError, match="Bad file"):
            handle.xfer2([1])
        handle.open(0, 1)
        handle.close()


@pytest.mark.parametrize("part", [SpiPart(1, mode=1), SpiPart(1, mode=2), SpiPart(1, clock_hz=1_000_001)])
def test_a_simulated_chip_that_is_spoken_to_wrongly_hears_and_tells_something_else(part):
    chip = Echo()
    bus = SpiBus(lambda: SimulatedSpiDev({1: chip}))
    assert bus.transfer(PART, b"\x81\x42") == b"\x7e\xbd"
    assert bus.transfer(part, b"\x81\x42") != b"\x7e\xbd"
    assert chip.heard[1] == b"\x40\xa1"


def test_a_simulated_chip_can_be_gone_shorted_or_hang():
    chip = Echo()
    bus = SpiBus(lambda: SimulatedSpiDev({1: chip}))
    chip.faults.absent = True
    assert bus.transfer(PART, b"\x00\x12") == b"\xff\xff"
    chip.faults.absent, chip.faults.shorted = False, True
    assert bus.transfer(PART, b"\x00\x12") == b"\x00\x00"
    chip.faults.hung = True
    with pytest.raises(BusError, match="timed out"):
        bus.transfer(PART, b"x")
    assert chip.heard == []
