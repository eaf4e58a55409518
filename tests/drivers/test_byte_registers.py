from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError
from drivers.byte_registers import I2cRegister, decode, encode, is_whole, limits, put, raw_limits


@st.composite
def registers(draw):
    """Registers of every width, order, sign and stretch of bits, in scales that a double holds."""
    width = draw(st.sampled_from([8, 16, 24, 32]))
    lowest = draw(st.integers(0, width - 1))
    count = draw(st.integers(1, width - lowest))
    return I2cRegister(
        register=draw(st.integers(0, 255)),
        width=width,
        order=draw(st.sampled_from(["big", "little"])),
        mask=draw(st.sampled_from([None, (1 << count) - 1 << lowest])),
        signed=draw(st.booleans()),
        scale=draw(st.sampled_from([1.0, 0.0625, -0.5, 0.01, 1e-6, 1e6])),
        offset=draw(st.sampled_from([0.0, -40.0, 273.15])),
        writable=True,
    )


@given(registers(), st.data())
def test_every_raw_number_comes_back_and_other_bits_stay(register, data):
    raw = data.draw(st.integers(*raw_limits(register)))
    held = data.draw(st.binary(min_size=register.width // 8, max_size=register.width // 8))
    stored = put(register, raw, held)
    value = decode(register, stored)
    low, high = limits(register)
    assert low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high)
    assert encode(register, min(high, max(low, value)), held) == stored
    zero = (0).to_bytes(register.width // 8)
    others = int.from_bytes(held, register.order) ^ int.from_bytes(put(register, 0, held), register.order)
    assert int.from_bytes(stored, register.order) - int.from_bytes(put(register, raw, zero), register.order) == (
        int.from_bytes(held, register.order) - others
    )


@given(registers(), st.one_of(st.floats(), st.booleans(), st.text(max_size=3), st.integers()))
def test_whatever_is_written_is_taken_to_the_nearest_step_or_refused(register, value):
    held = bytes(register.width // 8)
    try:
        stored = encode(register, value, held)
    except BadValueError:
        return
    low, high = limits(register)
    assert low <= value <= high
    assert decode(register, stored) == pytest.approx(value, rel=1e-9, abs=0.51 * abs(register.scale))


@given(registers(), st.data())
def test_whatever_bytes_come_the_value_is_within_the_range(register, data):
    value = decode(register, data.draw(st.binary(min_size=register.width // 8, max_size=register.width // 8)))
    low, high = limits(register)
    assert low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high)


@pytest.mark.parametrize(
    ("settings", "data", "expected"),
    [
        ({}, "ff", 255.0),
        ({"signed": True}, "ff", -1.0),
        ({"width": 16}, "1234", 0x1234),
        ({"width": 16, "order": "little"}, "1234", 0x3412),
        ({"width": 24, "signed": True}, "fffffe", -2.0),
        ({"width": 32, "signed": True, "order": "little"}, "feffffff", -2.0),
        ({"width": 16, "mask": 0xFFF0, "signed": True, "scale": 0.0625}, "e700", -25.0),
        ({"width": 16, "mask": 0xFFF0, "signed": True, "scale": 0.0625}, "191f", 25.0625),
        ({"mask": 0x08}, "f7", 0.0),
        ({"mask": 0x08}, "08", 1.0),
        ({"mask": 0x08, "signed": True}, "08", -1.0),
        ({"scale": -0.5, "offset": 100}, "0a", 95.0),
    ],
)
def test_a_value_is_as_the_datasheet_writes_it(settings, data, expected):
    assert decode(I2cRegister(register=0, **settings), bytes.fromhex(data)) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mask": 0x100}, "mask 0x100; a register of 8 bits ends at 0xFF"),
        ({"mask": 0b101}, "mask 0x5; its bits have to be side by side"),
        ({"low": 5, "high": 5}, "low 5 is not below high 5"),
        ({"low": 300}, "low 300 is not below high 255"),
        ({"low": float("nan")}, "low nan is not below"),
        ({"unit": "degC"}, "scale to Cel"),
        ({"scale": 1e13}, "allowed"),
        ({"scale": 0}, "allowed"),
        ({"offset": float("nan")}, "allowed"),
    ],
)
def test_a_register_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        I2cRegister(register=0, **settings)


def test_a_mask_of_every_bit_is_none():
    assert is_whole(I2cRegister(register=0, width=16))
    assert is_whole(I2cRegister(register=0, width=16, mask=0xFFFF))
    assert not is_whole(I2cRegister(register=0, width=16, mask=0x7FFF))
