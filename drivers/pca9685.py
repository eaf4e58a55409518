"""NXP PCA9685: sixteen outputs of pulse width over I2C, for fans, lamps and valves.

Source: NXP, PCA9685 datasheet rev. 4, sections 7.3.1 (mode), 7.3.3 (outputs, full on and off) and 7.3.5 (prescaler).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, Limits, NoAnswerError, Readings, Value, WrongPartError
from drivers.bus.i2c import I2CBus

MODE1, MODE2, FIRST_OUTPUT, PRESCALE = 0x00, 0x01, 0x06, 0xFE
AUTO_INCREMENT, SLEEP, TOTEM_POLE = 0x20, 0x10, 0x04
NOT_THERE = 0xE0
"""Bits of `MODE2` that the part does not have."""
OUTPUT_BYTES = 4
FULL = 0x10
"""In the second byte of on and of off: all the time."""

OSCILLATOR_HZ = 25_000_000
STEPS = 4096
WAKE_S = 0.0005
"""The oscillator's start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pca9685Output:
    """One output as a channel of its own."""

    output: Annotated[int, Limits(0, 15)]
    """Its number, 0 to 15."""
    inverted: bool = False
    """What hangs on it is on while the output is low."""


def _every_output() -> dict[str, Pca9685Output]:
    return {f"pwm{number}": Pca9685Output(output=number) for number in range(16)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pca9685Settings:
    """One PCA9685."""

    address: Annotated[int, Limits(0x40, 0x7F)] = 0x40
    """Its I2C address, by A0 to A5; 0x70 calls every one on the bus and is no part's own."""
    frequency: Annotated[float, Limits(24.0, 1526.0, "Hz")] = 1000.0
    """Pulses in a second, the same for all outputs."""
    outputs: dict[str, Pca9685Output] = field(default_factory=_every_output)
    """Channel name -> output; `pwm0` to `pwm15` where not given."""

    def __post_init__(self) -> None:
        numbers = [one.output for one in self.outputs.values()]
        if not numbers or len(set(numbers)) != len(numbers):
            raise ValueError(f"outputs {numbers}; at least one is needed, and each only once")


def prescale(frequency: float) -> int:
    """The prescaler for a frequency in Hz: 30 for 200 Hz, as in the datasheet."""
    return max(3, min(255, round(OSCILLATOR_HZ / STEPS / frequency) - 1))


def encode_duty(duty: float) -> bytes:
    """The four bytes of an output that is on for a share of the time, 0 to 1."""
    steps = round(duty * STEPS)
    if steps <= 0:
        return bytes((0, 0, 0, FULL))
    if steps >= STEPS:
        return bytes((0, FULL, 0, 0))
    return bytes(2) + steps.to_bytes(2, "little")


def decode_duty(data: bytes) -> float:
    """The share of the time in the four bytes of an output; off goes before on."""
    if data[3] & FULL:
        return 0.0
    if data[1] & FULL:
        return 1.0
    on, off = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2))
    return (off - on) % STEPS / STEPS


class Pca9685(Driver):
    """One PCA9685 on an I2C bus. What it drives goes on over a restart of the gateway."""

    name: ClassVar[str] = "pca9685"
    title: ClassVar[str] = "NXP PCA9685"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Pca9685Settings

    def __init__(self, bus: I2CBus, settings: Pca9685Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._outputs = settings.outputs
        self._prescale = prescale(settings.frequency)

    @classmethod
    def channels(cls, settings: Pca9685Settings) -> tuple[Channel, ...]:
        """One channel for each of the `outputs`: the share of the time that it is on."""
        return tuple(
            Channel(
                name=name,
                unit="/",
                low=0.0,
                high=1.0,
                resolution=1 / STEPS,
                writable=True,
                about=f"output {one.output}",
            )
            for name, one in settings.outputs.items()
        )

    def open(self) -> None:
        """See that the part is the right one, set the frequency, and wake it.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers.
            BusError: the bus does not work.
        """
        mode2 = self._get(MODE2, 1)[0]
        if mode2 & NOT_THERE:
            raise WrongPartError(f"pca9685 at 0x{self._address:02X}: another part answers (mode 0x{mode2:02X})")
        if not self._is_set_up():
            # The prescaler can be written only asleep, and outputs are off meanwhile.
            self._put(MODE1, AUTO_INCREMENT | SLEEP)
            self._put(PRESCALE, self._prescale)
            self._put(MODE2, TOTEM_POLE)
            self._put(MODE1, AUTO_INCREMENT)
            self._bus.clock.sleep(WAKE_S)
        self.read()

    def read(self) -> Readings:
        """What every output is driven to.

        Raises:
            NoAnswerError: nobody answers, or the part has forgotten what it was told, as after a loss of supply.
            BusError: the bus does not work.
        """
        if not self._is_set_up():
            raise NoAnswerError(
                f"pca9685 at 0x{self._address:02X}: is not as it was set up; it may have lost its supply"
            )
        return {name: self._duty(one) for name, one in self._outputs.items()}

    def write(self, channel: str, value: Value) -> Value:
        """Drive an output and read it back: the step that is nearest to `value`.

        Raises:
            BadValueError: there is no such output, or the value is no number from 0 to 1.
            NoAnswerError: nobody answers.
            BusError: the bus does not work.
        """
        one = self._outputs.get(channel)
        if one is None:
            return super().write(channel, value)
        if isinstance(value, bool | str) or not 0 <= value <= 1:
            raise BadValueError(f"{self.name}: {value!r} is no value of {channel!r}; 0 to 1 is allowed")
        data = encode_duty(1 - value if one.inverted else value)
        self._bus.write_register(self._address, FIRST_OUTPUT + OUTPUT_BYTES * one.output, data)
        return self._duty(one)

    def _duty(self, one: Pca9685Output) -> float:
        duty = decode_duty(self._get(FIRST_OUTPUT + OUTPUT_BYTES * one.output, OUTPUT_BYTES))
        return 1 - duty if one.inverted else duty

    def _is_set_up(self) -> bool:
        mode = self._get(MODE1, 1)[0]
        return mode & (AUTO_INCREMENT | SLEEP) == AUTO_INCREMENT and self._get(PRESCALE, 1)[0] == self._prescale

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._address, register, count)

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, register, bytes([value]))
