"""Who has a part finds its driver by the name that is printed on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.part_names import DRIVERS_MAX, MULTIPLEXER_HINT, drivers_for, hint

TITLES = {
    "sht3x": "Sensirion SHT30, SHT31, SHT35",
    "sht4x": "Sensirion SHT40, SHT41, SHT43, SHT45",
    "shtc3": "Sensirion SHTC3",
    "sgp30": "Sensirion SGP30",
    "iio": "Linux IIO: DHT11, DHT22, any sensor with a kernel driver",
    "hcsr04": "Ultrasonic distance: HC-SR04, JSN-SR04T, RCWL-1601",
    "register_map": "Modbus device by its registers (SDM120, PZEM-004T, any PLC)",
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("SHT31", ("sht3x",)),
        ("sht45", ("sht4x",)),
        ("SHT4X", ("sht4x",)),
        ("dht22", ("iio",)),
        ("DHT-11", ("iio",)),
        ("hc-sr04", ("hcsr04",)),
        ("jsn_sr04t", ("hcsr04",)),
        ("pzem004t", ("register_map",)),
        ("PLC", ("register_map",)),
        ("registermap", ("register_map",)),
        ("sht3", ()),
        ("pn532", ()),
        ("", ()),
        ("-", ()),
    ],
)
def test_a_part_is_found_however_its_name_is_written(word, expected):
    assert drivers_for(word, TITLES) == expected


def test_a_word_that_fits_to_many_parts_names_none():
    assert len([title for title in TITLES.values() if "Sensirion" in title]) > DRIVERS_MAX
    assert drivers_for("Sensirion", TITLES) == ()


def test_the_hint_names_the_driver_and_what_it_is_for():
    assert hint("SHTC-3", TITLES) == "did you mean shtc3 (Sensirion SHTC3)?"
    assert hint("toaster", TITLES) == ""


@pytest.mark.parametrize("word", ["TCA9548A", "tca9548", "PCA9548A"])
def test_a_multiplexer_belongs_into_the_bus(word):
    assert hint(word, TITLES) == MULTIPLEXER_HINT


@pytest.mark.parametrize(
    ("word", "driver"),
    [("SI7021", "htu21d"), ("BMP085", "bmp180"), ("DHT22", "iio"), ("PMS7003", "pms5003"), ("relay", "digital_output")],
)
def test_an_unknown_driver_comes_with_the_one_for_that_part(word, driver):
    with pytest.raises(registry.UnknownDriverError, match=rf"did you mean {driver} \("):
        registry.get(word)


def test_a_part_that_nobody_knows_is_not_taken_for_another():
    for word in ("CC1101", "AM2302", "warp_core"):
        with pytest.raises(registry.UnknownDriverError, match="drivers are"):
            registry.get(word)


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_what_is_found_is_always_among_the_drivers(word, titles):
    assert set(drivers_for(word, titles)) <= set(titles)
    assert all(drivers_for(name, titles) for name in titles if name.isalnum() and name.isascii())
