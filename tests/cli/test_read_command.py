"""`edgetwin read`: one device at the prompt, with a gateway running and without, and never two at one part."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

import gateway.devices.site
from drivers.base import NoAnswerError, NotYetError, SystemClock
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.world import WorldSettings
from gateway.app.runtime import status_socket
from gateway.cli.part import NothingYetError, OpenedPart, Shown
from gateway.cli.read import AGAIN_S, WAIT_S, look, main
from gateway.config import load
from gateway.errors import EdgetwinError
from tests.fakes.clock import FakeClock

SITE = """
gateway: gw
store: {{directory: {folder}/store, runtime_directory: {folder}}}
buses: {{wire: {{kind: i2c, device: {folder}/no-such-bus}}, header: {{kind: gpio}}}}
devices:
  room: {{driver: sht4x, bus: wire, every: 5s}}
  heater: {{driver: digital_output, bus: header, pin: 27, safe: {{on: false}}}}
"""
DOCUMENT = {
    "gateway": "gw",
    "devices": {
        "room": {"state": "up", "reason": ""},
        "soil": {"state": "down", "reason": "no answer at 0x48"},
        "gas": {"state": "up", "reason": "warming up, 9 s to go"},
    },
    "series": {
        "room/temperature": {"value": 21.430000000000003, "unit": "Cel", "quality": "good", "age_s": 12.4},
        "room/humidity": {"value": 130.0, "unit": "%RH", "quality": "bad", "age_s": 0.2},
        "roomier/temperature": {"value": 1.0, "unit": "Cel", "quality": "good", "age_s": 0.2},
        "soil/a0": {"value": 1.0, "unit": "V", "quality": "good", "age_s": 70.0},
        "gas/eco2": {},
    },
}


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE.format(folder=tmp_path), encoding="utf-8")
    return file


async def read_from_a_gateway(site, device, *words, document=DOCUMENT):
    async with status_socket(site.parent, lambda: document):
        return await asyncio.to_thread(main, [device, "--config", str(site), *words])


async def test_a_running_gateway_is_asked_and_that_is_said(site, capsys):
    assert await read_from_a_gateway(site, "room") == 0
    out = capsys.readouterr().out
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  temperature 21.43 Cel 12 s ago, humidity 130 %RH \(bad\)  \(from the running gateway\)\n", out
    )


@pytest.mark.parametrize(("device", "told"), [
    ("soil", "soil is down: no answer at 0x48"),
    ("cellar", "no device 'cellar'; there are room, soil, gas"),
])  # fmt: skip
async def test_what_the_gateway_cannot_read_is_told_with_its_reason(site, capsys, device, told):
    assert await read_from_a_gateway(site, device) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"edgetwin read: {told}\n")


async def test_a_gateway_whose_answer_makes_no_sense_keeps_us_from_the_part(site, capsys):
    """Two that talk to one part disturb each other."""
    assert await read_from_a_gateway(site, "room", document={"what": "?"}) == 1
    assert "a gateway may be running" in capsys.readouterr().err


def test_where_no_gateway_runs_the_part_itself_is_read(site, capsys, monkeypatch):
    hardware = SimulatedHardware(
        WorldSettings(),
        SystemClock(),
        {"wire": [SimulatedDevice("room", "sht4x", load(site).devices[0].settings)]},
    )
    real = gateway.devices.site.open_bus
    monkeypatch.setattr(
        gateway.devices.site,
        "open_bus",
        lambda kind, **given: real(kind, **given | {"backend": hardware.backend("wire")}),
    )
    assert main(["room", "--config", str(site), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["source"] == "read here, no gateway is running"
    assert document["readings"].keys() == {"temperature", "humidity"}
    temperature = document["readings"]["temperature"]
    assert temperature == {"value": pytest.approx(18, abs=3), "unit": "Cel", "quality": "good", "age_s": 0.0}


def test_a_wire_that_is_not_there_is_told_with_what_to_do(site, capsys):
    assert main(["room", "--config", str(site)]) == 1
    assert "no-such-bus does not exist; switch I2C on" in capsys.readouterr().err


def test_outputs_are_not_touched_to_look_at_them(site, capsys):
    assert main(["heater", "--config", str(site)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "heater is not opened, since that may drive its outputs (on)" in err


@pytest.mark.parametrize("device", ["room", "heater"])
def test_on_fake_hardware_everything_can_be_read(site, device, capsys):
    assert main([device, "--config", str(site), "--fake-hardware"]) == 0
    assert "(simulated here)" in capsys.readouterr().out


def test_without_a_gateway_a_configuration_is_needed_and_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("gateway.cli.read.StoreSettings", lambda: load_store(tmp_path))
    assert main(["room"]) == 1
    assert "give --config FILE" in capsys.readouterr().err


def load_store(folder):
    file = folder / "store.yaml"
    file.write_text(f"gateway: g\nstore: {{runtime_directory: {folder}}}\n", encoding="utf-8")
    return load(file).store


def test_an_unknown_device_is_answered_with_those_that_there_are(site, capsys):
    assert main(["cellar", "--config", str(site)]) == 1
    assert "no device 'cellar'; there are room, heater" in capsys.readouterr().err


class Part:
    """Gives or raises what it is told, one after the other, and then it is enough."""

    source = "here"

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def read(self):
        if not self.outcomes:
            raise KeyboardInterrupt
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return {"t": Shown(value=outcome, unit="Cel", quality="good")}


def looked(part, every_s=None):
    shown, slept = [], []
    try:
        status = look(part, lambda _source, readings: shown.append(readings["t"].value), slept.append, every_s=every_s)
    except KeyboardInterrupt:
        status = None
    return status, shown, slept


def test_a_part_that_warms_up_is_waited_for_and_that_is_told_once(capsys):
    not_yet = NothingYetError("warming up")
    assert looked(Part(not_yet, not_yet, 21.0)) == (0, [21.0], [AGAIN_S, AGAIN_S])
    assert capsys.readouterr().err == "edgetwin read: warming up\n"


def test_a_part_that_never_has_anything_to_say_is_given_up():
    part = Part(*[NothingYetError("warming up")] * 1000)
    status, shown, slept = looked(part)
    assert (status, shown, sum(slept)) == (1, [], WAIT_S)


def test_watched_it_goes_on_through_failures_as_often_as_it_is_read():
    part = Part(20.0, EdgetwinError("no answer"), NothingYetError("warming up"), 21.0)
    assert looked(part, every_s=5.0) == (None, [20.0, 21.0], [5.0] * 4)


class Driver:
    """What an opened part asks of its driver."""

    def __init__(self, *outcomes):
        self.outcomes, self.asked = list(outcomes), []

    def open(self):
        self.asked.append("open")

    def read(self):
        self.asked.append("read")
        if isinstance(outcome := self.outcomes.pop(0), Exception):
            raise outcome
        return outcome

    def close(self):
        self.asked.append("close")


def test_a_part_is_opened_again_after_a_failure_and_left_open_while_it_warms_up(site):
    loaded = load(site)
    part = OpenedPart(loaded, loaded.devices[0], FakeClock(), SystemClock())
    part._driver = driver = Driver(NotYetError("soon"), NoAnswerError("gone"), {"temperature": 20.0})
    with pytest.raises(NothingYetError, match="soon"):
        part.read()
    with pytest.raises(EdgetwinError, match="gone"):
        part.read()
    assert part.read() == {"temperature": Shown(value=20.0, unit="Cel", quality="good")}
    assert driver.asked == ["open", "read", "read", "close", "open", "read"]
