"""Smart meters with a customer port P1 (DSMR 4 and 5, ESMR, e-MUCS): the Netherlands, Belgium, and meters like theirs.

The line is at 115200 baud and inverted: a P1 cable with its inverter makes a serial port of it. The meter sends once in
a second, DSMR 4 once in ten. Meters before DSMR 4 send no checksum and are not read. The frame is in `dsmr_telegram`.

Source: Netbeheer Nederland, P1 companion standard 5.0.2, sections 5.2 and 6.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import (
    BusKind,
    Channel,
    ChecksumError,
    Driver,
    DriverError,
    Limits,
    NoAnswerError,
    NotYetError,
    Readings,
    WrongPartError,
)
from drivers.bus.serial_port import SerialBus
from drivers.dsmr_telegram import (
    QUANTITIES,
    UNCHECKED,
    decode_gas,
    decode_quantity,
    parse_telegram,
    split_telegrams,
)
from drivers.incoming import Incoming
from drivers.latest import Latest

WAIT_S = 1.5
"""One telegram of DSMR 5; the slower ones of DSMR 4 are taken when they have come."""
EXPECTED = "good telegram; the port P1 speaks at 115200 baud, through a cable that inverts"
CODES = tuple(one.code for one in QUANTITIES.values())
GAS_M3_MAX = 99_999.999


@dataclass(frozen=True, kw_only=True, slots=True)
class DsmrSettings:
    """One meter."""

    gas: bool = True
    """Whether a gas meter hangs on it; while that tells nothing, only its channel is without a value."""
    keep_s: Annotated[float, Limits(2.0, 120.0, "s")] = 25.0
    """For how long a telegram stands while no newer one comes."""


class Dsmr(Driver):
    """One meter, alone on its serial line."""

    name: ClassVar[str] = "dsmr"
    title: ClassVar[str] = "Smart meter with port P1 (DSMR 4, DSMR 5, ESMR, e-MUCS)"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = DsmrSettings

    def __init__(self, bus: SerialBus, settings: DsmrSettings) -> None:
        self._bus = bus
        self._gas = settings.gas
        self._place = f"{self.name} on {bus.device}"
        self._incoming: Incoming[bytes] = Incoming(bus, split_telegrams)
        self._latest = Latest(bus.clock, settings.keep_s)
        self._got: list[bytes] = []

    @classmethod
    def channels(cls, settings: DsmrSettings) -> tuple[Channel, ...]:
        """What is taken and given, in total for each tariff and now, and the gas where there is some."""
        electricity = tuple(
            Channel(name=name, unit=one.unit, low=0.0, high=one.high, resolution=float(one.scale), about=one.about)
            for name, one in QUANTITIES.items()
        )
        if not settings.gas:
            return electricity
        gas = Channel(name="gas", unit="m3", low=0.0, high=GAS_M3_MAX, resolution=0.001, about="counted in total")
        return (*electricity, gas)

    def open(self) -> None:
        """Begin to listen; a meter that sends once in ten seconds is not waited for.

        Raises:
            BusError: the port does not work.
        """
        self._incoming.clear()
        self._latest.forget()

    def read(self) -> Readings:
        """The newest telegram, at most `keep` old.

        Raises:
            NotYetError: none has come since the line was opened, and none is overdue.
            WrongPartError: the telegrams have nothing that is looked for.
            NoAnswerError: nothing comes.
            ChecksumError: bytes come, but no good telegram.
            BusError: the port does not work.
        """
        self._got = (self._incoming.take() or [])[-1:]
        if self._got or self._incoming.wait(self._take, WAIT_S):
            return self._latest.keep(self._decode(self._got[-1]))
        try:
            return self._latest.get(self._place)
        except NotYetError:
            raise
        except NoAnswerError:
            raise self._reason() from None

    def _take(self, telegrams: list[bytes]) -> bool:
        self._got = telegrams[-1:]
        return bool(telegrams)

    def _decode(self, telegram: bytes) -> Readings:
        objects = parse_telegram(telegram)
        decoded = {name: decode_quantity(objects, one) for name, one in QUANTITIES.items()}
        readings = {name: value for name, value in decoded.items() if value is not None}
        if not readings:
            raise WrongPartError(f"{self._place}: telegrams come, but with none of {', '.join(CODES)}; another meter?")
        gas = decode_gas(objects) if self._gas else None
        return readings if gas is None else readings | {"gas": gas}

    def _reason(self) -> DriverError:
        if UNCHECKED.search(self._incoming.noise):
            return ChecksumError(f"{self._place}: the telegrams have no checksum; meters before DSMR 4 are not read")
        return self._incoming.silence(self.name, EXPECTED)
