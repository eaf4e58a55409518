"""Every driver's settings can stand beside the keys that all devices share, and say what they mean."""

from __future__ import annotations

import dataclasses

import pytest

from drivers import registry
from drivers.base import BusKind
from gateway.config.about import about_fields
from gateway.config.devices import common_fields, own_fields
from gateway.config.reference import sample
from gateway.core import settings as core_settings
from gateway.core.settings import BusSettings, DeviceSettings

DRIVERS = [registry.get(name) for name in registry.names()]


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_no_key_of_a_driver_is_a_key_of_every_device(driver):
    taken = {field.key for field in common_fields()} | {"name", "settings"}
    assert taken.isdisjoint(field.key for field in own_fields(driver))
    assert taken.isdisjoint(field.attribute for field in own_fields(driver))


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_every_setting_says_what_it_means(driver):
    texts = about_fields(driver.settings_type)
    assert [field.attribute for field in own_fields(driver) if not texts.get(field.attribute)] == []


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_settings_are_frozen_and_by_keyword(driver):
    found = sample(driver)
    assert dataclasses.is_dataclass(found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(found, dataclasses.fields(found)[0].name, None)
    with pytest.raises(TypeError):
        driver.settings_type(1)


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_device_has_channels_as_it_comes(driver):
    assert driver.channels(sample(driver))


def test_the_kinds_of_bus_are_the_same_words_on_both_sides():
    assert [BusSettings(name="b", kind=kind.value).kind for kind in BusKind] == list(core_settings.BusKind.__args__)


def test_every_setting_of_the_gateway_says_what_it_means():
    types = [
        one
        for one in vars(core_settings).values()
        if isinstance(one, type) and one.__module__ == core_settings.__name__
    ]
    structs = [one for one in types if hasattr(one, "__struct_fields__") and not one.__name__.startswith("_")]
    silent = [
        f"{one.__name__}.{name}" for one in structs for name in one.__struct_fields__ if name not in about_fields(one)
    ]
    assert DeviceSettings in structs
    assert set(silent) <= {f"{kind}.name" for kind in ("BusSettings", "DeviceSettings", "ThermostatSettings")}
