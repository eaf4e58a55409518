from __future__ import annotations

import pytest

from drivers.ads1115 import Ads1115Input, Ads1115Settings
from drivers.base import BadValueError
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.pca9685 import Pca9685Settings
from drivers.pms5003 import Pms5003Settings
from drivers.sht4x import Sht4xSettings
from drivers.simulated.coupling import SimulatedDevice, couple
from drivers.simulated.world import QUANTITIES

ROOM = SimulatedDevice("room", "sht4x", Sht4xSettings())
GARDEN = SimulatedDevice(
    "garden",
    "ads1115",
    Ads1115Settings(
        inputs={"moisture": Ads1115Input(pin="A0", scale=-0.667, offset=1.8, unit="/"), "light": Ads1115Input(pin="A1")}
    ),
)
DUST = SimulatedDevice("air", "pms5003", Pms5003Settings())
DOOR = SimulatedDevice("door", "digital_input", DigitalInputSettings(pin=17))
FAN = SimulatedDevice("fan", "digital_output", DigitalOutputSettings(pin=23))
HEATER = SimulatedDevice("heater", "digital_output", DigitalOutputSettings(pin=22))


def test_every_channel_has_the_likely_quantity():
    assert couple([ROOM, GARDEN, DUST, DOOR, FAN, HEATER], {}) == {
        "room/temperature": "room.temperature",
        "room/humidity": "room.humidity",
        "garden/moisture": "soil.voltage",
        "garden/light": "light.voltage",
        "air/pm1": "dust.pm1",
        "air/pm2_5": "dust.pm2_5",
        "air/pm10": "dust.pm10",
        "door/closed": "door.closed",
        "heater/on": "heater.on",
    }


def test_a_sensor_that_is_named_so_hangs_outside():
    couplings = couple([SimulatedDevice("outside", "sht4x", Sht4xSettings())], {})
    assert set(couplings.values()) == {"outside.temperature", "outside.humidity"}


@pytest.mark.parametrize(
    ("devices", "heater"), [([FAN], "fan/on"), ([FAN, HEATER], "heater/on"), ([HEATER, FAN], "heater/on")]
)
def test_the_heater_is_the_output_that_is_named_so_or_the_first(devices, heater):
    assert couple(devices, {}) == {heater: "heater.on"}


def test_what_is_wanted_goes_before_what_is_likely():
    wanted = {"room/temperature": "outside.temperature", "fan/on": "heater.on", "garden/moisture": "soil.moisture"}
    couplings = couple([ROOM, GARDEN, FAN, HEATER], wanted)
    assert couplings | wanted == couplings
    assert "heater/on" not in couplings
    assert couplings["room/humidity"] == "room.humidity"


def test_a_contact_may_watch_the_heater():
    assert couple([DOOR, HEATER], {"door/closed": "heater.on"})["door/closed"] == "heater.on"


@pytest.mark.parametrize(
    ("series", "quantity", "message"),
    [
        ("room/temprature", "room.temperature", r"unknown channel 'room/temprature'; did you mean room/temperature\?"),
        ("zzz", "room.temperature", "unknown channel 'zzz'; there are door/closed, "),
        ("room/temperature", "room.temprature", r"unknown quantity 'room.temprature'; did you mean room.temperature\?"),
        ("room/temperature", "zzz", "unknown quantity 'zzz'; there are air.co2, "),
        ("room/temperature", "room.humidity", "room.humidity is in %RH, the channel in Cel"),
        ("room/temperature", "door.closed", "door.closed is in boolean, the channel in Cel"),
        ("room/temperature", "heater.on", "heater.on is in boolean, the channel in Cel"),
        ("door/closed", "soil.voltage", "soil.voltage is in V, the channel in boolean"),
        ("heater/on", "door.closed", "door.closed is measured, and this channel drives; allowed is heater.on"),
        ("garden/light", "soil.moisture", "soil.moisture is in /, the channel in V"),
        ("garden/moisture", "room.temperature", "room.temperature is in Cel, the channel in /"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(series, quantity, message):
    with pytest.raises(BadValueError, match=f"couple: .*{message}"):
        couple([ROOM, GARDEN, DOOR, HEATER], {series: quantity})


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_named_after_something_and_what_of_it(name):
    thing, _, what = name.partition(".")
    assert thing
    assert what


def test_without_devices_there_is_nothing_to_couple():
    assert couple([], {}) == {}
    with pytest.raises(BadValueError, match="unknown channel"):
        couple([], {"room/temperature": "room.temperature"})


def test_an_output_that_is_no_switch_is_no_heater():
    fans = SimulatedDevice("heat-fans", "pca9685", Pca9685Settings())
    assert couple([fans, FAN], {}) == {"fan/on": "heater.on"}
