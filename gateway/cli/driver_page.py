"""What is to be known of a driver, as a document: its settings, channels and operations, and an example of its YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from drivers.base import BusKind, Channel, Driver, Operation, ValueKind
from gateway.cli.wiring import wiring
from gateway.config.devices import own_fields
from gateway.config.reference import rows, sample
from gateway.config.shapes import Field
from gateway.config.wording import is_hex, number_text, plain, value_text

BUSES = {
    BusKind.I2C: "i2c-1: {kind: i2c, device: /dev/i2c-1}",
    BusKind.SERIAL: "line: {kind: serial, device: /dev/serial0}",
    BusKind.GPIO: "header: {kind: gpio}",
    BusKind.ONEWIRE: "w1: {kind: onewire}",
    BusKind.MODBUS: "meters: {kind: modbus, device: /dev/ttyUSB0}",
    BusKind.SYSFS: "kernel: {kind: sysfs}",
    BusKind.SPI: "spi0: {kind: spi}",
}
"""A bus of each kind, as the YAML of an example has it."""
FASTER = {"dsmr": 115200, "pn532": 115200}
"""Driver -> the speed of its line, in bits per second, where that is not the one that a bus comes with."""
TYPICAL = {
    "digital_input": "pin: 17",
    "digital_output": "pin: 27",
    "hcsr04": "trigger: 23, echo: 24",
    "hx711": "data: 5, clock: 6, offset: 84200, scale: 419000",
    "i2c_registers": "address: 0x48, registers: {temperature: {register: 0, width: 16, mask: 0xFFF0, signed: true, "
    "scale: 0.0625, unit: Cel}}",
    "iio": "chip: dht11",
    "pca9685": "outputs: {fan: {output: 0}}",
    "pulse_counter": "pin: 17, unit: kWh, pulses_per_unit: 1000",
    "pwm_output": "pin: 18",
    "rc522": "chip_select: 0",
    "servo": "pin: 18, min_us: 1000, max_us: 2000",
    "register_map": "unit_id: 1, map: sdm120",
    "serial_text": "fields: {weight: {key: 0, unit: kg}}",
}
"""Driver -> settings that show more of it than those that it comes with."""
DRIVEN = {"pca9685": ("fan",)}
"""Driver -> the channels that its typical settings give it to drive, where those are not the usual ones."""
NAME = "part"
"""What the device of an example is called."""


def page_of(driver: type[Driver]) -> dict[str, Any]:
    """Everything that is to be known of `driver`, of plain values alone."""
    settings = sample(driver)
    return {
        "driver": driver.name,
        "part": driver.title,
        "bus": driver.bus_kind.value,
        "wiring": wiring(driver),
        "settings": [row._asdict() for row in rows(own_fields(driver), driver.settings_type)],
        "channels": [{**asdict(channel), "kind": channel.kind.value} for channel in driver.channels(settings)],
        "operations": [_operation(one) for one in driver.operations(settings)],
        "example": example(driver),
    }


def example(driver: type[Driver]) -> str:
    """Four lines of YAML: a bus and one device on it."""
    bus = BUSES[driver.bus_kind]
    if driver.name in FASTER:
        bus = f"{bus[:-1]}, baud: {FASTER[driver.name]}}}"
    own = TYPICAL.get(driver.name) or ", ".join(_written(driver))
    keys = [f"driver: {driver.name}", f"bus: {bus.partition(':')[0]}", own, _safe(driver)]
    return f"buses:\n  {bus}\ndevices:\n  {NAME}: {{{', '.join(key for key in keys if key)}}}\n"


def _written(driver: type[Driver]) -> Iterator[str]:
    """The settings that are required, and the address, which somebody may have to change."""
    settings = sample(driver)
    for field in own_fields(driver):
        if field.required or is_hex(field.key):
            yield f"{field.key}: {_text(field, getattr(settings, field.attribute))}"


def _text(field: Field, value: Any) -> str:
    as_number = isinstance(value, int | float) and not isinstance(value, bool)
    if as_number and is_hex(field.key):
        return f"0x{value:02x}"
    shape: Any = field.shape
    return number_text(value, shape) if as_number and hasattr(shape, "kind") else value_text(value)


def _safe(driver: type[Driver]) -> str:
    """The safe value that each channel to be driven needs: off, or the least that it takes."""
    channels = {one.name: one for one in driver.channels(sample(driver)) if one.writable}
    first = next(iter(channels.values()), None)
    if first is None:
        return ""
    names = DRIVEN.get(driver.name, tuple(channels))
    return f"safe: {{{', '.join(f'{name}: {_off(channels.get(name, first))}' for name in names)}}}"


def _off(channel: Channel) -> str:
    if channel.kind is ValueKind.BOOLEAN:
        return "false"
    return '""' if channel.kind is ValueKind.TEXT else plain(channel.low or 0.0)


def _operation(operation: Operation) -> dict[str, Any]:
    parameters = [{**asdict(one), "kind": one.kind.value} for one in operation.parameters]
    return {**asdict(operation), "parameters": parameters}
