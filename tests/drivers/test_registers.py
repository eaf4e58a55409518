from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BadValueError, ValueKind
from drivers.registers import Register, blocks, channel_of, decode, encode, limits, ordered, words

INTEGERS = ["u16", "s16", "u32", "s32", "u64", "s64"]
ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]


def test_the_orders_are_those_of_their_names():
    assert [ordered(b"ABCD", order) for order in ORDERS] == [b"ABCD", b"CDAB", b"BADC", b"DCBA"]


@pytest.mark.parametrize(
    ("register", "data", "value"),
    [
        (Register(address=0, type="f32"), "43666666", 230.4),
        (Register(address=0, type="u16", scale=0.1), "08D1", 225.7),
        (Register(address=0, type="u32", order="CDAB", scale=0.001), "006C0000", 0.108),
        (Register(address=0, type="s16"), "FFFF", -1.0),
        (Register(address=0, type="s16", scale=0.1, offset=-40), "8000", -3316.8),
        (Register(address=0, type="s32", order="DCBA"), "FEFFFFFF", -2.0),
        (Register(address=0, mask=0x0FF0), "1234", 0x23),
        (Register(address=0, type="bool", mask=0x0004), "0004", True),
        (Register(address=0, type="bool", mask=0x0004), "FFFB", False),
        (Register(address=0, type="u64"), "0000000100000000", 4294967296.0),
    ],
)
def test_examples_of_every_way_to_write_a_number(register, data, value):
    assert decode(register, bytes.fromhex(data)) == value


@pytest.mark.parametrize("data", ["7FC00000", "7F800000", "FF800000"])
def test_what_is_no_number_is_no_value(data):
    assert decode(Register(address=0, type="f32"), bytes.fromhex(data)) is None


def test_the_number_that_stands_for_nothing_is_no_value():
    register = Register(address=0, type="s16", missing=-32768)
    assert decode(register, b"\x80\x00") is None
    assert decode(register, b"\x80\x01") == -32767


@given(st.sampled_from(INTEGERS), st.sampled_from(ORDERS), st.data())
def test_an_integer_comes_back(kind, order, data):
    register = Register(address=0, type=kind, order=order)
    low, high = (int(end) for end in limits(Register(address=0, type=kind)))
    number = data.draw(st.integers(max(low, -(2**49)), min(high, 2**49)))
    assert decode(register, encode(register, number)) == number


@given(st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False), st.sampled_from(ORDERS))
def test_a_float_comes_back_to_seven_digits(number, order):
    register = Register(address=0, type="f32", order=order)
    assert decode(register, encode(register, number)) == pytest.approx(number, rel=1e-6)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.booleans() | st.text(max_size=3))
def test_what_does_not_fit_is_a_bad_value_and_never_another(value):
    register = Register(address=0, type="s16", scale=0.5, offset=10)
    try:
        found = decode(register, encode(register, value))
    except BadValueError:
        return
    assert abs(found - value) <= 0.25


def test_a_plausible_range_is_a_limit_for_writing():
    register = Register(address=0, scale=0.1, low=5, high=30, writable=True)
    assert encode(register, 30) == b"\x01\x2c"
    with pytest.raises(BadValueError, match="outside 5 to 30"):
        encode(register, 30.1)
    channel = channel_of("setpoint", register)
    assert (channel.low, channel.high, channel.resolution, channel.writable) == (5, 30, 0.1, True)


def test_bits_are_boolean_channels():
    for register in (Register(address=0, table="coil", writable=True), Register(address=0, type="bool", mask=2)):
        assert channel_of("x", register).kind is ValueKind.BOOLEAN
        assert words(register) == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"scale": 0.0}, "scale 0; allowed: 1e-12 to 1e"),
        ({"scale": 1e300}, "scale 1e"),
        ({"scale": -1e-300}, "scale -1e"),
        ({"scale": math.inf}, "scale inf"),
        ({"table": "input", "writable": True}, "writable: allowed for a coil"),
        ({"mask": 3, "writable": True}, "without mask"),
        ({"mask": 3, "type": "s16"}, "a s16 has none"),
        ({"address": 0xFFFF, "type": "f32"}, "beyond 65535"),
        ({"low": 3.0, "high": 3.0}, "not below"),
        ({"unit": "kWh"}, "scale to J"),
    ],
)
def test_a_register_that_cannot_be_is_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        Register(**{"address": 0, **keys})


REGISTERS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.builds(
        Register,
        address=st.integers(0, 300),
        table=st.sampled_from(["coil", "discrete", "input", "holding"]),
        type=st.sampled_from(INTEGERS),
    ),
    max_size=12,
)


@given(REGISTERS, st.integers(0, 124), st.integers(4, 125))
def test_requests_hold_every_register_once_and_keep_to_their_limits(registers, gap, longest):
    made = blocks(registers, gap, longest)
    assert sorted(name for block in made for name in block.names) == sorted(registers)
    for block in made:
        assert block.count <= (16 * longest if block.table in ("coil", "discrete") else longest)
        covered = {block.address + block.count}
        for name in block.names:
            one = registers[name]
            assert one.table == block.table
            assert block.address <= one.address
            assert one.address + words(one) <= block.address + block.count
            covered |= set(range(one.address, one.address + words(one)))
        longest_gap = longest_run([at for at in range(block.address, block.address + block.count) if at not in covered])
        assert longest_gap <= gap


def longest_run(places: list[int]) -> int:
    best = run = 0
    before = -2
    for at in places:
        run = run + 1 if at == before + 1 else 1
        best, before = max(best, run), at
    return best


def test_neighbours_are_read_together_and_strangers_are_not():
    near = {"a": Register(address=0), "b": Register(address=1), "c": Register(address=4), "d": Register(address=9)}
    assert [block.names for block in blocks(near, 2, 125)] == [("a", "b", "c"), ("d",)]
    assert [block.names for block in blocks(near, 0, 125)] == [("a", "b"), ("c",), ("d",)]
    assert [block.names for block in blocks(near, 124, 5)] == [("a", "b", "c"), ("d",)]


def test_two_channels_may_share_a_register():
    shared = {"a": Register(address=3, type="bool", mask=1), "b": Register(address=3, type="bool", mask=2)}
    assert [(block.address, block.count) for block in blocks(shared, 0, 125)] == [(3, 1)]
