from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.onewire import OneWireBus
from drivers.checksums import crc8_maxim
from drivers.ds18b20 import (
    FAMILIES,
    Ds18b20,
    Ds18b20Settings,
    decode_temperature,
    is_power_on,
    parse_slave,
    resolution_bits,
)
from drivers.simulated.ds18b20 import SimulatedDs18b20
from drivers.simulated.files import SimulatedFolder
from tests.simulation.virtual_clock import VirtualClock

ID = "28-0000000000a1"
MASTER = {"w1_bus_master1/w1_master_name": "w1_bus_master1\n"}


class Water:
    temperature = 21.0


class Bench:
    """One part, its bus and what it measures."""

    def __init__(self, part_id: str = ID, **settings):
        self.water = Water()
        self.clock = VirtualClock()
        self.part = SimulatedDs18b20(part_id, self.clock, lambda: self.water.temperature)
        self.bus = OneWireBus(lambda: SimulatedFolder({part_id: self.part}, MASTER), clock=self.clock)
        self.driver = Ds18b20(self.bus, Ds18b20Settings(**settings))


@pytest.fixture
def bench():
    made = Bench()
    made.driver.open()
    return made


def scratchpad(word: int, config: int = 0x7F, count: int = 0x10) -> bytes:
    body = (word & 0xFFFF).to_bytes(2, "little") + bytes((0x4B, 0x46, config, 0xFF, count, 0x10))
    return body + bytes([crc8_maxim(body)])


def slave(data: bytes, verdict: str = "YES") -> str:
    return f"{data.hex(' ')} : crc={data[-1]:02x} {verdict}\n{data.hex(' ')} t=0\n"


@pytest.mark.parametrize(
    ("word", "temperature"),
    [
        (0x07D0, 125.0), (0x0550, 85.0), (0x0191, 25.0625), (0x00A2, 10.125), (0x0008, 0.5),
        (0x0000, 0.0), (0xFFF8, -0.5), (0xFF5E, -10.125), (0xFE6F, -25.0625), (0xFC90, -55.0),
    ],
)  # fmt: skip
def test_the_datasheets_table_of_temperatures(word, temperature):
    assert decode_temperature(scratchpad(word), "28") == temperature


def test_bits_that_a_coarse_conversion_leaves_undefined_do_not_count():
    assert decode_temperature(scratchpad(0x0197, config=0x1F), "28") == 25.0
    assert decode_temperature(scratchpad(0xFFFF, config=0x1F), "28") == -0.5
    assert [resolution_bits(scratchpad(0, config)) for config in (0x1F, 0x3F, 0x5F, 0x7F)] == [9, 10, 11, 12]


def test_a_ds18s20_is_finer_than_its_half_degrees():
    # 25.5 in half degrees, of whose degree 4 of 16 counts remain: 25 - 0.25 + 12/16.
    assert decode_temperature(bytes((0x33, 0x00, 0x4B, 0x46, 0xFF, 0xFF, 4, 16, 0)), "10") == 25.5
    assert decode_temperature(bytes((0xFF, 0xFF, 0x4B, 0x46, 0xFF, 0xFF, 4, 0, 0)), "10") == -0.5


def test_a_text_as_the_kernel_writes_it():
    text = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
    assert decode_temperature(parse_slave(text), "28") == 23.125


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (slave(scratchpad(0x191), "NO"), ChecksumError),
        (slave(scratchpad(0x191)[:-1] + b"\x00"), ChecksumError),
        (slave(bytes(9)), NoAnswerError),
        (slave(b"\xff" * 9), ChecksumError),
        ("", ChecksumError),
        ("72 01 4b", ChecksumError),
        (slave(scratchpad(0x191))[:36], ChecksumError),
    ],
)
def test_no_value_comes_from_bytes_that_nobody_sent(text, expected):
    with pytest.raises(expected):
        parse_slave(text)


@given(st.text(max_size=200))
def test_any_text_gives_nine_good_bytes_or_a_declared_error(text):
    with contextlib.suppress(ChecksumError, NoAnswerError):
        assert len(parse_slave(text)) == 9


@given(st.integers(-55 * 16, 125 * 16), st.sampled_from(sorted(FAMILIES)))
def test_what_a_part_measures_is_what_is_read(sixteenths, family):
    bench = Bench(f"{family}-0000000000a1")
    bench.driver.open()
    bench.water.temperature = sixteenths / 16
    if sixteenths != 85 * 16 or family != "10":
        assert bench.driver.read() == {"temperature": sixteenths / 16}


@given(st.binary(min_size=8, max_size=8), st.integers(0, 71))
def test_one_wrong_bit_is_noticed(body, bit):
    data = bytearray(body + bytes([crc8_maxim(body)]))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises((ChecksumError, NoAnswerError)):
        parse_slave(slave(bytes(data)))


def test_a_part_that_lost_its_supply_gives_no_85(bench):
    bench.water.temperature = 84.9
    assert bench.driver.read() == {"temperature": 84.875}
    bench.part.faults.brown_out = True
    with pytest.raises(NoAnswerError, match="loss of supply"):
        bench.driver.read()
    bench.part.faults.brown_out = False
    bench.water.temperature = 85.0
    assert bench.driver.read() == {"temperature": 85.0}


def test_85_of_a_copy_that_hides_it_is_believed_after_a_reading_near_it():
    hidden = scratchpad(0x0550, count=0x10)
    assert is_power_on(hidden, "28", math.nan)
    assert is_power_on(hidden, "28", 21.0)
    assert not is_power_on(hidden, "28", 84.0)
    assert not is_power_on(scratchpad(0x0551), "28", math.nan)


def test_a_ds18s20_without_supply_is_told_by_the_reading_before():
    bench = Bench("10-000800000001")
    bench.driver.open()
    bench.part.faults.brown_out = True
    with pytest.raises(NoAnswerError, match="loss of supply"):
        bench.driver.read()


def test_a_shorted_line_is_told(bench):
    bench.part.faults.shorted = True
    with pytest.raises(NoAnswerError, match="held low"):
        bench.driver.read()


def test_a_disturbed_answer_is_a_checksum_error_and_the_next_is_good(bench):
    bench.part.faults.corrupt_every = 1
    with pytest.raises(ChecksumError, match="pull-up"):
        bench.driver.read()
    bench.part.faults.corrupt_every = 0
    assert bench.driver.read() == {"temperature": 21.0}


def test_a_part_that_is_pulled_out_and_put_back(bench):
    bench.part.faults.absent = True
    with pytest.raises(NoAnswerError, match=f"no part {ID}; found: none"):
        bench.driver.read()
    bench.part.faults.absent = False
    assert bench.driver.read() == {"temperature": 21.0}
    bench.part.faults.hung = True
    with pytest.raises(NoAnswerError, match="does not answer"):
        bench.driver.read()


def test_without_an_id_the_only_thermometer_is_taken_and_others_are_named():
    clock = VirtualClock()
    parts = {one: SimulatedDs18b20(one, clock, lambda: 5.0) for one in ("28-0000000000a1", "22-0000000000a2")}
    driver = Ds18b20(OneWireBus(lambda: SimulatedFolder(parts, MASTER), clock=clock), Ds18b20Settings())
    with pytest.raises(WrongPartError, match="one of 22-0000000000a2, 28-0000000000a1"):
        driver.open()
    parts["28-0000000000a1"].faults.absent = True
    driver.open()
    assert driver.read() == {"temperature": 5.0}
    parts["22-0000000000a2"].faults.absent = True
    with pytest.raises(NoAnswerError, match="no thermometer"):
        driver.open()


def test_no_bus_at_all_is_an_error_of_the_bus(tmp_path):
    with pytest.raises(BusError):
        Ds18b20(OneWireBus(device=str(tmp_path)), Ds18b20Settings()).open()


def test_a_thermocouple_converter_is_no_ds1825():
    bench = Bench("3b-0000000000a1")
    bench.part.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="MAX31850"):
        bench.driver.open()


def test_the_resolution_is_set_once_and_makes_reading_faster():
    bench = Bench(resolution=9)
    bench.driver.open()
    bench.water.temperature = 21.3
    before_s = bench.clock.now_s()
    assert bench.driver.read() == {"temperature": 21.0}
    assert bench.clock.now_s() - before_s == pytest.approx(0.09375)
    assert Ds18b20.channels(Ds18b20Settings(resolution=9))[0].resolution == 0.5
    bench.part.writable = False
    bench.driver.open()


def test_a_resolution_that_may_not_be_set_is_for_a_person_to_set():
    bench = Bench(resolution=10)
    bench.part.writable = False
    with pytest.raises(WrongPartError, match="as root"):
        bench.driver.open()


def test_a_resolution_that_is_not_taken_is_told(monkeypatch):
    bench = Bench(resolution=10)
    monkeypatch.setattr(bench.part, "write", lambda *_: None)
    with pytest.raises(WrongPartError, match="12 bits after 10"):
        bench.driver.open()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"id": "28-xyz"}, "an id such as"),
        ({"id": "26-000000000001"}, "no thermometer"),
        ({"id": "10-000000000001", "resolution": 9}, "only one"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Ds18b20Settings(**settings)


def test_it_has_nothing_to_drive(bench):
    with pytest.raises(BadValueError):
        bench.driver.write("temperature", 20.0)
