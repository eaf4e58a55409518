"""What the birth says of operations, and that commands know the very same."""

from __future__ import annotations

from gateway.app.birth import of_device, operations
from gateway.core.wire import Birth, BirthDevice, decode, encode
from gateway.devices.site import Hardware
from tests.devices.hall import Machine
from tests.fakes.clock import FakeClock
from tests.fakes.parts import SWITCH, FakePart, bus_thread, device_of


def test_operations_are_told_as_commands_know_them():
    with bus_thread() as bus:
        mill = device_of(Machine(SWITCH, on=False), bus, FakeClock(), name="mill")
        lamp = device_of(FakePart(SWITCH, on=False), bus, FakeClock(), name="lamp")
        known = operations(Hardware({}, {"mill": mill, "lamp": lamp}))
        assert (set(known["mill"]), known["lamp"]) == ({"Cycle", "Home", "Level", "Stuck"}, {})
        told = BirthDevice(driver="fake", channels={}, operations=of_device(mill))
    birth = Birth(
        gateway="gw", epoch="0123456789abcdef-1", software="test", protocol=1, started=1.0, devices={"mill": told}
    )
    heard = decode(encode(birth), Birth).devices["mill"].operations
    assert heard == known["mill"]
    speed = heard["Cycle"].parameters["speed"]
    assert (speed.kind, speed.low, speed.high, speed.default) == ("number", 1, 9, 3.0)
    assert (heard["Cycle"].time_limit, heard["Cycle"].idempotent, heard["Level"].idempotent) == (3600.0, False, True)
