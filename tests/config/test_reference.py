"""`docs/configuration.md` tells the truth: its tables are those of the types, and every key is in it."""

from __future__ import annotations

import re

import pytest

from drivers import registry
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
