"""A simulated part that sends lines of text with what the world gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from drivers.base import BadValueError, Clock
from drivers.serial_text import SerialTextSettings
from drivers.simulated.asked_part import AskedPart
from drivers.simulated.place import Place
from drivers.text_lines import compile_pattern, parse_line

LINE_EVERY_S = 0.5
GROUP = re.compile(r"\((?:\?P<\w+>)?[^()]*\)")


class SimulatedSerialText(AskedPart):
    """One part that sends a line every half second, or one for each that it is sent."""

    def __init__(self, clock: Clock, settings: SerialTextSettings, sources: Mapping[str, Callable[[], float]]) -> None:
        super().__init__(clock)
        self._settings = settings
        self._sources = dict(sources)
        self._next_s = clock.now_s() + LINE_EVERY_S
        self._asked = bool(settings.ask)

    def answer(self, command: bytes) -> bytes:
        """A line for every question."""
        return self.line() if command.strip() == self._settings.ask.encode() else b""

    def receive(self, data: bytes) -> None:
        """Take questions, one a line."""
        for question in data.split(b"\n")[:-1]:
            if not self.faults.absent:
                self.say(self.answer(question))

    def send(self) -> bytes:
        """What has arrived by now."""
        now_s = self.clock.now_s()
        while not self._asked and now_s >= self._next_s:
            self._next_s = max(self._next_s + LINE_EVERY_S, now_s - 60 * LINE_EVERY_S)
            self.say(self.line())
        return super().send()

    def next_s(self) -> float:
        """When the next line arrives or begins."""
        return min(super().next_s(), float("inf") if self._asked or self.faults.absent else self._next_s)

    def line(self) -> bytes:
        """A line with the values of now."""
        numbers = {}
        for name, field in self._settings.fields.items():
            value = self.faults.measured(name, self._sources[name])
            numbers[field.key] = f"{(value - field.offset) / field.scale:.9g}"
        return f"{self._text(numbers)}\r\n".encode()

    def _text(self, numbers: Mapping[str, str]) -> str:
        settings = self._settings
        if settings.format == "csv":
            columns = 1 + max(int(key) for key in numbers)
            return settings.separator.join(numbers.get(str(column), "0") for column in range(columns))
        if settings.format == "json":
            made: dict[str, Any] = {}
            for key, number in numbers.items():
                *outer, last = key.split(".")
                inner = made
                for part in outer:
                    inner = inner.setdefault(part, {})
                inner[last] = float(number)
            return json.dumps(made)
        return _filled(settings.pattern, numbers)


def _filled(pattern: str, numbers: Mapping[str, str]) -> str:
    """A text that a simple pattern finds: its groups replaced by numbers, what is around them as it stands."""
    compiled = re.compile(pattern)
    names = {number: name for name, number in compiled.groupindex.items()}
    count = iter(range(1, compiled.groups + 1))

    def number_of(_match: re.Match[str]) -> str:
        at = next(count, 0)
        return numbers.get(names.get(at, ""), numbers.get(str(at), numbers.get("0", "0")))

    return re.sub(r"\\(.)", r"\1", GROUP.sub(number_of, pattern).strip("^$"))


def place(place: Place) -> SimulatedSerialText:
    """The model for a configured device.

    Raises:
        BadValueError: its pattern is too involved to make a line of it.
    """
    settings: SerialTextSettings = place.settings
    sources = {name: place.probe(name) if place.coupled(name) else float for name in settings.fields}
    part = SimulatedSerialText(place.clock, settings, sources)
    line, pattern = part.line().decode().strip(), compile_pattern(settings.format, settings.pattern)
    if parse_line(line, settings.format, pattern, settings.fields, settings.separator) is None:
        raise BadValueError(f"serial_text: the pattern {settings.pattern!r} is too involved to be simulated")
    return part
