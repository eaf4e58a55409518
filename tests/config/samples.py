"""A small site that is good, and what the room says of others."""

from __future__ import annotations

from gateway.config.problems import Report
from gateway.config.site import read_site
from gateway.core.settings import Site

GOOD = """\
gateway: greenhouse-1
buses:
  i2c-1: {kind: i2c}
  uart: {kind: serial}
  header: {kind: gpio}
devices:
  room: {driver: sht4x, bus: i2c-1, address: 0x44}
  soil: {driver: ads1115, bus: i2c-1}
  air: {driver: pms5003, bus: uart}
  door: {driver: digital_input, bus: header, pin: 17}
  heater: {driver: digital_output, bus: header, pin: 27, safe: {on: false}}
thermostats:
  climate: {sensor: room/temperature, actuator: heater/on}
"""


def nobody(_file: str) -> bool:
    """No file is open to others."""
    return False


def read(text: str, open_to_others=nobody) -> tuple[Site | None, list[str]]:
    """The site in `text` and the problems as lines."""
    report = Report("site.yaml")
    site = read_site(text, report, open_to_others)
    return site, [str(problem) for problem in report.sorted()]


def problems_of(text: str, open_to_others=nobody) -> list[str]:
    """The problems of `text` as lines; a site is made exactly where there are none."""
    site, problems = read(text, open_to_others)
    assert (site is None) == bool(problems)
    return problems


def changed(*changes: tuple[str, str]) -> str:
    """The good site with each first text replaced by the second."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


ROOM = "room: {driver: sht4x, bus: i2c-1, address: 0x44}"
HEATER = "heater: {driver: digital_output, bus: header, pin: 27, safe: {on: false}}"
CLIMATE = "climate: {sensor: room/temperature, actuator: heater/on}"
GATEWAY = "gateway: greenhouse-1"


def room(keys: str) -> str:
    """The good site, the SHT4x having `keys` instead of its address."""
    return changed((ROOM, f"room: {{driver: sht4x, bus: i2c-1, {keys}}}"))


def heater(keys: str) -> str:
    """The good site, the relay having `keys` instead of pin and safe value."""
    return changed((HEATER, f"heater: {{driver: digital_output, bus: header, {keys}}}"))


def climate(keys: str) -> str:
    """The good site, the thermostat having `keys` besides."""
    return changed((CLIMATE, f"climate: {{sensor: room/temperature, actuator: heater/on, {keys}}}"))


def more(text: str) -> str:
    """The good site and `text` in line 14."""
    return f"{GOOD}{text}"


def link(keys: str) -> str:
    """The good site and a link of `keys` in line 14."""
    return more(f"link: {{{keys}}}\n")
