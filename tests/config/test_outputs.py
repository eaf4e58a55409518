"""What is left of a configuration with mistakes for those who make its outputs safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import load_outputs
from gateway.config.outputs import read_outputs
from gateway.config.problems import Report
from tests.config.samples import CLIMATE, GATEWAY, GOOD, HEATER, ROOM, changed, nobody
from tests.config.samples import read as read_whole
from tests.drivers.plug_in_packages import GOOD as SENSOR
from tests.drivers.plug_in_packages import install

__all__ = ["install"]

TWO = HEATER + "\n  fan: {driver: digital_output, bus: header, pin: 22, safe: {on: true}}"


def read(text):
    """The outputs of `text` as device to safe values, and the lines about what is left out."""
    report = Report("site.yaml")
    outputs = read_outputs(text, report, nobody)
    assert (outputs is None) <= (len(report) > 0)
    if outputs is None:
        return None, []
    return {one.name: dict(one.safe) for one in outputs.devices}, [str(one) for one in outputs.left_out]


BOTH = {"heater": {"on": False}, "fan": {"on": True}}


def with_two(*changes):
    return changed((HEATER, TWO)).replace(*changes) if changes else changed((HEATER, TWO))


def test_a_good_file_gives_every_output_and_leaves_none_out():
    assert read(with_two()) == (BOTH, [])


def test_devices_and_buses_are_those_of_the_site():
    site, _ = read_whole(GOOD)
    outputs = read_outputs(GOOD, Report("site.yaml"), nobody)
    assert outputs.buses == {bus.name: bus for bus in site.buses}
    (heater,) = outputs.devices
    (same,) = (one for one in site.devices if one.name == "heater")
    assert (heater.driver, heater.bus, heater.settings, heater.safe) == (
        same.driver,
        same.bus,
        same.settings,
        same.safe,
    )


@pytest.mark.parametrize("change", [
    (CLIMATE, CLIMATE.replace("room/", "rome/")),
    (CLIMATE, "climate: 7"),
    (GATEWAY, "gateway: [1]"),
    (GATEWAY, "gatway: a"),
    (GATEWAY, GATEWAY + "\nlink: {host: [], prot: 1}"),
    (GATEWAY, GATEWAY + "\nstore: 5"),
    (GATEWAY, GATEWAY + "\nrules: {r: {when: never, then: 5}, s: {}}"),
    (ROOM, "room: {driver: sht4xx, bus: i2c-1}"),
    (ROOM, "room: {driver: sht4x, bus: i2c-1, address: 0x99}"),
    (ROOM, "room: {}"),
    (ROOM, "room:"),
    ("uart: {kind: serial}", "uart: {kind: cereal}"),
], ids=str)  # fmt: skip
def test_a_mistake_elsewhere_leaves_no_output_out(change):
    assert read(with_two(*change)) == (BOTH, [])


@pytest.mark.parametrize("heater", [
    HEATER.replace("pin", "pim"),
    HEATER.replace("pin: 27", "pin: [27]"),
    HEATER.replace("pin: 27", "pin: 27, unknown: 1"),
    HEATER.replace("bus: header", "bus: footer"),
    HEATER.replace("bus: header", "bus: i2c-1"),
    HEATER.replace("bus: header, ", ""),
    HEATER.replace("digital_output", "digital_outptu"),
    HEATER.replace("{on: false}", "5"),
    HEATER.replace("safe: {on: false}", "safe: &x {on: false}"),
], ids=str)  # fmt: skip
def test_a_device_with_a_mistake_is_left_out_and_named_with_its_place(heater):
    outputs, left_out = read(with_two(HEATER, heater))
    assert outputs == {"fan": {"on": True}}
    assert left_out == ["site.yaml:11:3: devices.heater: is left as it is, for what is wrong with it or its bus"]


@pytest.mark.parametrize("heater", [
    HEATER.replace("27", "27, every: soon"),
    HEATER.replace("27", "27, channels: {on: {mode: often}}"),
    HEATER.replace("27", "27, channels: {on: {safety: {interlock: {unless: {channel: room/tempo, above: 5}}}}}"),
], ids=str)  # fmt: skip
def test_a_device_that_is_mistaken_only_in_how_it_is_watched_gets_its_safe_value(heater):
    assert read(with_two(HEATER, heater)) == (BOTH, [])


@pytest.mark.parametrize("safe", ["{}", "{of: false}", "{on: perhaps}"])
def test_a_channel_whose_safe_value_is_missing_or_mistaken_is_left_out(safe):
    outputs, left_out = read(with_two(HEATER, HEATER.replace("{on: false}", safe)))
    assert outputs == {"fan": {"on": True}}
    assert [line.split(": ")[1] for line in left_out] == ["devices.heater.safe.on"]


def test_a_safe_value_outside_of_the_limits_of_its_channel_is_not_driven():
    dac = "dac: {driver: mcp4725, bus: i2c-1, supply: 5, safe: {voltage: 4}, channels: {voltage: {safety: LIMITS}}}"
    inside, *contradictions = (
        dac.replace("LIMITS", f"{{limits: {{{one}}}}}") for one in ("max: 4.5", "max: 3", "max: x")
    )
    assert read(with_two(ROOM, inside)) == (BOTH | {"dac": {"voltage": 4.0}}, [])
    for outside in contradictions:
        outputs, left_out = read(with_two(ROOM, outside))
        assert outputs == BOTH
        assert ["devices.dac.safe.voltage" in line for line in left_out] == [True]


def test_an_output_on_a_bus_with_a_mistake_is_left_out():
    outputs, left_out = read(with_two("header: {kind: gpio}", "header: {kind: gipo}"))
    assert outputs == {}
    assert [line.split(": ")[1] for line in left_out] == ["devices.heater", "devices.fan"]


def test_of_two_outputs_at_one_place_only_the_first_is_driven():
    outputs, left_out = read(with_two("pin: 22", "pin: 27"))
    assert outputs == {"heater": {"on": False}}
    assert [line.split(": ")[1] for line in left_out] == ["devices.fan"]


@pytest.mark.parametrize("code", ["1 / 0", "raise SystemExit", SENSOR.replace("def channels", "def canals")])
def test_a_driver_of_another_package_that_is_broken_leaves_out_its_device_alone(install, code):
    install(code=code)
    foreign = "valve: {driver: good, bus: i2c-1, safe: {open: false}}"
    outputs, left_out = read(with_two(ROOM, foreign))
    assert outputs == BOTH
    assert left_out == ["site.yaml:7:3: devices.valve: is left as it is, for what is wrong with it or its bus"]


@pytest.mark.parametrize("error", ["KeyError", "SystemExit"])
def test_settings_of_another_package_that_refuse_with_any_error_are_told_at_their_device(install, error):
    check = f"    address: int = 0x20\n\n    def __post_init__(self):\n        raise {error}('no')\n"
    install(code=SENSOR.replace("    address: int = 0x20\n", check))
    site, problems = read_whole(changed((ROOM, "room: {driver: good, bus: i2c-1}")))
    assert site is None
    assert error in problems[0]
    assert "devices.room" in problems[0]


@pytest.mark.parametrize("text", ["", "[]", "gateway: [", "a: 1\n---\nb: 1"])
def test_of_a_text_that_is_no_mapping_nothing_is_left(text):
    assert read(text) == (None, [])


@pytest.mark.parametrize("devices", ["7", "[]", "*all"])
def test_devices_that_are_no_mapping_are_left_out_as_a_whole(devices):
    outputs, left_out = read(f"gateway: gw\ndevices: {devices}\n")
    assert outputs == {}
    assert [line.split(": ")[1] for line in left_out] == ["devices"]


def test_a_section_or_device_that_stands_twice_is_left_out():
    assert [line.split(": ")[1] for line in read(GOOD + "devices: {}\n")[1]] == ["devices"]
    assert [line.split(": ")[1] for line in read(with_two("fan:", "heater:"))[1]] == ["devices.heater"]


def test_the_file_is_read_from_the_disk_and_its_mistakes_are_told_with_what_is_left(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(with_two(CLIMATE, "climate: 7") + f"store: {{runtime_directory: {tmp_path}}}\n", encoding="utf-8")
    outputs, problems = load_outputs(file)
    assert [one.name for one in outputs.devices] == ["heater", "fan"]
    assert outputs.runtime_directory == str(tmp_path)
    assert [problem.path for problem in problems] == ["thermostats.climate"]
    assert load_outputs(tmp_path / "none.yaml")[0] is None


TYPOS = st.lists(
    st.tuples(st.integers(0, len(HEATER)), st.sampled_from([*"{}[]:,&*!'7 ", "safe", "on", "22"])), max_size=5
)


@given(TYPOS)
def test_whatever_is_wrong_with_one_output_the_other_is_driven_as_it_was_or_named(typos):
    heater = HEATER
    for place, typo in typos:
        heater = heater[:place] + typo + heater[place:]
    text = with_two(HEATER, heater)
    outputs, left_out = read(text)
    site, _ = read_whole(text)
    if site is not None:
        assert left_out == []
        assert outputs == {one.name: one.safe for one in site.devices if one.safe}
    elif outputs is not None and "fan" in outputs:
        assert outputs["fan"] == {"on": True}
    elif outputs is not None:
        assert any("devices.fan: " in line or ": devices: " in line for line in left_out)
