from __future__ import annotations

import typing

import pytest

from drivers.bus.modbus_line import ModbusBus
from drivers.register_map import RegisterMap, RegisterMapSettings
from drivers.register_maps import FOLDER, MapName, load_map
from drivers.registers import Register
from drivers.simulated.modbus_units import SimulatedModbusLine, SimulatedUnit
from drivers.simulated.serial_line import SimulatedPort
from tests.simulation.virtual_clock import VirtualClock


def test_the_maps_are_those_of_the_setting_and_every_one_can_be_read():
    names = typing.get_args(MapName)
    assert sorted(names) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    for name in names:
        made = load_map(name)
        assert made.registers
        text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        assert "# Source: " in text


def test_a_captured_answer_of_a_pzem_has_the_values_that_it_showed():
    data = bytes.fromhex("08D1006C000000F40000002600 0001F400640000".replace(" ", ""))
    numbers = [int.from_bytes(data[at : at + 2]) for at in range(0, 20, 2)]
    unit = SimulatedUnit(1, {("input", at): (lambda number=number: number) for at, number in enumerate(numbers)})
    clock = VirtualClock()
    line = SimulatedModbusLine([unit], clock)
    bus = ModbusBus(lambda: SimulatedPort(line, clock), clock=clock)
    assert RegisterMap(bus, RegisterMapSettings(map="pzem004t")).read() == {
        "voltage": 225.7, "current": 0.108, "power": 24.4, "energy": 38 * 3600.0, "frequency": 50.0,
        "power_factor": 1.0, "alarm": False,
    }  # fmt: skip
    assert len(unit.requests) == 1


@pytest.mark.parametrize("name", typing.get_args(MapName))
def test_a_meter_is_read_in_few_requests(name):
    driver = RegisterMap(ModbusBus(), RegisterMapSettings(map=name))
    assert len(driver._blocks) <= 4
    assert all(block.count <= 80 or name in ("pzem004t", "dds238") for block in driver._blocks)


def test_registers_of_ones_own_stand_beside_those_of_a_map():
    settings = RegisterMapSettings(
        map="dds238", registers={"relay": Register(address=0x1A, type="bool", writable=True)}
    )
    assert [channel.name for channel in RegisterMap.channels(settings)][-1] == "relay"


def test_a_senseair_s8_is_asked_as_its_paper_says():
    unit = SimulatedUnit(254, {("input", at): (lambda at=at: 0 if at < 3 else 608) for at in range(4)})
    clock = VirtualClock()
    line = SimulatedModbusLine([unit], clock)
    asked = []
    port = SimulatedPort(line, clock)
    write = port.write
    port.write = lambda data: asked.append(data) or write(data)
    driver = RegisterMap(ModbusBus(lambda: port, clock=clock), RegisterMapSettings(unit_id=254, map="senseair_s8"))
    assert driver.read() == {"status": 0.0, "co2": 0.000608}
    assert asked == [bytes.fromhex("FE 04 0000 0004 E5C6")]
