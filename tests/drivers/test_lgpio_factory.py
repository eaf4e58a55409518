"""The door to lgpio, with a stand-in for the library: a chip of lines that remembers every claim."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from drivers.base import BusError
from drivers.bus.gpio import GpioBus, Pull
from drivers.bus.lgpio_factory import chip_number, open_pin_factory

ROOT = Path(__file__).parents[2]
OUT, PULL_UP, PULL_DOWN, PULL_NONE = 2, 32, 64, 128


class FakeLgpio(ModuleType):
    """The calls of lgpio that gpiozero makes, on one chip of 54 lines."""

    class error(Exception):  # noqa: N801, N818 - the library's own name
        pass

    LOW, HIGH, RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 0, 1, 1, 2, 3
    SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = PULL_UP, PULL_DOWN, PULL_NONE

    def __init__(self, chips: int = 1) -> None:
        super().__init__("lgpio")
        self.chips = chips
        self.busy: set[int] = set()
        self.flags: dict[int, int] = {}
        self.levels: dict[int, list[int]] = {}
        self.chips_of: dict[int, set[int]] = {}
        self.pulses: dict[int, list[tuple[float, float]]] = {}

    def gpiochip_open(self, chip):
        if chip >= self.chips:
            raise self.error("can not open gpiochip")
        return chip

    def gpio_claim_input(self, handle, line, flags=0):
        self._claim(line)
        self.chips_of.setdefault(line, set()).add(handle)
        self.flags[line] = flags

    def gpio_claim_output(self, _handle, line, level=0, flags=0):
        self._claim(line)
        self.flags[line] = flags | OUT
        self.levels.setdefault(line, []).append(level)

    def gpio_free(self, _handle, line):
        self.flags.pop(line)

    def gpio_get_mode(self, _handle, line):
        return self.flags.get(line, 0)

    def gpio_read(self, _handle, line):
        levels = self.levels.get(line)
        return levels[-1] if levels else int(bool(self.flags[line] & PULL_UP))

    def gpio_write(self, _handle, line, level):
        self.levels[line].append(int(level))

    def tx_pwm(self, _handle, line, frequency, duty_percent):
        if not self.flags[line] & OUT:
            raise self.error("not an output")
        self.pulses.setdefault(line, []).append((frequency, duty_percent))

    def _claim(self, line):
        if line in self.busy:
            raise self.error("GPIO busy")


@pytest.fixture
def lgpio(monkeypatch):
    fake = FakeLgpio()
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    yield fake
    from gpiozero.pins.local import LocalPiFactory  # noqa: PLC0415 - loaded by the test, or not at all

    LocalPiFactory.pins.clear()
    sys.modules.pop("gpiozero.pins.lgpio", None)


@pytest.mark.parametrize(
    ("device", "number"), [("", None), ("0", 0), ("4", 4), ("gpiochip0", 0), ("/dev/gpiochip4", 4), ("12", 12)]
)
def test_a_chip_is_named_by_its_number_or_path(device, number):
    assert chip_number(device) == number


@pytest.mark.parametrize("device", ["/dev/i2c-1", "gpio", "-1", "0x4", "/dev/gpiochip", "\uff11"])
def test_what_names_no_chip_is_refused_with_what_is_allowed(device):
    with pytest.raises(BusError, match="a number such as 0"):
        open_pin_factory(device)


def test_a_board_that_is_no_raspberry_pi_has_its_lines_by_their_numbers(lgpio):
    bus = GpioBus(device="0")
    assert bus.input(17, pull=Pull.UP).read() is True
    assert lgpio.flags[17] & PULL_UP
    assert bus.input(27, pull=Pull.DOWN).read() is False


@pytest.mark.parametrize("initial", [False, True])
@pytest.mark.parametrize("active_low", [False, True])
def test_an_output_is_claimed_with_its_level_and_has_no_other_before(lgpio, initial, active_low):
    bus = GpioBus()
    pin = bus.output(22, active_low=active_low, initial=initial)
    assert lgpio.levels[22] == [int(initial is not active_low)]
    pin.write(not initial)
    assert lgpio.levels[22] == [int(initial is not active_low), int(initial is active_low)]
    assert pin.read() is not initial


@pytest.mark.parametrize(("active_low", "initial", "level"), [(False, 0.0, 0), (True, 0.0, 1), (False, 1.0, 1)])
def test_what_is_pulsed_has_the_level_of_its_rest_before_and_its_duty_from_the_first_pulse(
    lgpio, active_low, initial, level
):
    pin = GpioBus().pwm(18, frequency=50.0, active_low=active_low, initial=initial)
    assert lgpio.levels[18] == [level]
    assert lgpio.pulses[18] == [(50.0, 100.0 * level)]
    assert pin.read() == initial


def test_pulses_are_as_fine_as_a_servo_needs_them(lgpio):
    pin = GpioBus().pwm(18, frequency=50.0)
    pin.write(0.0753)
    assert lgpio.pulses[18][-1] == (50.0, pytest.approx(7.53))
    assert pin.read() == pytest.approx(0.0753)


def test_a_line_that_another_program_uses_is_an_error_of_the_bus(lgpio):
    lgpio.busy.add(17)
    with pytest.raises(BusError, match=r"GPIO17: GPIO busy; it may be in use by another program"):
        GpioBus().input(17)


def test_the_same_line_of_two_chips_is_two_lines(lgpio):
    lgpio.chips = 2
    for device in ("0", "1"):
        GpioBus(device=device).input(17, pull=Pull.UP)
    assert lgpio.chips_of[17] == {0, 1}


def test_a_chip_that_is_not_there_comes_with_where_to_look(lgpio):
    lgpio.chips = 0
    with pytest.raises(BusError, match=r"gpio chip of the header cannot be opened.*group gpio"):
        open_pin_factory("")
    with pytest.raises(BusError, match="gpio chip 7 cannot be opened"):
        open_pin_factory("7")


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(BusError, match="python3-lgpio"):
        open_pin_factory("")


def test_a_library_that_cannot_make_its_files_is_an_error_of_the_bus(monkeypatch):
    class Unwritable:
        """As lgpio in a directory that it may not write to: its files are made while it is imported."""

        def find_spec(self, name, _path=None, _target=None):
            if name == "lgpio":
                raise FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3")

    monkeypatch.delitem(sys.modules, "lgpio", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Unwritable(), *sys.meta_path])
    with pytest.raises(BusError, match="working directory"):
        open_pin_factory("")


def test_with_the_real_library_a_machine_without_chips_is_an_error_of_the_bus(tmp_path):
    """In a process of its own, because lgpio starts a thread and makes a file when it is imported."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from drivers.base import BusError\n"
        "from drivers.bus.gpio import GpioBus\n"
        "try:\n    GpioBus(device='250').input(17)\n"
        "except BusError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "chip 250 cannot be opened" in done.stdout
