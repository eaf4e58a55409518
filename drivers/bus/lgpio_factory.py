"""A gpiozero pin factory on lgpio, with four things put right.

gpiozero's own factory refuses to start on a board that is no Raspberry Pi, although lgpio does not care. And it makes a
pin an output at level low before it sets the wanted level, which switches a relay that is on when low for a moment.
It takes the lines of all chips for the same. And it rounds pulses to a hundredth of their period, where a servo goes
from one end to the other in five of them.
"""

from __future__ import annotations

import re
from typing import Any

from drivers.base import BusError

ASSUMED_REVISION = 0xC03114
"""The board that a machine which is no Raspberry Pi is taken for, a 4B: there GPIO n is line n of the chip."""

HALF = 0.5
"""A line that will be pulsed is until then at the level at which it will be for longer."""


def chip_number(device: str) -> int | None:
    """The number in `0`, `gpiochip0` or `/dev/gpiochip0`; None where `device` is empty.

    Raises:
        ValueError: it is none of these.
    """
    if not device:
        return None
    match = re.fullmatch(r"(?:(?:/dev/)?gpiochip)?([0-9]{1,3})", device)
    if match is None:
        raise ValueError(f"gpio chip {device!r}; a number such as 0 or a path such as /dev/gpiochip0 is allowed")
    return int(match[1])


def open_pin_factory(device: str) -> Any:
    """A pin factory on the chip that `device` names.

    Raises:
        BusError: lgpio is not installed, or the chip is absent, not allowed, or misspelt.
    """
    try:
        chip = chip_number(device)
    except ValueError as error:
        raise BusError(str(error)) from error
    try:
        import gpiozero  # noqa: F401, PLC0415 - as above; here only to tell its absence in words
        import lgpio  # noqa: PLC0415 - a site without GPIO need not load it
    except ImportError as error:
        raise BusError(
            f"GPIO needs gpiozero and lgpio (on a 32-bit board the package python3-lgpio): {error}"
        ) from error
    except OSError as error:
        raise BusError(f"lgpio needs a working directory that it may write to: {error}") from error
    try:
        return _factory_class()(chip)
    except (lgpio.error, OSError) as error:
        place = "gpio chip of the header" if chip is None else f"gpio chip {chip}"
        raise BusError(
            f"{place} cannot be opened: {error}; look for /dev/gpiochip* and see that the user of this process is in"
            " the group gpio"
        ) from error


def _factory_class() -> Any:
    """The class of the factory, made here because its base is loaded only where GPIO is used."""
    import lgpio  # noqa: PLC0415 - a site without GPIO need not load it
    from gpiozero import PinUnknownPi  # noqa: PLC0415 - as above
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # noqa: PLC0415 - as above

    class OutputAtOncePin(LGPIOPin):  # type: ignore[misc] # gpiozero has no types
        _pwm: Any

        def output_with_state(self, state: bool) -> None:
            self.when_changed = None
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001 - not offered otherwise

        def output_with_pulses(self, frequency: float, duty: float) -> None:
            self.output_with_state(duty >= HALF)
            self._pulse(frequency, duty)

        def _set_state(self, value: float) -> None:
            if self._pwm:
                self._pulse(self._pwm[0], value)
            else:
                super()._set_state(value)

        def _pulse(self, frequency: float, duty: float) -> None:
            pulses = (frequency, duty * 100)
            lgpio.tx_pwm(self.factory._handle, self._number, *pulses)  # noqa: SLF001 - not offered otherwise
            self._pwm = pulses

    class Factory(LGPIOFactory):  # type: ignore[misc] # gpiozero has no types
        def __init__(self, chip: int | None) -> None:
            super().__init__(chip)
            self.pin_class = OutputAtOncePin
            # gpiozero keeps one set of pins for the process, where line 17 of two chips would be the same.
            self.pins: dict[Any, Any] = {}

        def _get_revision(self) -> int:
            try:
                return int(super()._get_revision())
            except PinUnknownPi:
                return ASSUMED_REVISION

    return Factory
