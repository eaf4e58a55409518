"""The contract between a driver and whoever uses it.

A driver is one file that knows one part, and nothing of the gateway. It takes an open bus and its settings; one bus is
one thread, so calls never overlap. It is synchronous, and waits only through the clock that it was given.

Bytes to values and back are pure functions, to be tested without a bus. Every failure is a `DriverError`.
"""

from __future__ import annotations

import enum
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

Value = float | bool | str
"""What a channel can hold. An `int` is accepted wherever a `float` is."""

Readings = Mapping[str, Value]
"""One value per channel, keyed by the channel's name."""


class DriverError(Exception):
    """Something went wrong between us and the part; the message says what, at which place, and what to do."""


class NoAnswerError(DriverError):
    """The part did not answer: absent, unpowered, busy for too long, or the wrong address. Worth trying again."""


class NotYetError(NoAnswerError):
    """The part is well and has no measurement yet, as while it warms up: it stays open, and is asked again in time."""


class ChecksumError(DriverError):
    """The bytes that arrived do not match their checksum. Worth trying again."""


class WrongPartError(DriverError):
    """Something else answers at this place. Trying again is useless until somebody changes wiring or configuration."""


class BusError(DriverError):
    """The bus itself is missing, busy with another owner, or stuck. The bus is closed and opened again."""


class BadValueError(DriverError, ValueError):
    """A value that this channel cannot take, or a channel that cannot be written."""


class BusKind(enum.StrEnum):
    """The kinds of shared wire that a driver can ask for."""

    I2C = "i2c"
    SERIAL = "serial"
    GPIO = "gpio"
    ONEWIRE = "onewire"
    MODBUS = "modbus"
    SYSFS = "sysfs"
    SPI = "spi"


class ValueKind(enum.StrEnum):
    """The type of a channel's values, by the names that the configuration and the wire use."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Limits:
    """The allowed range of a number in a settings type, as `Annotated[int, Limits(0, 7)]`; both ends belong to it."""

    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One quantity of a part, read or driven.

    `unit` is a SenML unit symbol (RFC 8428 section 12.1), empty for booleans and texts. `low` and `high` are the
    range of the part by its datasheet, in that unit; `resolution` is its smallest step.
    """

    name: str
    unit: str = ""
    kind: ValueKind = ValueKind.NUMBER
    low: float | None = None
    high: float | None = None
    resolution: float | None = None
    writable: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an operation. Without a `default` it has to be given; `choices` where only few values go."""

    name: str
    kind: ValueKind = ValueKind.NUMBER
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    default: Value | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that a part can be asked to do, beside giving a channel a value.

    `idempotent` is the word on which it depends whether it is done again after a crash in the middle: say it only
    where doing it twice is doing it once. `time_limit_s` is the longest that it may take, its waits included.
    """

    name: str
    """Like a class: `StartCycle`, `Calibrate`, `Toggle`."""
    parameters: tuple[Parameter, ...] = ()
    time_limit_s: float = 10.0
    idempotent: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an operation asks of its caller before it goes on."""

    write: tuple[str, Value] | None = None
    """Drive this channel: by the way that all commands take, so that what must not be is not."""
    wait_s: float = 0.0
    """Then wait, without holding the bus."""
    percent: float | None = None
    """How much of it is done by then, for whoever watches."""


Steps = Generator[Step, None, Value | None]
"""An operation under way; what it returns is its result. Each stretch between two steps runs on the bus's thread."""


class Clock(Protocol):
    """Time as a driver may see it: a monotonic count of seconds, and a wait."""

    def now_s(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class SystemClock:
    """The machine's own monotonic clock."""

    def now_s(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread, which is the bus's own, for `seconds`."""
        time.sleep(seconds)


Listener = Callable[[str, Value], None]
"""Called with a channel's name and its new value, from any thread."""


class Driver(ABC):
    """One part. The class says what the part is; an instance talks to one of them, on the bus's thread.

    `open` is called once before anything else and again after an error closed it; `read` and `write` only between
    `open` and `close`; `close` any number of times.
    """

    name: ClassVar[str]
    """The word for this driver in the configuration."""
    title: ClassVar[str]
    """The part's name for people, with its maker."""
    bus_kind: ClassVar[BusKind]
    settings_type: ClassVar[type]
    """A frozen, keyword-only dataclass. Its fields stand beside `driver:` and `bus:` in the device's YAML.
    What types cannot say, such as two fields that exclude each other, its `__post_init__` refuses with ValueError."""

    @abstractmethod
    def __init__(self, bus: Any, settings: Any) -> None:
        """Keep the bus (of `bus_kind`) and the settings (of `settings_type`); nothing is said to the part yet."""

    @classmethod
    @abstractmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """What a part with these settings can read and drive, in a fixed order."""

    @abstractmethod
    def open(self) -> None:
        """Find the part, check that it is the right one, and set it up.

        Raises:
            WrongPartError: something else answers.
            DriverError: it cannot be reached.
        """

    @abstractmethod
    def read(self) -> Readings:
        """Take one measurement of every readable channel; outputs answer what they are driven to.

        Raises:
            DriverError: no value is better than a wrong one.
        """

    def write(self, channel: str, value: Value) -> Value:
        """Drive `channel` to `value` and return what it now is, read back where the part can.

        Raises:
            BadValueError: the channel is not writable, or cannot take this value.
            DriverError: the part did not take it.
        """
        del value
        raise BadValueError(f"{self.name}: channel {channel!r} cannot be written")

    @classmethod
    def operations(cls, settings: Any) -> tuple[Operation, ...]:
        """What a part with these settings can be asked to do beside taking values."""
        del settings
        return ()

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Do one of the operations, with all its parameters, which have been checked.

        A generator: it ends early (GeneratorExit) when it is cancelled, takes too long or the daemon stops, and then
        leaves the part in a state that is safe to leave alone, in its `finally`.

        Raises:
            BadValueError: there is no such operation, or the part cannot do it now; nothing was done.
            DriverError: the part did not do it.
        """
        del parameters
        yield from ()
        raise BadValueError(f"{self.name}: there is no operation {operation!r}")

    def watch(self, listener: Listener) -> bool:
        """Call `listener` on every change from now on; True where the part can tell changes by itself."""
        del listener
        return False

    def close(self) -> None:  # noqa: B027 - most parts have nothing to let go
        """Let go of the part and leave its outputs as they are. Never raises."""
