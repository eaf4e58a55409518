"""How parts on I2C are told apart by what can be read from them after one byte, the number of a register, was sent.

Commands of two bytes are not for this: to another part at the address the second byte is a value, and an output moves.

Source: the datasheets named in the drivers; Linux, Documentation/i2c/dev-interface.rst; i2cdetect(8) on probing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from drivers import (
    bme280,
    bmp180,
    ds1307,
    ds3231,
    ina2xx,
    ltr390,
    mlx90614,
    mpu6050,
    registry,
    sht4x,
    tsl2591,
    veml7700,
)
from drivers.base import BusKind, Driver, DriverError
from drivers.checksums import crc8
from drivers.sensirion import decode_words
from drivers.thermometers import MCP9808, TMP117, Form
from gateway.config.devices import own_fields
from gateway.config.shapes import Choice, Number

FIRST, LAST = 0x08, 0x77
"""What is below and above is reserved (I2C specification, section 3.1.12)."""
UNREAD = frozenset({0x69})
"""Clock chips there can only be written, and hang the bus when they are read, says i2cdetect(8)."""
LATCHES = frozenset({*range(0x20, 0x28), *range(0x38, 0x40)})
"""Where expanders are that put every byte that they are sent on their pins: nothing is sent there."""
KEPT = frozenset({*range(0x30, 0x38), *range(0x50, 0x58), 0x5C})
"""Where memories are that a write of no bytes has been known to damage."""
SWITCHES = frozenset(range(0x70, 0x78))
"""Where multiplexers are, which take any byte for the channels to connect."""

ANY_PART = frozenset({"i2c_registers"})
"""Drivers that say nothing of which part it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """One register, and what the part has there."""

    register: int
    count: int
    fits: Callable[[int, bytes], bool]
    """Whether these bytes, from the part at that address, are of this part."""
    pause_s: float = 0.0
    """Between the byte that asks and the answer, where a part needs time for it; else they follow without a stop."""


def _is(value: int) -> Callable[[int, bytes], bool]:
    return lambda _, data: data[0] == value


def _of(form: Form) -> tuple[Question, ...]:
    return tuple(
        Question(one.register, 2, lambda _, data, one=one: int.from_bytes(data) & one.bits == one.value)  # type: ignore[misc]
        for one in form.identities
    )


def _ina(die: int) -> tuple[Question, ...]:
    return (
        Question(ina2xx.MAKER, 2, lambda _, data: int.from_bytes(data) == ina2xx.MAKER_ID),
        Question(ina2xx.DIE, 2, lambda _, data: int.from_bytes(data) & 0xFFF0 == die),
    )


def _is_serial_number(_: int, data: bytes) -> bool:
    try:
        return any(decode_words("scan", data, 2))
    except DriverError:
        return False


def _is_mlx90614(address: int, data: bytes) -> bool:
    sent = bytes((address << 1, mlx90614.STORED_ADDRESS, address << 1 | 1, *data))
    return crc8(sent, polynomial=mlx90614.PEC_POLYNOMIAL, start=mlx90614.PEC_START) == 0 and data[0] & 0x7F == address


IDENTITIES: dict[str, tuple[Question, ...]] = {
    "adxl345": (Question(0x00, 1, _is(0xE5)),),
    "bme280": (Question(bme280.ID, 1, _is(bme280.BME280_ID)),),
    "bmp180": (Question(bmp180.ID, 1, _is(bmp180.ID_VALUE)),),
    "bmp280": (Question(bme280.ID, 1, lambda _, data: bme280.PARTS.get(data[0]) == "BMP280"),),
    "ds1307": (
        Question(ds3231.TIME, ds1307.LOOK_BYTES, lambda _, data: ds1307.fits(data)),
        Question(ds3231.CONTROL, 5, lambda _, data: not ds3231.measures(data)),
    ),
    "ds3231": (
        Question(ds3231.TIME, ds3231.TIME_BYTES, lambda _, data: ds3231.is_time(data)),
        Question(ds3231.STATUS, 1, lambda _, data: not data[0] & ds3231.ALWAYS_ZERO),
    ),
    "ina226": _ina(0x2260),
    "ina260": _ina(0x2270),
    "ltr390": (Question(ltr390.RATE, 3, lambda _, data: ltr390.fits(*data)),),
    "mcp9808": _of(MCP9808),
    "mlx90614": (Question(mlx90614.STORED_ADDRESS, mlx90614.ANSWER_BYTES, _is_mlx90614),),
    "mpu6050": (Question(mpu6050.ID, 1, lambda _, data: data[0] in mpu6050.TEMPERATURES),),
    "sht4x": (Question(sht4x.READ_SERIAL[0], 6, _is_serial_number, 0.01),),
    "tmp117": _of(TMP117),
    "tsl2591": (Question(tsl2591.COMMAND | tsl2591.ID, 1, _is(tsl2591.ID_VALUE)),),
    "veml7700": (Question(veml7700.ID, 2, _is(veml7700.ID_BYTE)),),
}
"""Driver -> what has to be so for its part to be the one."""


def at_address(address: int) -> tuple[str, ...]:
    """The drivers whose parts can be at an address, in alphabetical order; not those of whatever part."""
    drivers = (registry.get(name) for name in registry.names() if name not in ANY_PART)
    return tuple(one.name for one in drivers if one.bus_kind is BusKind.I2C and address in _addresses(one))


@functools.cache
def _addresses(driver: type[Driver]) -> range | frozenset[int]:
    shape = next((field.shape for field in own_fields(driver) if field.key == "address"), None)
    match shape:
        case Number(low=low, high=high) if low is not None and high is not None:
            return range(int(low), int(high) + 1)
        case Choice(options=options):
            return frozenset(int(value) for _, value in options)
    return frozenset()
