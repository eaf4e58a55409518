"""What a twin needs to know of this site to build its model, and what commands may name."""

from __future__ import annotations

from collections.abc import Callable

from drivers import base as drivers
from gateway.clock import NS_PER_S
from gateway.core import wire
from gateway.core.operation import Operation, Parameter
from gateway.core.plan import choose_mode
from gateway.core.settings import Site
from gateway.core.version import VERSION
from gateway.core.wire import Birth, BirthChannel, BirthDevice
from gateway.devices.device import Device
from gateway.devices.site import Hardware
from gateway.devices.thermostat import CHANNEL
from gateway.store.recovery import Opened
from gateway.timekeeper import Timekeeper

SOFTWARE = f"edgetwin {VERSION}"


def operations(hardware: Hardware) -> dict[str, dict[str, Operation]]:
    """What every device can be asked to do beside taking values, as commands know it."""
    return {device.name: of_device(device) for device in hardware.devices.values()}


def of_device(device: Device) -> dict[str, Operation]:
    """The operations of a device, as commands and the birth know them."""
    return {one.name: _operation(one) for one in device.operations}


def _operation(one: drivers.Operation) -> Operation:
    parameters = {
        each.name: Parameter(
            kind=each.kind.value,
            unit=each.unit,
            low=each.low,
            high=each.high,
            choices=list(each.choices),
            default=each.default,
            about=each.about,
        )
        for each in one.parameters
    }
    return Operation(parameters=parameters, time_limit=one.time_limit_s, idempotent=one.idempotent, about=one.about)


def birth_of(site: Site, opened: Opened, hardware: Hardware, timekeeper: Timekeeper) -> Callable[[], Birth]:
    """What makes the birth message, each time with what is known then."""
    started = timekeeper.base()

    def birth() -> Birth:
        devices = {device.name: _birth_device(device) for device in hardware.devices.values()}
        for one in site.thermostats:
            setpoint = BirthChannel(unit="Cel", low=one.low, high=one.high, writable=True)
            devices[one.name] = BirthDevice(driver="thermostat", channels={CHANNEL: setpoint})
        return Birth(
            gateway=site.gateway,
            epoch=opened.outbox.ledger.epoch,
            software=SOFTWARE,
            protocol=wire.PROTOCOL,
            started=timekeeper.date(started).wall_ns / NS_PER_S,
            devices=devices,
            epochs=opened.finished,
            commands="" if site.link.shadows_under == site.link.prefix else site.link.shadows_under,
        )

    return birth


def _birth_device(device: Device) -> BirthDevice:
    channels = {}
    for one in device.channels.values():
        settings = device.channel_settings(one.name)
        mode, _ = choose_mode(settings, device.settings.every_s)
        channels[one.name] = BirthChannel(
            unit=one.unit,
            kind=one.kind.value,
            low=one.low,
            high=one.high,
            lane=settings.lane.label,
            mode=mode.value,
            writable=one.writable,
        )
    return BirthDevice(driver=device.settings.driver, channels=channels, operations=of_device(device))
