"""Any site on simulated hardware: to try a configuration at a desk, before there is a box or a wire."""

from __future__ import annotations

import msgspec

from gateway.config.site import world_settings
from gateway.core.settings import Site


def with_fake_hardware(site: Site) -> Site:
    """The same site with every bus in memory, a simulated part for each device, and surroundings for them."""
    buses = tuple(msgspec.structs.replace(bus, simulated=True) for bus in site.buses)
    return msgspec.structs.replace(site, buses=buses, world=site.world or world_settings()())
