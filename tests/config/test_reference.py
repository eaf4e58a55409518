"""`docs/configuration.md` tells the truth: its tables are those of the types, and every key is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from drivers import registry
from drivers.base import BusKind, Channel, Driver, Limits
from gateway.config import reference
from gateway.config.devices import own_fields
from tests.config.samples import problems_of, read

PAGE = reference.TARGET.read_text(encoding="utf-8")


def section(name):
    return re.search(rf"<!-- table: {name} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)[1]


def test_the_tables_of_the_page_are_those_of_the_types():
    # Renew them with: python -m gateway.config.reference
    assert reference.renewed(PAGE) == PAGE


def test_every_table_is_in_the_page_once():
    assert sorted(re.findall(r"<!-- table: (\w+) -->", PAGE)) == sorted(reference.tables())


@pytest.mark.parametrize("name", registry.names())
def test_every_key_of_a_driver_is_in_its_part(name):
    part = section("drivers").split(f"### {name}\n")[1].split("###")[0]
    assert [field.key for field in own_fields(registry.get(name)) if f"| `{field.key}` |" not in part] == []
    assert all(
        f"`{channel.name}`" in part for channel in registry.get(name).channels(reference.sample(registry.get(name)))
    )


def test_every_row_has_a_meaning():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    generated = [row for row in rows if row.count(" | ") == 4]
    assert len(generated) > 60
    assert [row for row in generated if not row.rsplit(" | ", 1)[1].strip(" |")] == []


def test_the_smallest_file_of_the_page_is_good():
    example = re.search(r"```yaml\n(gateway: shed.*?)```", PAGE, re.DOTALL)[1]
    site, problems = read(example)
    assert problems == []
    assert site.devices[0].every_s == 10


def test_the_limits_of_the_page_are_the_real_ones():
    assert "found more than 16 levels" in problems_of("[" * 17 + "]" * 17)[0]
    assert "at most 1 MiB, 20 000 keys and values, and 16\nlevels" in PAGE


def test_a_page_with_an_unknown_table_is_refused():
    with pytest.raises(KeyError, match="nothing"):
        reference.renewed("<!-- table: nothing -->\n<!-- end -->")


@dataclass(frozen=True, kw_only=True)
class Demanding:
    """Requires one of everything."""

    pin: Annotated[int, Limits(2, 27)]
    """The pin."""
    gain: float
    """The gain."""
    on: bool
    """Whether."""
    pull: Literal["up", "down"]
    """The pull."""
    name: str
    """The name."""
    steps: list[int] | None = None
    """The steps | in a row."""


class DemandingDriver(Driver):
    name = "demanding"
    title = "Demanding part"
    bus_kind = BusKind.I2C
    settings_type = Demanding

    @classmethod
    def channels(cls, settings):
        return (Channel(name=settings.name, unit="V", high=5.0, writable=True),)

    def open(self):
        """Nothing to open."""

    def read(self):
        return {}


def test_a_sample_has_the_first_value_that_is_allowed():
    assert reference.sample(DemandingDriver) == Demanding(pin=2, gain=1, on=False, pull="up", name="x")


def test_a_driver_is_described_by_its_types_alone():
    text = reference.driver_part(DemandingDriver)
    assert "As it comes it has `x` (V 5, writable)." in text
    assert "| `pin` | whole number, 2 to 27 |  | required | The pin. |" in text
    assert "| `pull` | one of up, down |  | required | The pull. |" in text
    assert "| `steps` | list |  |  | The steps \\| in a row. |" in text
