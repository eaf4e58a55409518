"""HC-SR04 and its relatives: the distance to what sends back a short sound, over two GPIO pins.

The edges of the echo have the kernel's time, so a busy machine does not make the way longer. The echo of a part for 5 V
needs a divider (10 kOhm and 20 kOhm) before the pin. What is soft, slanting or in a pipe sends little back.

Source: Elecfreaks, HC-SR04 datasheet (10 us of trigger, an echo as long as the way there and back, 60 ms between two).
The speed of sound in dry air is 331.3 m/s at 0 Cel, and grows with the square root of the absolute temperature.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusError, BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.gpio import GpioBus, InputPin, OutputPin, Pull

TRIGGER_S = 1e-5
ECHO_S_MAX = 0.038
"""With nothing in its range the part gives an echo that is longer than this."""
ANSWER_S = 0.005
"""It begins its echo well within this time."""
PAUSE_S = 0.06
"""From one trigger to the next, or an echo of the first comes as one of the second."""
LOOK_S = 0.001
LOW_M, HIGH_M, RESOLUTION_M = 0.02, 4.0, 0.003


@dataclass(frozen=True, kw_only=True, slots=True)
class Hcsr04Settings:
    """One HC-SR04."""

    trigger: Annotated[int, Limits(0, 27)] = 23
    """GPIO number of the pin at TRIG."""
    echo: Annotated[int, Limits(0, 27)] = 24
    """GPIO number of the pin at ECHO, through a divider where the part has 5 V."""
    temperature: Annotated[float, Limits(-40.0, 85.0, "Cel")] = 20.0
    """Of the air on the way; 10 degrees of error are nearly 2 % of the distance."""
    samples: Annotated[int, Limits(1, 15)] = 5
    """Echoes in a reading, of which the median is taken; each takes 60 ms."""

    def __post_init__(self) -> None:
        if self.trigger == self.echo:
            raise ValueError(f"trigger and echo are both {self.echo}; each needs a pin of its own")


def speed_of_sound(temperature: float) -> float:
    """In m/s, in air of a temperature in Cel: 343.2 at 20."""
    return 331.3 * math.sqrt(1 + temperature / 273.15)


def distance_of(echo_s: float, temperature: float) -> float:
    """In m: half of the way that sound makes in the time of the echo."""
    return echo_s * speed_of_sound(temperature) / 2


def echo_of(edges: Sequence[tuple[bool, float]]) -> float | None:
    """How long the first echo in these edges (level, s) was; infinite without an end, None without a beginning."""
    rose_s = None
    for level, at_s in tuple(edges):  # More may come from another thread meanwhile.
        if level and rose_s is None:
            rose_s = at_s
        elif not level and rose_s is not None:
            return at_s - rose_s
    return None if rose_s is None else math.inf


class Hcsr04(Driver):
    """One HC-SR04 on two pins of a GPIO chip."""

    name: ClassVar[str] = "hcsr04"
    title: ClassVar[str] = "Ultrasonic distance: HC-SR04, JSN-SR04T, RCWL-1601"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = Hcsr04Settings

    def __init__(self, bus: GpioBus, settings: Hcsr04Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._place = f"hcsr04 at GPIO{settings.trigger} and GPIO{settings.echo}"
        self._pins: tuple[OutputPin, InputPin] | None = None
        self._edges: list[tuple[bool, float]] = []
        self._next_s = bus.clock.now_s()

    @classmethod
    def channels(cls, settings: Hcsr04Settings) -> tuple[Channel, ...]:
        """The distance."""
        about = f"from the part to what is before it, in air of {settings.temperature:g} Cel"
        return (Channel(name="distance", unit="m", low=LOW_M, high=HIGH_M, resolution=RESOLUTION_M, about=about),)

    def open(self) -> None:
        """Make one pin an output that is low, the other an input.

        Raises:
            WrongPartError: there is no such pin, or another device holds it.
            BusError: the chip is missing, a line is in use elsewhere or cannot be watched.
        """
        self.close()
        settings = self._settings
        trigger = self._bus.output(settings.trigger)
        try:
            echo = self._bus.input(settings.echo, pull=Pull.DOWN)
        except (BusError, WrongPartError):
            self._bus.release(settings.trigger)
            raise
        self._pins = trigger, echo
        trigger.write(False)
        echo.edges(self._take)

    def read(self) -> Readings:
        """The median of several echoes, most of which have to come back.

        Raises:
            NoAnswerError: there is nothing within its range, or no part.
            BusError: the chip does not answer.
        """
        if self._pins is None:
            raise BusError(f"{self._place}: not open")
        trigger, echo = self._pins
        count = self._settings.samples
        answers = [self._ping(trigger, echo) for _ in range(count)]
        echoes = [one for one in answers if one is not None and one <= ECHO_S_MAX]
        if 2 * len(echoes) > count:
            return {"distance": distance_of(statistics.median(echoes), self._settings.temperature)}
        if any(one is not None for one in answers):
            raise NoAnswerError(f"{self._place}: no echo of {count - len(echoes)} in {count}; is anything ahead?")
        raise NoAnswerError(f"{self._place}: does not answer; look at its supply, TRIG and ECHO")

    def close(self) -> None:
        """Let both pins go. Never raises."""
        if self._pins is not None:
            self._pins = None
            self._bus.release(self._settings.trigger)
            self._bus.release(self._settings.echo)

    def _ping(self, trigger: OutputPin, echo: InputPin) -> float | None:
        """How long the echo was, in s; infinite where it did not end in time, None where it did not begin."""
        clock = self._bus.clock
        clock.sleep(max(0.0, self._next_s - clock.now_s()))
        self._edges.clear()
        self._next_s = clock.now_s() + PAUSE_S
        if echo.read():
            return math.inf  # Of the ping before: some parts hold it for longer, where nothing is ahead.
        trigger.write(True)
        clock.sleep(TRIGGER_S)
        trigger.write(False)
        until_s = clock.now_s() + ANSWER_S + ECHO_S_MAX
        while (found_s := echo_of(self._edges)) in (None, math.inf) and clock.now_s() < until_s:
            clock.sleep(LOOK_S)
            echo.read()
        return found_s

    def _take(self, level: bool, at_s: float) -> None:
        """An edge of the echo, on a thread of the pin factory."""
        self._edges.append((level, at_s))
