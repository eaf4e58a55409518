from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.mlx90614 import decode_temperature, decode_word
from drivers.simulated.mlx90614 import SimulatedMlx90614
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus


@pytest.fixture
def chip():
    return SimulatedMlx90614(0x5A, lambda: -18.5, lambda: 24.0)


def test_the_example_of_the_datasheet_comes_out():
    assert decode_word(0x5A, 0x07, bytes.fromhex("D23A30")) == 0x3AD2
    assert decode_temperature(0x3AD2) == 28.01


@pytest.mark.parametrize(("word", "celsius"), [(0x27AD, -70.01), (0x3559, -0.01), (0x4DC4, 125.01), (0x7FFF, 382.19)])
def test_a_word_is_kelvin_in_steps_of_two_hundredths(word, celsius):
    assert decode_temperature(word) == celsius


@pytest.mark.parametrize("word", [0x8000, 0xFFFF])
def test_a_flagged_error_is_no_temperature(word):
    with pytest.raises(NoAnswerError, match="flags an error"):
        decode_temperature(word)


@given(st.integers(3, 0x77), st.sampled_from([6, 7]), st.binary(max_size=5))
def test_bytes_of_any_kind_are_a_word_or_a_checksum_error(address, register, data):
    try:
        word = decode_word(address, register, data)
    except ChecksumError:
        return
    assert word.to_bytes(2, "little") == data[:2]


def test_the_code_covers_address_and_register():
    good = bytes.fromhex("D23A30")
    for address, register in ((0x5B, 0x07), (0x5A, 0x06)):
        with pytest.raises(ChecksumError):
            decode_word(address, register, good)


def test_both_temperatures_are_read_with_their_signs(chip):
    driver = with_chip("mlx90614", chip)
    driver.open()
    assert driver.read() == {"object": pytest.approx(-18.5, abs=0.011), "ambient": pytest.approx(24.0, abs=0.011)}


def test_a_part_that_has_stored_another_address_is_told(chip):
    chip._word = lambda _: 0xBE5B
    with pytest.raises(WrongPartError, match="stored the address 0x5B"):
        with_chip("mlx90614", chip).open()


def test_a_gas_sensor_at_its_address_is_told():
    with pytest.raises(WrongPartError, match="another part answers"):
        with_chip("mlx90614", Memory(), address=0x5A).open()


def test_one_disturbed_answer_at_the_opening_is_asked_for_again(chip):
    chip.faults.corrupt_every = 2
    driver = with_chip("mlx90614", chip)
    for _ in range(3):
        driver.open()


def test_without_a_repeated_start_there_is_no_answer(chip):
    bus = i2c_bus({0x5A: chip}, None)
    with pytest.raises(NoAnswerError):
        bus.read(0x5A, 3)


def test_an_error_of_the_part_fails_the_reading(chip):
    driver = with_chip("mlx90614", chip)
    driver.open()
    chip._word = lambda _: 0x8001
    with pytest.raises(NoAnswerError, match="0x5A: it flags an error"):
        driver.read()
