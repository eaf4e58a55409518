"""Drivers of other packages are found by their entry points; what is wrong with one concerns nobody else."""

from __future__ import annotations

import sys

import pytest

from drivers import plug_ins, registry
from drivers.base import BusKind
from tests.drivers.plug_in_packages import GOOD, install

__all__ = ["install"]


def test_without_other_packages_there_is_nothing_foreign():
    assert "good" not in registry.foreign()
    with pytest.raises(registry.UnknownDriverError, match="unknown driver 'good'") as error:
        registry.get("good")
    assert not isinstance(error.value, registry.UnusableDriverError)


def test_a_driver_of_another_package_is_found_by_its_name(install):
    install()
    assert "good" in registry.foreign()
    assert "good" not in registry.names()
    assert registry.get("good").title == "A part of another package"


def test_it_is_not_loaded_before_it_is_asked_for(install):
    install()
    registry.foreign()
    registry.get("sht4x")
    assert "vendor" not in sys.modules


def test_a_mistyped_name_is_answered_with_those_of_other_packages_too(install):
    install()
    with pytest.raises(registry.UnknownDriverError, match="did you mean good"):
        registry.get("goood")


BROKEN = [
    ("import no_such_library", "ModuleNotFoundError"),
    ("1 / 0", "ZeroDivisionError"),
    ("raise SystemExit(1)", "SystemExit"),
    ("def (", "SyntaxError"),
    ("", "has no attribute 'Good'"),
    ("Good = 7", "7 is no class derived from drivers.base.Driver"),
    ("class Good: pass", "is no class derived from drivers.base.Driver"),
    (GOOD.replace("def read", "def reed"), "Good lacks read"),
    (GOOD.replace('name = "good"', 'name = "better"', 1), "its name is 'better', that of its entry point 'good'"),
    (GOOD.replace('name = "good"', "pass", 1), "its name is None, wanted a text"),
    (
        GOOD.replace("bus_kind = BusKind.I2C", "bus_kind = 'i3c'"),
        "its bus_kind is 'i3c', wanted a drivers.base.BusKind",
    ),
    (GOOD.replace("settings_type = Settings", "settings_type = dict"), "wanted a dataclass"),
]


@pytest.mark.parametrize(("code", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_a_broken_one_says_which_package_it_is_of_and_why_and_stops_nothing(install, code, reason):
    install("vendor-parts", code, drivers={"good": "vendor_parts:Good"})
    with pytest.raises(registry.UnusableDriverError) as error:
        registry.get("good")
    assert "'good' of vendor-parts 1.2" in str(error.value)
    assert reason in str(error.value)
    assert registry.get("sht4x").bus_kind is BusKind.I2C


def test_no_package_takes_the_place_of_a_driver_of_ours(install):
    install(drivers={"sht4x": "vendor:Good", "good": "vendor:Good"})
    assert registry.get("sht4x").__module__ == "drivers.sht4x"
    assert registry.foreign() == ("good",)


def test_of_two_packages_with_one_name_the_first_in_the_alphabet_has_it(install):
    install("zeta")
    install("alpha", GOOD.replace("A part of another package", "of alpha"))
    assert registry.get("good").title == "of alpha"


def test_a_damaged_description_of_some_package_is_no_harm(install, tmp_path):
    install()
    (tmp_path / "vendor-1.2.dist-info" / "entry_points.txt").write_text("[edgetwin.drivers\n= ]]", encoding="utf-8")
    plug_ins.entry_points.cache_clear()
    assert registry.foreign() == ()
    assert registry.get("sht4x")


def test_a_model_that_cannot_be_loaded_is_told_with_its_package(install):
    install(models={"good": "vendor:place"})
    with pytest.raises(plug_ins.PlugInError, match=r"model 'good' of vendor 1\.2 cannot be loaded from vendor:place"):
        plug_ins.model("good")
    assert plug_ins.model("sht4x") is None
