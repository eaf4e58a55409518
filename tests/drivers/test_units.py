from __future__ import annotations

import pytest

from drivers.units import INSTEAD, UNITS, check_unit


@pytest.mark.parametrize("unit", ["", "V", "Cel", "%RH", "/", "kg/m3", "Pa", "lx"])
def test_a_primary_unit_is_accepted(unit):
    check_unit(unit)


@pytest.mark.parametrize(
    ("unit", "hint"), [("mA", "scale to A"), ("ug/m3", "scale to kg/m3"), ("°C", "Cel"), ("%", "0 to 1")]
)
def test_a_common_other_unit_comes_with_what_to_write(unit, hint):
    with pytest.raises(ValueError, match=hint):
        check_unit(unit)


def test_an_unknown_unit_comes_with_all_that_are_allowed():
    with pytest.raises(ValueError, match="'furlong' is no primary SenML unit; allowed are %EL"):
        check_unit("furlong")


def test_what_is_suggested_is_allowed():
    assert {unit.split()[0] for unit in INSTEAD.values()} <= UNITS
    assert not set(INSTEAD) & UNITS
