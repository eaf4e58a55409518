"""Who answers on an I2C bus, and as far as that can be read without moving anything, what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.base import BusError, DriverError, NoAnswerError
from drivers.bus.i2c import I2CBus
from gateway.cli.identities import FIRST, IDENTITIES, KEPT, LAST, LATCHES, SWITCHES, UNREAD, Question, at_address

NOT_FOR_PARTS = re.compile(r"hdmi|ddc|aux|smbus|nvidia|amdgpu|i915", re.IGNORECASE)
"""In the names of adapters that lead to displays, memory and mainboards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What answers at one address."""

    address: int
    driver: str = ""
    """The driver for it, where its identity could be read."""
    maybe: tuple[str, ...] = ()
    """Otherwise the drivers that are for parts at this address."""
    owner: str = ""
    """The kernel's driver that has it; then it was not touched."""
    switch: bool = False
    """It is a multiplexer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One I2C bus of the machine."""

    device: str
    number: int
    name: str
    parts: tuple[Part, ...] = ()
    skipped: str = ""
    """Why it was not to be looked at."""
    failure: str = ""
    """Why it could not be looked at, or not to the end."""


def adapters(root: Path) -> Iterator[Adapter]:
    """The I2C buses that have a device file, without looking at what is on them."""
    found = (
        (int(match[1]), path) for path in (root / "dev").glob("i2c-*") if (match := re.search(r"-(\d+)$", path.name))
    )
    for number, _ in sorted(found):
        file = root / f"sys/bus/i2c/devices/i2c-{number}/name"
        name = file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""
        yield Adapter(device=f"/dev/i2c-{number}", number=number, name=name)


def is_for_parts(adapter: Adapter) -> bool:
    """Whether parts hang on it that somebody put there, rather than a display or the memory."""
    return not NOT_FOR_PARTS.search(adapter.name)


def look(bus: I2CBus, owned: dict[int, str]) -> tuple[Sequence[Part], str]:
    """The parts on a bus, and why the look at it ended early, if it did.

    Args:
        bus: the bus.
        owned: address -> the kernel's driver for it.
    """
    parts: list[Part] = []
    try:
        for address in range(FIRST, LAST + 1):
            if address in owned:
                parts.append(Part(address=address, owner=owned[address]))
            elif address not in UNREAD and (part := _look_at(bus, address)) is not None:
                parts.append(part)
    except BusError as error:
        return parts, str(error)
    finally:
        bus.close()
    return parts, ""


def owners(root: Path, number: int) -> dict[int, str]:
    """Address -> the kernel's driver that has the part there."""
    found = {}
    for folder in (root / "sys/bus/i2c/devices").glob(f"{number}-*"):
        driver = folder / "driver"
        match = re.fullmatch(r"\d+-([0-9a-f]{4})", folder.name)
        if match and driver.exists():
            found[int(match[1], 16)] = driver.resolve().name
    return found


def _look_at(bus: I2CBus, address: int) -> Part | None:
    before = _received(bus, address)
    names = at_address(address)
    if address in LATCHES:
        return None if before is None else Part(address=address, maybe=names)
    # Some do not let themselves be read before they were told to measure.
    if before is None and (address in KEPT or not _acknowledges(bus, address)):
        return None
    asked = [name for name in names if name in IDENTITIES]
    for name in asked:
        if _is(bus, address, IDENTITIES[name]):
            return Part(address=address, driver=name)
    if before is not None and address in SWITCHES and _kept(bus, address, asked):
        bus.write(address, before)
        return Part(address=address, switch=True)
    return Part(address=address, maybe=tuple(name for name in names if name not in asked))


def _received(bus: I2CBus, address: int) -> bytes | None:
    try:
        return bus.read(address, 1)
    except NoAnswerError:
        return None


def _acknowledges(bus: I2CBus, address: int) -> bool:
    """Whether somebody is there for a write of no bytes; not every adapter can do that."""
    try:
        bus.write(address, b"")
    except DriverError:
        return False
    return True


def _is(bus: I2CBus, address: int, questions: Sequence[Question]) -> bool:
    try:
        return all(one.fits(address, _answer(bus, address, one)) for one in questions)
    except NoAnswerError:
        return False


def _answer(bus: I2CBus, address: int, question: Question) -> bytes:
    if not question.pause_s:
        return bus.read_register(address, question.register, question.count)
    bus.write(address, bytes([question.register]))
    bus.clock.sleep(question.pause_s)
    return bus.read(address, question.count)


def _kept(bus: I2CBus, address: int, asked: Sequence[str]) -> bool:
    """Whether what was sent last, the number of a register, is what is read: registers are elsewhere."""
    sent = {IDENTITIES[name][0].register for name in asked[-1:]}
    now = _received(bus, address)
    return now is not None and now[0] in sent
