"""Whether the wires of a site are there, may be used, and are nobody else's."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from drivers.bus import i2c, onewire, serial_port, spi
from gateway.cli.finding import Finding, Level, Machine, group_name, may_use
from gateway.cli.scan_i2c import owners
from gateway.core.settings import BusSettings, DeviceSettings, Site

ENABLE = {
    "i2c": "switch I2C on: `raspi-config nonint do_i2c 0`, or dtparam=i2c_arm=on in config.txt and i2c-dev",
    "serial": "plug it in, or switch the port on in raspi-config (Serial Port: no login shell, yes hardware)",
    "modbus": "plug the adapter in, and take its name from `edgetwin scan`",
    "spi": "switch SPI on: `raspi-config nonint do_spi 0`, or dtparam=spi=on in config.txt",
    "gpio": "this kernel shows no GPIO; on a board that has it, update the kernel",
    "onewire": "add dtoverlay=w1-gpio to config.txt and start the machine again",
}
"""Kind of bus -> how it is switched on."""
DEFAULTS = {
    "i2c": i2c.DEFAULT_DEVICE,
    "serial": serial_port.DEFAULT_DEVICE,
    "modbus": serial_port.DEFAULT_DEVICE,
    "spi": spi.DEFAULT_DEVICE,
    "onewire": onewire.DEFAULT_DEVICE,
}
STRETCHING = {"scd30": 50_000}
"""Drivers of parts that hold the clock -> the most bits per second that they ask for (SCD30 interface description)."""
MISHANDLES = re.compile(r"bcm2(708|835)")
"""Adapters that take a held clock for bits."""
SPI_LIBRARY = "spidev"
GROUP_BITS = 0o060
"""That the group may read and write."""
I2C_HZ = 100_000
"""Where nothing else is configured."""


def check_buses(machine: Machine, site: Site) -> Iterator[Finding]:
    """One finding for every bus of the site that is no simulated one, and one for all that is odd with it."""
    for bus in site.buses:
        if bus.simulated or bus.kind == "sysfs" or "://" in bus.device:
            continue
        yield from _check_bus(machine, bus)
        devices = [device for device in site.devices if device.bus == bus.name]
        if bus.kind == "i2c":
            yield from _check_i2c(machine, bus, devices)
        elif bus.kind in ("serial", "modbus"):
            yield from _check_console(machine, bus)
        elif bus.kind == "spi":
            yield from _check_spi(machine, bus, devices)


def check_kinds(machine: Machine) -> Iterator[Finding]:
    """Which kinds of bus this machine has, where nobody says which are needed."""
    for kind, todo in ENABLE.items():
        if kind != "modbus":
            found = _files(machine, kind, "")
            level = Level.OK if found else Level.NOTE
            what = ", ".join(f"/{path.relative_to(machine.root)}" for path in found) or "is not switched on"
            yield Finding(kind, level, what, "" if found else todo)


def _files(machine: Machine, kind: str, device: str) -> list[Path]:
    """The files of a bus that are there."""
    if kind == "gpio":
        number = re.sub(r"\D", "", device)
        return sorted(machine.at("/dev").glob(f"gpiochip{number or '*'}"))
    path = machine.at(device or DEFAULTS[kind])
    if kind == "spi":
        return sorted(path.parent.glob(f"{path.name}.*"))
    if kind == "onewire" and not list(path.glob("w1_bus_master*")):
        return []
    return [path] if path.exists() else []


def _check_bus(machine: Machine, bus: BusSettings) -> Iterator[Finding]:
    name, device = f"bus {bus.name}", bus.device or DEFAULTS.get(bus.kind, "gpiochip")
    found = _files(machine, bus.kind, bus.device)
    if not found:
        yield Finding(name, Level.PROBLEM, f"{device} is not there", ENABLE[bus.kind])
        return
    for path in [] if bus.kind == "onewire" else found:
        status = path.stat()
        if not may_use(machine.user, status.st_mode, status.st_uid, status.st_gid):
            group, shown = group_name(status.st_gid), f"/{path.relative_to(machine.root)}"
            todo = f"`sudo usermod -aG {group} {machine.user.name}`, then log in again"
            if status.st_mode & GROUP_BITS != GROUP_BITS:
                todo = f"give its group the right to it by a rule of udev, as `scripts/install` does for {shown}"
            yield Finding(name, Level.PROBLEM, f"{shown} may not be used by {machine.user.name}", todo)
            return
    yield Finding(name, Level.OK, f"{device} is there and may be used by {machine.user.name}")


def _check_i2c(machine: Machine, bus: BusSettings, devices: list[DeviceSettings]) -> Iterator[Finding]:
    match = re.search(r"i2c-(\d+)$", bus.device or i2c.DEFAULT_DEVICE)
    if match is None:
        return
    number = int(match[1])
    owned = owners(machine.root, number)
    for device in devices:
        address = getattr(device.settings, "address", None)
        if address in owned:
            what = f"0x{address:02x} on {bus.name} belongs to the kernel's driver {owned[address]}"
            todo = "remove its dtoverlay from config.txt, or read the part with the driver iio or hwmon"
            yield Finding(f"device {device.name}", Level.PROBLEM, what, todo)
    yield from _check_speed(machine, number, bus, devices)


def _check_speed(machine: Machine, number: int, bus: BusSettings, devices: list[DeviceSettings]) -> Iterator[Finding]:
    folder = f"/sys/bus/i2c/devices/i2c-{number}"
    if not MISHANDLES.search(machine.text(f"{folder}/name")):
        return
    file = machine.at(f"{folder}/of_node/clock-frequency")
    speed_hz = int.from_bytes(file.read_bytes()) if file.is_file() else I2C_HZ
    for device in devices:
        slowest_hz = STRETCHING.get(device.driver)
        if slowest_hz is not None and speed_hz > slowest_hz:
            what = (
                f"{device.driver} holds the clock of {bus.name}, which this controller mishandles at {speed_hz} bit/s"
            )
            todo = f"dtparam=i2c_arm_baudrate={slowest_hz} in config.txt, or the overlay i2c-gpio"
            yield Finding(f"device {device.name}", Level.WARNING, what, todo)


def _check_spi(machine: Machine, bus: BusSettings, devices: list[DeviceSettings]) -> Iterator[Finding]:
    if importlib.util.find_spec(SPI_LIBRARY) is None:
        todo = "install it into the environment of edgetwin: `pip install 'edgetwin[spi]'`"
        yield Finding(f"bus {bus.name}", Level.PROBLEM, f"the library {SPI_LIBRARY} is not installed", todo)
    there = _files(machine, "spi", bus.device)
    for device in devices if there else ():
        file = machine.at(f"{bus.device or spi.DEFAULT_DEVICE}.{getattr(device.settings, 'chip_select', 0)}")
        if file not in there:
            what = f"/{file.relative_to(machine.root)} is not there"
            names = " ".join(path.name.rpartition(".")[2] for path in there)
            todo = f"chip_select: {bus.name} has {names}; more by an overlay such as spi1-3cs in config.txt"
            yield Finding(f"device {device.name}", Level.PROBLEM, what, todo)


def _check_console(machine: Machine, bus: BusSettings) -> Iterator[Finding]:
    device = bus.device or serial_port.DEFAULT_DEVICE
    names = {Path(device).name, machine.at(device).resolve().name}
    for console in re.findall(r"\bconsole=([A-Za-z0-9]+)", machine.text("/proc/cmdline")):
        if console in names:
            todo = f"remove console={console} from cmdline.txt, or the login shell in raspi-config"
            yield Finding(f"bus {bus.name}", Level.PROBLEM, f"the kernel's console is on {device}", todo)
