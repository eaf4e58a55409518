"""How each part is wired is told together with its driver."""

from __future__ import annotations

import json

import pytest

from drivers import registry
from drivers.base import BusKind
from gateway.cli import main
from gateway.cli.wiring import BY_BUS, BY_DRIVER, wiring

PINS = {2: 3, 3: 5, 4: 7, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 14: 8, 15: 10}
"""GPIO -> place on the header of 40 pins, by the Raspberry Pi's documentation."""


def test_there_is_a_note_for_every_bus_and_none_for_drivers_that_are_not_there():
    assert set(BY_BUS) == set(BusKind)
    assert set(BY_DRIVER) <= set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_every_driver_says_how_its_part_is_wired(capsys, name):
    assert main(["drivers", name]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f" wiring {wiring(registry.get(name))} settings" in shown
    assert main(["drivers", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["wiring"] == wiring(registry.get(name))


@pytest.mark.parametrize("note", [*BY_BUS.values()])
def test_a_gpio_and_its_place_on_the_header_belong_together(note):
    for found in note.split("GPIO")[1:]:
        number, _, rest = found.partition(" (")
        if number.isdecimal() and "pin " in rest:
            assert rest.partition("pin ")[2].partition(")")[0] == str(PINS[int(number)])


@pytest.mark.parametrize(("name", "words"), [
    ("sht4x", ["SDA to GPIO2", "SCL to GPIO3", "i2c_arm=on"]),
    ("hcsr04", ["3.3 V at most", "2 kOhm from there to ground"]),
    ("iio", ["DHT22", "dtoverlay=dht11,gpiopin=4"]),
    ("ds18b20", ["4.7 kOhm", "w1-gpio"]),
    ("mhz19", ["its TX to GPIO15", "5 V"]),
    ("register_map", ["RS-485", "120 Ohm"]),
])  # fmt: skip
def test_the_note_names_what_people_get_wrong(name, words):
    note = wiring(registry.get(name))
    assert [word for word in words if word not in note] == []
