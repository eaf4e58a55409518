from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.nmea_sentences import Fix, decode_angle, parse_sentence, position_of, split_sentences
from drivers.simulated.nmea import sentence

RMC = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"


def told(line: bytes):
    return position_of(parse_sentence(line))


def rmc(*fields: str):
    return told(sentence(",".join(("GNRMC", *fields))))


def test_an_rmc_tells_place_and_speed():
    found = told(RMC)
    assert (found.fix, found.latitude, found.longitude) == (Fix.SATELLITES, 48.1173, pytest.approx(11.5166667))
    assert found.speed == pytest.approx(22.4 * 1852 / 3600, abs=1e-4)


def test_a_gga_tells_place_height_and_satellites():
    found = told(GGA + b"\r")
    assert (found.latitude, found.altitude, found.satellites, found.speed) == (48.1173, 545.4, 8, None)


@pytest.mark.parametrize("talker", ["GP", "GN", "GL", "GA", "GB", "BD", "GQ", "GI"])
def test_any_constellation_is_heard(talker):
    assert rmc("1", "A", "4807.038", "N", "01131.0", "E", "0", "", "230394") is not None
    found = parse_sentence(sentence(f"{talker}GGA,1,4807.038,S,01131.0,W,2,12,,1.5,M"))
    assert found.talker == talker
    assert (position_of(found).latitude, position_of(found).longitude) == (-48.1173, pytest.approx(-11.5166667))


@pytest.mark.parametrize(
    ("later", "fix"),
    [
        ([], Fix.SATELLITES),
        (["003.1", "W"], Fix.SATELLITES),
        (["", "", "A"], Fix.SATELLITES),
        (["", "", "D", "V"], Fix.SATELLITES),
        (["", "", "R", "S", "something", "newer"], Fix.SATELLITES),
        (["", "", "N"], Fix.NONE),
        (["", "", "X"], Fix.NONE),
        (["", "", "E", "V"], Fix.GUESSED),
        (["", "", "S"], Fix.GUESSED),
    ],
)
def test_an_rmc_of_any_version_of_the_standard_is_understood(later, fix):
    assert rmc("1", "A", "4807.038", "N", "01131.0", "E", "0", "", "230394", *later).fix is fix


@pytest.mark.parametrize(
    ("quality", "fix"),
    [
        ("1", Fix.SATELLITES),
        ("5", Fix.SATELLITES),
        ("0", Fix.NONE),
        ("", Fix.NONE),
        ("6", Fix.GUESSED),
        ("9", Fix.NONE),
    ],
)
def test_the_quality_of_a_gga_is_heeded(quality, fix):
    assert told(sentence(f"GPGGA,1,4807.038,N,01131.0,E,{quality},08,0.9,545.4,M")).fix is fix


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,1,A,4807.038,N,01131.0,E,0,",
        "GPGGA,1,4807.038,N,01131.0,E,1,08,0.9,545.4",
        "GPRMC,1,A,4860.000,N,01131.0,E,0,,230394",
        "GPRMC,1,A,9100.000,N,01131.0,E,0,,230394",
        "GPRMC,1,A,4807.038,X,01131.0,E,0,,230394",
        "GPRMC,1,A,4807.038,,01131.0,E,0,,230394",
        "GPRMC,1,A,4807.038,N,18100.0,E,0,,230394",
        "GPRMC,1,A,48O7.038,N,01131.0,E,0,,230394",
        "GPRMC,1,A,,,,,0,,230394",
        "GPGSV,1,1,01,17,52,210,33",
    ],
)
def test_a_sentence_without_a_place_that_can_be_tells_nothing(body):
    assert told(sentence(body)) is None


def test_what_a_sentence_leaves_empty_is_no_value():
    found = told(sentence("GPGGA,1,4807.038,N,01131.0,E,1,,0.9,,M,,M,,"))
    assert (found.altitude, found.satellites) == (None, None)
    assert rmc("1", "A", "4807.038", "N", "01131.0", "E", "", "", "230394").speed is None


@given(st.integers(8, 8 * (len(RMC) - 3) - 1))
def test_one_wrong_bit_of_what_is_summed_is_noticed(bit):
    broken = bytearray(RMC)
    broken[bit // 8] ^= 1 << bit % 8
    assert parse_sentence(bytes(broken)) is None


@pytest.mark.parametrize(
    "line", [RMC[:-3], RMC[:-1], RMC[:20], RMC[1:], b"", b"$", b"$*00", RMC + b"7", b"$" + b"A" * 500]
)
def test_what_is_cut_or_has_no_checksum_is_no_sentence(line):
    assert parse_sentence(line) is None


@given(st.lists(st.sampled_from([RMC, GGA, b"\xff\x00", b"$GPRMC,1", b"\r", b"\n", b"*"])), st.binary(max_size=80))
def test_whatever_comes_only_good_sentences_come_out(pieces, tail):
    found, rest = split_sentences(b"".join(pieces) + tail)
    assert all(one in (parse_sentence(RMC), parse_sentence(GGA)) for one in found)
    assert len(rest) <= 160


@given(st.text(max_size=60))
def test_any_fields_give_a_position_within_the_earth_or_none(text):
    body = f"GPGGA,{text}".encode("ascii", "replace").decode()
    found = parse_sentence(sentence(body))
    position = found and position_of(found)
    if position and position.fix is Fix.SATELLITES:
        assert abs(position.latitude) <= 90
        assert abs(position.longitude) <= 180


def test_the_sign_of_nothing_is_none():
    assert str(decode_angle("0000.000", "S", "NS", 90.0)) == "0.0"
