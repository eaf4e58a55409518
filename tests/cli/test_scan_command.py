"""`edgetwin scan`: everything that is connected, and YAML that can be pasted as it is."""

from __future__ import annotations

import asyncio
import json

import pytest

from drivers.base import SystemClock
from drivers.sht4x import Sht4xSettings
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.world import WorldSettings
from drivers.thermometers import Lm75Settings
from gateway.app.runtime import status_socket
from gateway.cli.scan import main
from gateway.config import examine
from tests.cli.scanned import MACHINE, put

SHOWN = """\
/dev/i2c-1  bcm2835 (i2c@7e804000)
  0x44  sht4x
  0x48  may be {maybe}
  0x68  has the kernel's driver rtc-ds1307; see below for what it measures
/dev/i2c-20  fef04500.i2c hdmi ddc
  not looked at: not for parts; `--bus 20` looks nevertheless
/dev/serial/by-id/usb-FTDI_FT232R_A1-if00  ttyUSB0
/dev/serial0  ttyAMA0
1-Wire  28-00000a1b2c3d
1-Wire  2d-00000a1b2c3d
iio  dht11  humidityrelative, temp
hwmon  cpu_thermal  temp1
hwmon  lm75  1-0048  temp1
hwmon  lm75  1-0049  temp1
/dev/gpiochip0  pinctrl-bcm2711

buses:
  i2c-1: {{kind: i2c, device: /dev/i2c-1}}
  line-1: {{kind: serial, device: /dev/serial/by-id/usb-FTDI_FT232R_A1-if00}}
  line-2: {{kind: serial, device: /dev/serial0}}
  w1: {{kind: onewire}}
  kernel: {{kind: sysfs}}
  header: {{kind: gpio}}
devices:
  sht4x-44: {{driver: sht4x, bus: i2c-1, address: 0x44}}
  # {first}-48: {{driver: {first}, bus: i2c-1, address: 0x48}}  # may be {maybe}
  ds18b20-2c3d: {{driver: ds18b20, bus: w1, id: 28-00000a1b2c3d}}
  dht11: {{driver: iio, bus: kernel, chip: dht11, inputs: {{humidityrelative: humidityrelative, temp: temp}}}}
  cpu_thermal: {{driver: hwmon, bus: kernel, chip: cpu_thermal, inputs: {{temp1: temp1}}}}
  lm75: {{driver: hwmon, bus: kernel, chip: lm75, at: "1-0048", inputs: {{temp1: temp1}}}}
  lm75-2: {{driver: hwmon, bus: kernel, chip: lm75, at: "1-0049", inputs: {{temp1: temp1}}}}
"""


@pytest.fixture
def machine(tmp_path):
    put(tmp_path, MACHINE)
    return tmp_path


@pytest.fixture
def i2c():
    devices = [SimulatedDevice("room", "sht4x", Sht4xSettings()), SimulatedDevice("attic", "lm75", Lm75Settings())]
    backend = SimulatedHardware(WorldSettings(), SystemClock(), {"bus": devices}).backend("bus")

    def opened(device):
        assert device.endswith("/dev/i2c-1")
        return backend()

    return opened


def scan(capsys, *words, root, open_i2c):
    status = main(words, root, open_i2c)
    return status, capsys.readouterr().out


def test_everything_is_shown_once_and_then_as_a_configuration(machine, i2c, capsys):
    document = json.loads(scan(capsys, "--json", root=machine, open_i2c=i2c)[1])
    maybe = document["i2c"][0]["parts"][1]["maybe"]
    assert "lm75" in maybe
    shown = SHOWN.format(maybe=" or ".join(maybe), first=maybe[0])
    assert scan(capsys, root=machine, open_i2c=i2c) == (0, shown)


def test_what_it_prints_passes_the_check(machine, i2c, capsys, tmp_path):
    document = json.loads(scan(capsys, "--json", root=machine, open_i2c=i2c)[1])
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: g\n{document['yaml']}", encoding="utf-8")
    site, problems = examine(file)
    assert problems == []
    assert {device.driver for device in site.devices} == {"sht4x", "ds18b20", "iio", "hwmon"}


def test_a_machine_with_nothing_says_so_and_where_to_go_on(tmp_path, i2c, capsys):
    status, out = scan(capsys, root=tmp_path, open_i2c=i2c)
    assert status == 0
    assert "nothing was found; `edgetwin doctor`" in out


def test_a_bus_where_nothing_answers_is_named_with_nothing_on_it_and_no_yaml(tmp_path, capsys):
    put(tmp_path, {"dev/i2c-1": ""})
    status, out = scan(capsys, root=tmp_path, open_i2c=lambda _: NoParts())
    assert (status, out.splitlines()[:2]) == (0, ["/dev/i2c-1", "  nothing answers"])


class NoParts:
    """An adapter with nothing on it."""

    def read_byte(self, *_):
        raise OSError(121, "Remote I/O error")

    write_byte = read_i2c_block_data = i2c_rdwr = read_byte

    def close(self):
        pass


def test_only_the_bus_that_is_asked_for_is_looked_at(machine, capsys):
    opened = []

    def opener(device):
        opened.append(device)
        return NoParts()

    status, out = scan(capsys, "--bus", "20", root=machine, open_i2c=opener)
    assert status == 0
    assert opened == [str(machine / "dev/i2c-20")]
    assert "/dev/i2c-1  bcm2835 (i2c@7e804000)\n  not looked at: not asked for\n" in out


def test_a_bus_that_may_not_be_opened_is_told_with_what_to_do(machine, capsys):
    def forbidden(_device):
        raise PermissionError(13, "Permission denied")

    status, out = scan(capsys, root=machine, open_i2c=forbidden)
    assert status == 1
    assert "not looked at: /dev/i2c-1 may not be opened; the user of this process has to be in the group i2c" in out


async def test_while_a_gateway_runs_its_buses_are_left_to_it(machine, capsys):
    def never(device):
        raise AssertionError(device)

    (machine / "run/edgetwin").mkdir(parents=True)
    async with status_socket(machine / "run/edgetwin", lambda: {"gateway": "g"}):
        status = await asyncio.to_thread(main, [], machine, never)
    assert status == 1
    assert "a gateway is running" in capsys.readouterr().out
