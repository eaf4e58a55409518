"""What the models of Sensirion's parts share: they take commands, are deaf while they work, and give each answer once.

Source: Sensirion, Datasheet SHT3x-DIS, chapter 4; Datasheet SCD4x, chapter 3.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from drivers.base import ChecksumError, Clock
from drivers.checksums import crc8
from drivers.sensirion import decode_words
from drivers.simulated.i2c import Chip, NackError

Answer = tuple[tuple[int, ...], float]
"""The words of an answer, and the seconds until it is there."""


class WordChip(Chip):
    """One Sensirion part."""

    command_bytes: ClassVar[int] = 2

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._busy_until_s = float("-inf")
        self._answer = b""

    @abstractmethod
    def obey(self, command: int, arguments: tuple[int, ...]) -> Answer:
        """What the part does at a command.

        Raises:
            NackError: it does not know the command, or does not take it now.
        """

    def write(self, data: bytes) -> None:
        """Take one command with its arguments; none is acknowledged while another is carried out."""
        self._refuse_while_busy()
        if len(data) < self.command_bytes:
            raise NackError
        behind = data[self.command_bytes :]
        try:
            arguments = decode_words("", behind, len(behind) // 3)
        except ChecksumError:
            raise NackError from None
        words, seconds = self.obey(int.from_bytes(data[: self.command_bytes]), arguments)
        self._answer = self._words(*words)
        self._busy_until_s = self._clock.now_s() + seconds

    def read(self, count: int) -> bytes:
        """Give the answer to the last command, once."""
        self._refuse_while_busy()
        if not self._answer:
            raise NackError
        answer, self._answer = self._answer, b""
        return answer[:count].ljust(count, b"\xff")

    def _refuse_while_busy(self) -> None:
        if self._clock.now_s() < self._busy_until_s:
            raise NackError

    def _words(self, *values: int) -> bytes:
        if not values:
            return b""
        wrong = 0x5A if self.faults.wrong_part or self.faults.corrupts() else 0
        words = [value.to_bytes(2) for value in values]
        return b"".join(word + bytes([crc8(word) ^ wrong]) for word in words)
