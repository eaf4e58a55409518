from __future__ import annotations

import pytest

from drivers.ads1115 import Ads1115Input, Ads1115Settings
from drivers.base import BadValueError
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.mcp4725 import Mcp4725Settings
from drivers.pca9685 import Pca9685Output, Pca9685Settings
from drivers.pms5003 import Pms5003Settings
from drivers.pwm_output import PwmOutputSettings
from drivers.register_map import RegisterMapSettings
from drivers.servo import ServoSettings
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
        "fan/on": "fan.on",
        "heater/on": "heater.on",
    }


def test_a_meter_counts_what_comes_in_and_nothing_that_goes_out():
    coupled = couple([SimulatedDevice("mains", "register_map", RegisterMapSettings(map="sdm120"))], {})
    assert (coupled["mains/import_energy"], coupled["mains/power"]) == ("mains.energy", "mains.power")
    assert [series for series in coupled if "export" in series] == []


def test_a_sensor_that_is_named_so_hangs_outside():
    couplings = couple([SimulatedDevice("outside", "sht4x", Sht4xSettings())], {})
    assert set(couplings.values()) == {"outside.temperature", "outside.humidity"}


LAMP = SimulatedDevice("lamp", "digital_output", DigitalOutputSettings(pin=24))


@pytest.mark.parametrize(
    ("devices", "heater"),
    [([LAMP], "lamp/on"), ([LAMP, FAN], "lamp/on"), ([LAMP, HEATER], "heater/on"), ([HEATER, LAMP], "heater/on")],
)
def test_the_heater_is_the_output_that_is_named_so_or_the_first_that_is_named_after_nothing(devices, heater):
    assert [series for series, quantity in couple(devices, {}).items() if quantity == "heater.on"] == [heater]


def test_an_output_that_is_named_after_something_else_is_no_heater():
    assert couple([FAN], {}) == {"fan/on": "fan.on"}


def test_in_a_pump_house_switches_move_the_water_and_its_probe_and_float_see_it():
    names = ("feed-pump", "valve-a", "valve-b")
    switches = [SimulatedDevice(name, "digital_output", DigitalOutputSettings(pin=22)) for name in names]
    probe = SimulatedDevice("tank", "ads1115", Ads1115Settings(inputs={"level": Ads1115Input(pin="A0")}))
    top = SimulatedDevice("float", "digital_input", DigitalInputSettings(pin=17))
    assert couple([*switches, probe, top], {}) == {
        "feed-pump/on": "pump.on",
        "valve-a/on": "valve.on",
        "tank/level": "tank.voltage",
        "float/closed": "tank.room",
    }


def test_what_is_wanted_for_one_switch_is_not_given_to_another():
    pumps = [SimulatedDevice(name, "digital_output", DigitalOutputSettings(pin=22)) for name in ("pump-1", "pump-2")]
    assert couple(pumps, {"pump-2/on": "pump.on"}) == {"pump-2/on": "pump.on"}


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
        ("heater/on", "door.closed", "door.closed is measured, and this channel drives; allowed: heater.on, pump.on, "),
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


def test_a_dimmer_that_is_named_after_nothing_is_no_heater():
    dimmers = SimulatedDevice("dimmers", "pca9685", Pca9685Settings())
    assert couple([dimmers, LAMP], {}) == {"lamp/on": "heater.on"}
    assert couple([dimmers], {}) == {}


def test_what_gives_a_share_of_the_power_drives_what_it_is_named_after():
    outputs = {"heat": Pca9685Output(output=0), "vent": Pca9685Output(output=1), "lamp": Pca9685Output(output=2)}
    board = SimulatedDevice("board", "pca9685", Pca9685Settings(outputs=outputs))
    pump = SimulatedDevice("pump", "pwm_output", PwmOutputSettings(pin=18))
    valve = SimulatedDevice("valve", "mcp4725", Mcp4725Settings())
    assert couple([board, pump, valve, LAMP], {}) == {
        "board/heat": "heater.on",
        "board/vent": "fan.on",
        "pump/duty": "pump.on",
        "valve/voltage": "valve.on",
    }


def test_a_switch_goes_before_a_dimmer_of_the_same_name():
    dimmer = SimulatedDevice("heat-lamp", "pwm_output", PwmOutputSettings(pin=18))
    assert couple([dimmer, HEATER], {}) == {"heater/on": "heater.on"}
    assert couple([dimmer, HEATER], {"heat-lamp/duty": "heater.on"}) == {"heat-lamp/duty": "heater.on"}


def test_what_stands_somewhere_drives_nothing():
    servo = SimulatedDevice("valve", "servo", ServoSettings(pin=18))
    assert couple([servo], {}) == {}
    with pytest.raises(BadValueError, match=r"valve.on is in boolean, the channel in /"):
        couple([servo], {"valve/position": "valve.on"})


def test_a_dimmer_measures_nothing():
    dimmer = SimulatedDevice("lamp", "pwm_output", PwmOutputSettings(pin=18))
    with pytest.raises(BadValueError, match=r"tank.level is measured, and this channel drives"):
        couple([dimmer], {"lamp/duty": "tank.level"})
