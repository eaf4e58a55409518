"""A scale and an offset that are taken make a finite value of every raw number, and no two of them the same."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115 import Ads1115Input, channel_of
from drivers.byte_registers import I2cRegister
from drivers.byte_registers import limits as byte_limits
from drivers.registers import Register, limits
from drivers.straight_line import OFFSET_MAX, SCALE_MAX, SCALE_MIN, check_scale
from drivers.text_lines import TextField

FIELDS = {
    "input": lambda **line: Ads1115Input(pin="A0", **line),
    "register": lambda **line: Register(address=0, **line),
    "register of bytes": lambda **line: I2cRegister(register=0, **line),
    "field": lambda **line: TextField(key=0, **line),
}


@given(st.floats(), st.floats())
def test_whatever_is_given_is_taken_or_refused(scale, offset):
    fits = SCALE_MIN <= abs(scale) <= SCALE_MAX and abs(offset) <= OFFSET_MAX
    with contextlib.nullcontext() if fits else pytest.raises(ValueError, match="allowed"):
        check_scale(scale, offset)


@given(st.sampled_from([1, -1]), st.floats(SCALE_MIN, SCALE_MAX), st.floats(-OFFSET_MAX, OFFSET_MAX))
def test_the_range_of_a_converter_is_of_finite_numbers(sign, scale, offset):
    channel = channel_of("a", Ads1115Input(pin="A0", scale=sign * scale, offset=offset))
    assert all(map(math.isfinite, (channel.low, channel.high, channel.resolution)))


@pytest.mark.parametrize("type_", ["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"])
@pytest.mark.parametrize("scale", [-SCALE_MAX, SCALE_MAX])
def test_the_range_of_a_register_is_of_finite_numbers(type_, scale):
    assert all(map(math.isfinite, limits(Register(address=0, type=type_, scale=scale))))


@pytest.mark.parametrize("width", [8, 16, 24, 32])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("scale", [-SCALE_MAX, SCALE_MAX])
def test_the_range_of_a_register_of_bytes_is_of_finite_numbers(width, signed, scale):
    assert all(map(math.isfinite, byte_limits(I2cRegister(register=0, width=width, signed=signed, scale=scale))))


@pytest.mark.parametrize("line", [{"scale": 1e300}, {"scale": 1e-320}, {"scale": 0.0}, {"offset": 1e300}])
@pytest.mark.parametrize("kind", FIELDS)
def test_every_channel_that_is_scaled_refuses_the_same(kind, line):
    with pytest.raises(ValueError, match=f"{next(iter(line))} .*; allowed: "):
        FIELDS[kind](**line)
