"""What Sensirion's parts share on I2C: commands, and words of two bytes that are each followed by their checksum.

Source: Sensirion, Datasheet SHT3x-DIS, chapter 4 (operation and communication); Datasheet SCD4x, chapter 3.
"""

from __future__ import annotations

from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc8

WORD_BYTES = 3
"""Of a word with its checksum."""
FULL = 0xFFFF

DECIMALS = 2
"""Of temperature and humidity: 0.01 is the resolution of these parts."""

BUSY_TRIES = 5
"""How often an answer is asked for: a part does not acknowledge while it converts, and its timer may run slow."""
BUSY_SHARE = 0.25
"""The pause between two tries, as a share of the time that the command takes by the datasheet."""
BUSY_WAIT_S = 0.002
"""The shortest pause between two tries."""


def encode_words(*words: int) -> bytes:
    """Words as they are sent: each high byte first, then its checksum."""
    return b"".join(word.to_bytes(2) + bytes([crc8(word.to_bytes(2))]) for word in words)


def decode_words(part: str, data: bytes, count: int) -> tuple[int, ...]:
    """The `count` words of an answer of `part`, their checksums compared.

    Raises:
        ChecksumError: the answer has another length, or a checksum is wrong.
    """
    if len(data) != count * WORD_BYTES:
        raise ChecksumError(f"{part}: {len(data)} bytes came, {count * WORD_BYTES} were asked for")
    for start in range(0, len(data), WORD_BYTES):
        word, check = data[start : start + 2], data[start + 2]
        if crc8(word) != check:
            raise ChecksumError(f"{part}: checksum 0x{check:02X} of {word.hex()}, 0x{crc8(word):02X} expected")
    return tuple(int.from_bytes(data[start : start + 2]) for start in range(0, len(data), WORD_BYTES))


def to_value(raw: int, zero: float, span: float, full: int = FULL) -> float:
    """What a word means where 0 stands for `zero` and `full` for `zero` + `span`.

    Rounded to the parts' resolution: digits beyond it are noise that would be stored and sent.
    """
    return round(zero + span * raw / full, DECIMALS)


def to_word(value: float, zero: float, span: float) -> int:
    """The word that stands for `value`: 0 for `zero` and below, 65535 for `zero` + `span` and above."""
    return min(FULL, max(0, round((value - zero) / span * FULL)))


class Words:
    """Speaks with one part."""

    def __init__(self, bus: I2CBus, address: int, part: str) -> None:
        self._bus = bus
        self._address = address
        self._part = part

    @property
    def place(self) -> str:
        """The part and where it sits, for messages."""
        return f"{self._part} at 0x{self._address:02X}"

    def send(self, command: bytes, *arguments: int, wait_s: float = 0.0) -> None:
        """Send a command with its arguments, and wait until the part has carried it out.

        Raises:
            NoAnswerError: nobody acknowledges.
            BusError: the bus does not work.
        """
        self._bus.write(self._address, command + encode_words(*arguments))
        self._bus.clock.sleep(wait_s)

    def fetch(self, command: bytes, count: int, *arguments: int, wait_s: float) -> bytes:
        """Send a command and fetch its answer of `count` words as it came.

        Raises:
            NoAnswerError: nobody acknowledges, or the part is busy for too long.
            BusError: the bus does not work.
        """
        self.send(command, *arguments, wait_s=wait_s)
        for _ in range(BUSY_TRIES - 1):
            try:
                return self._bus.read(self._address, count * WORD_BYTES)
            except NoAnswerError:
                self._bus.clock.sleep(max(BUSY_WAIT_S, wait_s * BUSY_SHARE))
        return self._bus.read(self._address, count * WORD_BYTES)

    def ask(self, command: bytes, count: int, *arguments: int, wait_s: float) -> tuple[int, ...]:
        """Send a command and return the words of its answer.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody acknowledges, or the part is busy for too long.
            BusError: the bus does not work.
        """
        return decode_words(self._part, self.fetch(command, count, *arguments, wait_s=wait_s), count)

    def identify(self, command: bytes, count: int, *, wait_s: float) -> tuple[int, ...]:
        """Ask for words whose checksums hardly any other part gets right by chance.

        Raises:
            WrongPartError: the same bytes with wrong checksums came twice.
            ChecksumError: different bytes with wrong checksums came.
            NoAnswerError: nobody acknowledges.
            BusError: the bus does not work.
        """
        first = self.fetch(command, count, wait_s=wait_s)
        try:
            return decode_words(self._part, first, count)
        except ChecksumError as error:
            # A disturbed answer differs from time to time; another part gives the same one again.
            again = self.fetch(command, count, wait_s=wait_s)
            if again == first:
                raise WrongPartError(
                    f"{self.place}: another part answers ({first.hex()} has wrong checksums)"
                ) from error
            return decode_words(self._part, again, count)
