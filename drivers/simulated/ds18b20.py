"""A simulated thermometer of the DS18B20 family, as the kernel's w1 module shows it.

Source: Maxim, DS18B20 datasheet 19-7487 and DS18S20 datasheet 19-5474; Linux, w1_therm.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

from drivers.base import Clock
from drivers.checksums import crc8_maxim
from drivers.simulated.faults import Faults
from drivers.simulated.files import error
from drivers.simulated.place import Place

CONVERSION_S = 0.75
"""At 12 bits; half of it for each bit less."""
OLD_FAMILY = "10"
POWER_ON_WORD, POWER_ON_COUNT = 85 * 16, 0x0C
ONLY_ID = "28-0000000000a1"
BITS = (9, 10, 11, 12)


class SimulatedDs18b20:
    """One thermometer at a temperature in Cel. A `wrong_part` is a thermocouple converter of the same family."""

    def __init__(self, part_id: str, clock: Clock, temperature: Callable[[], float]) -> None:
        self.part_id = part_id
        self.faults = Faults()
        self.writable = True
        """False where the user of the process may not write the kernel's files, as usual."""
        self._clock = clock
        self._temperature = temperature
        self._bits = 12
        self._old = part_id.startswith(OLD_FAMILY)

    def names(self) -> Sequence[str]:
        """Its files; the kernel keeps them while it thinks that the part is there."""
        return () if self.faults.absent else ("resolution", "temperature", "w1_slave")

    def read(self, name: str) -> str:
        """The text of a file; the temperature is converted first."""
        if self.faults.hung:
            raise error(errno.EIO)
        if name == "resolution":
            return f"{self._bits}\n"
        self._clock.sleep(CONVERSION_S / 2 ** (12 - self._bits))
        data = self.scratchpad()
        good = not self.faults.corrupts()
        if not good:
            data = bytes([data[0] ^ 0xFF]) + data[1:]
        text = data.hex(" ")
        return f"{text} : crc={data[8]:02x} {'YES' if good else 'NO'}\n{text} t={self._milli(data)}\n"

    def write(self, name: str, text: str) -> None:
        """Set the resolution."""
        if not self.writable:
            raise error(errno.EACCES)
        if name != "resolution" or int(text) not in BITS or self._old:
            raise error(errno.EINVAL)
        self._bits = int(text)

    def scratchpad(self) -> bytes:
        """The nine bytes after a conversion, which one that has just lost its supply did not make."""
        if self.faults.shorted:
            return bytes(9)
        word = round(max(-55.0, min(125.0, self.faults.measured("temperature", self._temperature))) * 16)
        body = self._old_body(word) if self._old else self._body(word)
        return body + bytes([crc8_maxim(body)])

    def _body(self, word: int) -> bytes:
        count = 16 - word % 16
        if self.faults.brown_out:
            word, count = POWER_ON_WORD, POWER_ON_COUNT
        config = (self._bits - 9) << 5 | 0x1F | (0x80 if self.faults.wrong_part else 0)
        return (word & 0xFFFF).to_bytes(2, "little") + bytes((0x4B, 0x46, config, 0xFF, count, 0x10))

    def _old_body(self, word: int) -> bytes:
        """Whole degrees and a count of sixteenths: t = whole - 1/4 + (16 - count) / 16."""
        whole, count = (word + 4) // 16, 16 - (word + 4) % 16
        if self.faults.brown_out:
            whole, count = 85, POWER_ON_COUNT
        return (whole * 2 & 0xFFFF).to_bytes(2, "little") + bytes((0x4B, 0x46, 0xFF, 0xFF, count, 0x10))

    def _milli(self, data: bytes) -> int:
        raw = int.from_bytes(data[:2], "little", signed=True)
        return raw * 500 if self._old else raw * 125 // 2


def place(place: Place) -> SimulatedDs18b20:
    """The model for a configured device; one without an id finds `ONLY_ID`."""
    return SimulatedDs18b20(place.settings.id or ONLY_ID, place.clock, place.probe("temperature"))
