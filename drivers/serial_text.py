"""Anything that sends lines of text over a serial line: a microcontroller, a scale, a weather station.

An Arduino that prints `{"t": 21.5, "h": 40}` is `{format: json, fields: {temperature: {key: t, unit: Cel}, ...}}`. The
line speed is the bus's `baud`. A line that does not fit is skipped, as is one that is not complete.

Source: RFC 8259 (JSON), RFC 4180 (columns, without quotes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings
from drivers.bus.serial_port import SerialBus
from drivers.framed import TIMEOUT_SHARE
from drivers.text_lines import (
    LINE_BYTES_MAX,
    LineFormat,
    TextField,
    channel_of,
    check_fields,
    compile_pattern,
    parse_line,
)

STALE_BYTES = 3840
"""The kernel keeps 4095 bytes of what nobody reads and drops what comes later; this near to it, the newest is lost."""


def _first_column() -> dict[str, TextField]:
    return {"value": TextField()}


@dataclass(frozen=True, kw_only=True, slots=True)
class SerialTextSettings:
    """One part that sends lines."""

    format: LineFormat = "csv"
    """`csv` for columns, `json` for an object in each line, `pattern` for a regular expression."""
    pattern: str = ""
    """The regular expression, with a group for each field; searched for in the line."""
    separator: str = ","
    """What is between columns."""
    ask: str = ""
    """Text that is sent before every reading, a line end behind it; nothing where the part sends by itself."""
    keep_s: Annotated[float, Limits(0.0, 3600.0, "s")] = 5.0
    """For how long a line stands while no newer one comes."""
    fields: dict[str, TextField] = field(default_factory=_first_column)
    """Channel name -> where its number is; the first column, as `value`, where not given."""

    def __post_init__(self) -> None:
        check_fields(self.format, self.pattern, self.fields)
        if not self.separator:
            raise ValueError("separator is empty; at least one character is needed")


class SerialText(Driver):
    """One part that sends lines, alone on its serial line."""

    name: ClassVar[str] = "serial_text"
    title: ClassVar[str] = "Lines of text: columns, JSON or a pattern"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = SerialTextSettings

    def __init__(self, bus: SerialBus, settings: SerialTextSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._pattern = compile_pattern(settings.format, settings.pattern)
        self._rest, self._noise, self._whole = b"", b"", False
        self._last: Readings = {}
        self._last_s = float("-inf")

    @classmethod
    def channels(cls, settings: SerialTextSettings) -> tuple[Channel, ...]:
        """One channel for each of the `fields`."""
        return tuple(channel_of(name, one) for name, one in settings.fields.items())

    def open(self) -> None:
        """Wait for a first line.

        Raises:
            NoAnswerError: nothing comes.
            ChecksumError: text comes, but no line that fits.
            BusError: the port does not work.
        """
        self._clear()
        self.read()

    def read(self) -> Readings:
        """The newest line, at most `keep_s` old.

        Raises:
            NoAnswerError: nothing comes.
            ChecksumError: text comes, but no line that fits.
            BusError: the port does not work.
        """
        clock = self._bus.clock
        if self._settings.ask:
            self._bus.drain()
            self._clear()
            self._bus.write(f"{self._settings.ask}\n".encode())
        found = self._take(self._bus.drain())
        if found is None and clock.now_s() - self._last_s <= self._settings.keep_s:
            return self._last
        deadline_s = clock.now_s() + TIMEOUT_SHARE * self._bus.timeout_s
        while found is None:
            left_s = deadline_s - clock.now_s()
            if left_s <= 0:
                raise self._silence()
            found = self._take(self._bus.read(1, left_s) + self._bus.drain())
        self._last, self._last_s, self._noise = found, clock.now_s(), b""
        return found

    def _take(self, data: bytes) -> Readings | None:
        """The values of the newest line that fits among what has come."""
        if len(data) > STALE_BYTES:  # What came later was lost, so the last line may be made of two.
            self._rest, self._whole, data = b"", False, b""
        *lines, rest = (self._rest + data).split(b"\n")
        if lines and not self._whole:
            # Heard from the middle on it would lack its beginning, and 21.5 would be 1.5.
            self._whole, lines = True, lines[1:]
        self._rest = rest[-LINE_BYTES_MAX:]
        self._noise = lines[-1][:LINE_BYTES_MAX] if lines else self._noise or rest[:LINE_BYTES_MAX]
        for line in reversed(lines):
            text = line[:LINE_BYTES_MAX].decode(errors="replace").strip()
            settings = self._settings
            values = parse_line(text, settings.format, self._pattern, settings.fields, settings.separator)
            if values is not None and len(line) <= LINE_BYTES_MAX:
                return values
        return None

    def _clear(self) -> None:
        self._rest, self._noise, self._whole = b"", b"", self._settings.format == "json" or bool(self._settings.ask)
        self._last_s = float("-inf")

    def _silence(self) -> ChecksumError | NoAnswerError:
        if self._noise:
            return ChecksumError(
                f"{self._bus.device}: text comes, but no line that fits: {self._noise[:60]!r}; is baud right?"
            )
        return NoAnswerError(f"{self._bus.device}: nothing comes; check power, and that its TX goes to our RX")
