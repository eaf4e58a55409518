"""Any site on simulated hardware: to try a configuration at a desk, before there is a box or a wire."""

from __future__ import annotations

import msgspec

from gateway.config.device_checks import has_model
from gateway.config.site import world_settings
from gateway.core.settings import Site
from gateway.errors import ConfigError


def with_fake_hardware(site: Site) -> Site:
    """The same site with every bus in memory, a simulated part for each device, and surroundings for them.

    Raises:
        ConfigError: a driver of another package brings no simulated part.
    """
    for device in site.devices:
        if not has_model(device.driver):
            raise ConfigError(
                f"devices.{device.name}: {device.driver} has no model, so its hardware cannot be simulated"
            )
    buses = tuple(msgspec.structs.replace(bus, simulated=True) for bus in site.buses)
    return msgspec.structs.replace(site, buses=buses, world=site.world or world_settings()())
