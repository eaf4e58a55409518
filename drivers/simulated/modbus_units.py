"""Simulated Modbus units on one line: register files behind frames, with all that goes wrong on a wire.

Source: MODBUS Application Protocol V1.1b3, section 6; MODBUS over Serial Line V1.02, section 2.5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from drivers.base import Clock
from drivers.checksums import crc16_modbus
from drivers.simulated.faults import Faults
from drivers.simulated.serial_line import SerialPart

ANSWER_S = 0.02
"""From a request to its answer."""
BITS = {1: "coil", 2: "discrete"}
WORDS = {3: "holding", 4: "input"}
FUNCTION, ADDRESS, VALUE = 1, 2, 3
"""Reasons to refuse."""

ON = 0xFF00

Cell = Callable[[], int]


class SimulatedUnit:
    """One unit: a table and an address give a number, or may be written.

    Args:
        number: the unit's number.
        cells: (table, address) -> what gives the register or bit there.
    """

    def __init__(self, number: int, cells: Mapping[tuple[str, int], Cell]) -> None:
        self.number = number
        self.faults = Faults()
        self.longest = 125
        """The most registers that it gives at once."""
        self.requests: list[bytes] = []
        """All that it was asked for."""
        self.written: dict[tuple[str, int], int] = {}
        self.listeners: dict[tuple[str, int], Callable[[bool], None]] = {}
        """What a cell moves when it is written."""
        self._cells = dict(cells)

    def answer(self, request: bytes) -> bytes:
        """The answer to a request, or its refusal."""
        self.requests.append(request)
        function, address = request[0], int.from_bytes(request[1:3])
        if self.faults.wrong_part:
            return bytes([function | 0x80, ADDRESS])
        if function in BITS or function in WORDS:
            return self._read(function, address, int.from_bytes(request[3:5]))
        if function == 5:  # noqa: PLR2004 - the standard's numbers, as below
            on = int.from_bytes(request[3:5])
            return self._write(request, "coil", address, (on == ON,), good=on in (0, ON))
        if function == 6:  # noqa: PLR2004
            return self._write(request, "holding", address, (int.from_bytes(request[3:5]),), good=True)
        if function == 16:  # noqa: PLR2004
            data = request[6:]
            words = [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
            return self._write(request, "holding", address, words, good=len(words) == int.from_bytes(request[3:5]))
        return bytes([function | 0x80, FUNCTION])

    def _read(self, function: int, address: int, count: int) -> bytes:
        table = BITS.get(function) or WORDS[function]
        if not 1 <= count <= (2000 if function in BITS else self.longest):
            return bytes([function | 0x80, VALUE])
        places = [(table, at) for at in range(address, address + count)]
        if any(place not in self._cells for place in places):
            return bytes([function | 0x80, ADDRESS])
        numbers = [self._value(place) for place in places]
        if function in BITS:
            packed = sum(bool(number) << at for at, number in enumerate(numbers))
            data = packed.to_bytes(-(-count // 8), "little")
        else:
            data = b"".join((number & 0xFFFF).to_bytes(2) for number in numbers)
        return bytes([function, len(data)]) + data

    def _value(self, place: tuple[str, int]) -> int:
        if place in self.written:
            return self.written[place]
        return self.faults.measured(f"{place}", self._cells[place])

    def _write(self, request: bytes, table: str, address: int, numbers: Sequence[int], *, good: bool) -> bytes:
        places = [(table, address + at) for at in range(len(numbers))]
        if not good or any(place not in self._cells for place in places):
            return bytes([request[0] | 0x80, VALUE if not good else ADDRESS])
        for place, number in zip(places, numbers, strict=True):
            self.written[place] = int(number)
            if place in self.listeners:
                self.listeners[place](bool(number))
        return request[:5]


class SimulatedModbusLine(SerialPart):
    """Every unit on one line. Frames are those of TCP where `tcp`, and of what comes first where it is not given.

    A unit's faults: `absent`, `corrupt_every`, `noise` before its answers, `cut` answers, `wrong_part`, `slow_s`.
    """

    def __init__(self, units: Sequence[SimulatedUnit], clock: Clock, *, tcp: bool | None = None) -> None:
        super().__init__()
        self.echo = False
        """The adapter hears what it sends."""
        self._units = {unit.number: unit for unit in units}
        self._clock = clock
        self._tcp = tcp
        self._coming: list[tuple[float, bytes]] = []

    def receive(self, data: bytes) -> None:
        """Take one frame; one that is disturbed or nobody's is not answered."""
        now_s = self._clock.now_s()
        if self.echo:
            self._coming.append((now_s, data))
        if self._tcp is None:
            self._tcp = crc16_modbus(data) != 0
        if self._tcp:
            number, pdu = data[6], data[7:]
        elif crc16_modbus(data) == 0:
            number, pdu = data[0], data[1:-2]
        else:
            return
        unit = self._units.get(number)
        if unit is None or unit.faults.absent:
            return
        answer = unit.answer(pdu)
        frame = self._framed(unit, data, answer)
        self._coming.append((now_s + ANSWER_S + unit.faults.slow_s, frame))

    def send(self) -> bytes:
        """What has arrived by now."""
        now_s = self._clock.now_s()
        due = [data for at_s, data in self._coming if at_s <= now_s]
        self._coming = [(at_s, data) for at_s, data in self._coming if at_s > now_s]
        return b"".join(due)

    def next_s(self) -> float:
        """When the next frame arrives."""
        return min((at_s for at_s, _ in self._coming), default=float("inf"))

    def _framed(self, unit: SimulatedUnit, request: bytes, answer: bytes) -> bytes:
        body = bytes([unit.number]) + answer
        if self._tcp:
            frame = request[:4] + len(body).to_bytes(2) + body
        else:
            frame = body + crc16_modbus(body).to_bytes(2, "little")
        if unit.faults.corrupts():
            frame = frame[:-1] + bytes([frame[-1] ^ 0xFF])
        frame = unit.faults.noise + frame
        return frame[: unit.faults.cut] if unit.faults.cut else frame
