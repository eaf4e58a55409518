"""The GPIO lines of one chip: levels in and out, through a pin factory of gpiozero.

Pins are used by themselves rather than through gpiozero's devices, because those make a pin an input again when they
are closed or forgotten, and a relay would fall off. A pin that drives is never let go while the process lives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.base import BusError, Clock, SystemClock, WrongPartError
from drivers.bus.gpio_pins import InputPin, OutputPin, Pull, PwmPin, translated
from drivers.bus.lgpio_factory import open_pin_factory

__all__ = ["GpioBus", "InputPin", "OutputPin", "Pull", "PwmPin"]

Opener = Callable[[], Any]


class GpioBus:
    """The lines of one chip. The pin factory is made on first use, and made again later if that failed.

    Args:
        opener: gives a gpiozero pin factory; by default lgpio's on chip `device`.
        device: number or path of the chip, such as `0` or `/dev/gpiochip0`; empty for the header's own chip.
        clock: what drivers on this bus wait and debounce by.
    """

    def __init__(self, opener: Opener | None = None, *, device: str = "", clock: Clock | None = None) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: open_pin_factory(device))
        self._factory: Any = None
        self._inputs: dict[int, InputPin] = {}
        self._outputs: dict[int, OutputPin] = {}
        self._pulsed: dict[int, PwmPin] = {}
        self._held: set[int] = set()

    def input(self, pin: int, *, pull: Pull = Pull.NONE, active_low: bool = False) -> InputPin:
        """The line GPIO`pin`, read, and held until it is released.

        Raises:
            WrongPartError: there is no such line, another device holds it, or it cannot have that pull.
            BusError: the chip is missing, not allowed, or the line is in use elsewhere.
        """
        self._refuse_twice(pin)
        if pin in self._outputs or pin in self._pulsed:
            raise WrongPartError(f"GPIO{pin}: driven by this process, cannot be read; choose another pin")
        factory = self._open()
        with translated(pin):
            line = factory.pin(f"GPIO{pin}")
            line.input_with_pull("floating" if pull is Pull.NONE else pull.value)
        self._inputs[pin] = InputPin(line, pin, self.clock, active_low=active_low)
        self._held.add(pin)
        return self._inputs[pin]

    def output(self, pin: int, *, active_low: bool = False, initial: bool = False) -> OutputPin:
        """The line GPIO`pin`, driven, and held until it is released.

        It has the level `initial` from the moment it is an output. One that is driven already, because it was held
        before, keeps its level.

        Raises:
            WrongPartError: there is no such line, or another device holds it.
            BusError: the chip is missing, not allowed, or the line is in use elsewhere.
        """
        self._refuse_twice(pin)
        if pin not in self._outputs:
            factory = self._open()
            with translated(pin):
                line = factory.pin(f"GPIO{pin}")
                line.output_with_state(initial != active_low)
            self._outputs[pin] = OutputPin(line, pin, active_low=active_low)
        self._held.add(pin)
        return self._outputs[pin]

    def pwm(self, pin: int, *, frequency: float, active_low: bool = False, initial: float = 0.0) -> PwmPin:
        """The line GPIO`pin`, pulsed `frequency` times in a second, and held until it is released.

        It has the duty `initial` from the moment it is an output. One that is pulsed already, because it was held
        before, keeps its duty.

        Raises:
            WrongPartError: there is no such line, or another device holds it.
            BusError: the chip is missing, not allowed, or the line is in use elsewhere.
        """
        self._refuse_twice(pin)
        if pin not in self._pulsed:
            factory = self._open()
            with translated(pin):
                line = factory.pin(f"GPIO{pin}")
                line.output_with_pulses(frequency, 1.0 - initial if active_low else initial)
            self._pulsed[pin] = PwmPin(line, pin, active_low=active_low)
        self._held.add(pin)
        return self._pulsed[pin]

    def release(self, pin: int) -> None:
        """Let the line go: an input is freed, an output stays driven as it is. Never raises."""
        self._held.discard(pin)
        released = self._inputs.pop(pin, None)
        if released is None:
            return
        try:
            released.release()
        except (BusError, WrongPartError):
            return  # The chip is gone, and the line with it.

    def close(self) -> None:
        """Release every line; the outputs stay driven until the process ends. Never raises."""
        for pin in tuple(self._held):
            self.release(pin)

    def _refuse_twice(self, pin: int) -> None:
        if pin in self._held:
            raise WrongPartError(
                f"GPIO{pin}: another device of this gateway uses it; every device needs a pin of its own"
            )

    def _open(self) -> Any:
        if self._factory is None:
            try:
                self._factory = self._opener()
            except OSError as error:
                raise BusError(f"gpio chip {self.device or 'of the header'} cannot be opened: {error}") from error
        return self._factory
