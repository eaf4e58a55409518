from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.checksums import crc16_arc
from drivers.dsmr_telegram import (
    QUANTITIES,
    TELEGRAM_BYTES_MAX,
    decode_gas,
    decode_quantity,
    parse_telegram,
    split_telegrams,
)

IMPORT_1 = QUANTITIES["import_energy_1"]


def telegram(*lines: str) -> bytes:
    body = "\r\n".join(["/ISK5\\2M550T-1012", "", *lines, "!"]).encode()
    return body + f"{crc16_arc(body):04X}\r\n".encode()


GOOD = telegram(
    "1-3:0.2.8(50)", "1-0:1.8.1(001581.123*kWh)", "1-0:1.8.2(001435.706*kWh)", "1-0:1.7.0(02.027*kW)",
    "0-1:24.1.0(003)", "0-1:96.1.0(3232323241424344)", "0-1:24.2.1(101209112500W)(12785.123*m3)",
)  # fmt: skip


def gas_of(*lines: str) -> float | None:
    return decode_gas(parse_telegram(telegram(*lines)))


def test_a_telegram_is_taken_apart():
    objects = parse_telegram(GOOD)
    assert objects["1-3:0.2.8"] == ["50"]
    assert decode_quantity(objects, IMPORT_1) == 1581.123 * 3.6e6
    assert decode_quantity(objects, QUANTITIES["import_power"]) == 2027.0
    assert decode_quantity(objects, QUANTITIES["export_power"]) is None
    assert decode_gas(objects) == 12785.123


@pytest.mark.parametrize(
    "written", ["001581.123*kW", "001581.123", "*kWh", "-1.0*kWh", "1e5*kWh", "nan*kWh", "", "1.5*kWh*kWh"]
)
def test_a_number_that_cannot_be_is_no_value(written):
    assert decode_quantity(parse_telegram(telegram(f"1-0:1.8.1({written})")), IMPORT_1) is None


@given(st.integers(0, 999_999_999))
def test_every_count_of_a_meter_is_exact_in_joule(wh):
    line = f"1-0:1.8.1({wh // 1000:06d}.{wh % 1000:03d}*kWh)"
    assert decode_quantity(parse_telegram(telegram(line)), IMPORT_1) == wh * 3600


@pytest.mark.parametrize("channel", [1, 2, 3, 4])
@pytest.mark.parametrize("volume", ["24.2.1", "24.2.3"])
def test_gas_is_found_on_any_channel(channel, volume):
    water = ("0-4:24.1.0(007)", "0-4:24.2.1(101209112500W)(00001.000*m3)") if channel != 4 else ()
    assert gas_of(*water, f"0-{channel}:24.1.0(003)", f"0-{channel}:{volume}(101209110000S)(00012.500*m3)") == 12.5


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("0-1:24.1.0(003)",),
        ("0-1:24.2.1(101209110000W)(00012.500*m3)",),
        ("0-1:24.1.0(007)", "0-1:24.2.1(101209110000W)(00012.500*m3)"),
        ("0-1:24.1.0(003)", "0-1:24.2.1(632525252525W)(00000.000*m3)"),
        ("0-1:24.1.0(003)", "0-1:24.2.1()(00000.000*m3)"),
        ("0-1:24.1.0(003)", "0-1:24.2.1(00012.500*m3)"),
        ("0-1:24.1.0(003)", "0-1:24.2.1(101209110000W)"),
        ("0-1:24.1.0(003)", "0-1:24.2.1(101209110000W)(00012.500*GJ)"),
    ],
)
def test_without_a_gas_meter_that_was_heard_there_is_no_gas(lines):
    assert gas_of(*lines) is None


@given(st.integers(0, 8 * (GOOD.index(b"!") + 1) - 1))
def test_one_wrong_bit_is_noticed(bit):
    broken = bytearray(GOOD)
    broken[bit // 8] ^= 1 << bit % 8
    assert split_telegrams(bytes(broken))[0] == []


@given(st.lists(st.sampled_from([GOOD, GOOD[:100], GOOD[60:], b"/", b"!", b"!ABCD\r\n", b"\xff\x00"]), max_size=5))
def test_whatever_comes_only_good_telegrams_come_out_and_none_is_lost(pieces):
    found, rest = split_telegrams(b"".join(pieces) + b"!\r\n" + GOOD)
    assert found
    assert set(found) == {GOOD}
    assert rest == b""


@given(st.integers(0, len(GOOD)))
def test_a_telegram_may_come_in_two_pieces(cut):
    first, rest = split_telegrams(GOOD[:cut])
    second, rest = split_telegrams(rest + GOOD[cut:])
    assert (first + second, rest) == ([GOOD], b"")


def test_what_is_kept_has_an_end():
    assert len(split_telegrams(b"/" + b"x" * 100_000)[1]) == TELEGRAM_BYTES_MAX
    assert split_telegrams(b"x" * 100_000) == ([], b"")


@given(st.binary(max_size=200))
def test_any_bytes_between_good_ends_raise_nothing(data):
    objects = parse_telegram(b"/X\r\n" + data + b"\r\n!0000\r\n")
    assert decode_gas(objects) is None
    assert decode_quantity(objects, IMPORT_1) is None
