"""Dimmed outputs of a simulated site with their conditions, down to the pin or the register that carries the share."""

from __future__ import annotations

from drivers import registry
from drivers.mcp4725 import Mcp4725Settings
from drivers.pca9685 import Pca9685Output, Pca9685Settings
from drivers.pwm_output import PwmOutputSettings
from gateway.app.safety_wiring import outputs_of
from gateway.core.command import Target
from gateway.core.settings import BusSettings, ChannelSettings, DeviceSettings, Site
from gateway.core.settings_safety import SafetySettings
from gateway.devices.actuator import Actuator
from gateway.devices.bus_thread import BusThread
from gateway.devices.device import Device
from gateway.devices.guardian import Guardian
from gateway.devices.site import Hardware, wires_of
from gateway.store.admission import Admission, Terms
from gateway.store.inbox import Inbox
from gateway.store.outputs import load_outputs
from tests.devices.guarded import Guarded
from tests.simulation.virtual_clock import VirtualClock

PIN, OUTPUT, STEPS, FULL_OFF, FULL_ON = 18, 3, 4096, 0x10, 0x10
SUPPLY = 5.0
BUSES = (BusSettings(name="header", kind="gpio", simulated=True), BusSettings(name="i2c", kind="i2c", simulated=True))
LAMP, FAN, VALVE = "lamp/duty", "board/fan", "valve/voltage"
PARTS = {
    LAMP: ("pwm_output", "header", PwmOutputSettings(pin=PIN)),
    FAN: ("pca9685", "i2c", Pca9685Settings(outputs={"fan": Pca9685Output(output=OUTPUT)})),
    VALVE: ("mcp4725", "i2c", Mcp4725Settings(supply=SUPPLY)),
}
MOST = {LAMP: 1.0, FAN: 1.0, VALVE: SUPPLY}
"""What an order for all of it says."""


def part(series: str, safe: float, safety: SafetySettings | None) -> DeviceSettings:
    device, _, channel = series.partition("/")
    driver, bus, settings = PARTS[series]
    channels = {} if safety is None else {channel: ChannelSettings(safety=safety)}
    return DeviceSettings(
        name=device, driver=driver, bus=bus, settings=settings, safe={channel: safe}, channels=channels
    )


class Dimmed(Guarded):
    """One run of the daemon, as far as dimmed outputs go, on hardware that outlives it; `start` makes the next one."""

    def __init__(self, plant, settings):
        super().__init__(plant, settings)
        devices = tuple(part(series, *found) for series, found in settings.items())
        self.site = Site(gateway="gw", buses=BUSES, devices=devices)
        self.wires = wires_of(self.site, VirtualClock())
        self.devices = {}
        self.threads = {bus.name: BusThread(bus.name, 5.0) for bus in BUSES}
        self.given = {series: [] for series in settings}
        """What each output gave after each time that it was written, as a share."""

    async def start(self):
        plant = self.plant
        plant.board._listeners.clear()
        for device in self.devices.values():  # Its process is gone; what the parts give goes on.
            await device.bus.call(device._driver.close)
        self.devices = {one.name: self._device(one) for one in self.site.devices}
        plant.inbox = await Inbox.open(plant.database)
        targets = {one: Target(one, "number", 0.0, MOST[one], writable=True) for one in self.settings}
        plant.admission = Admission(plant.inbox, plant.events, Terms(targets), plant.clock, plant.trusted)
        kept = await load_outputs(plant.database)
        self.outputs = outputs_of(Hardware(self.threads, self.devices), kept, plant.board, self.now)
        writers = dict.fromkeys(self.settings, self.write)
        self.actuator = Actuator(plant.inbox, plant.events, writers, plant.clock, plant.trusted, self.outputs)
        self.actuator.finished = self.ended.append
        self.guardian = Guardian(self.outputs, writers, plant.database, plant.events, plant.clock)
        self.guardian.link_lost_ns = lambda: None if self.up else plant.clock.boottime_ns()
        self.guardian.wish = self._wish
        await self.sample()

    def _device(self, settings):
        driver = registry.get(settings.driver)(self.wires[settings.bus], settings.settings)
        return Device(settings, driver, self.threads[settings.bus], self.plant.clock)

    async def sample(self):
        """Read every output, as the sampler does: the first time it gets its safe value."""
        for device in self.devices.values():
            for reading in await device.read() or ():
                self.plant.board.post(reading)

    async def write(self, channel, value):
        device, _, name = channel.partition("/")
        try:
            return await self.devices[device].write(name, value)
        finally:
            self.given[channel].append(self.gives(channel))

    def gives(self, series):
        """The share that the hardware gives: of its pulses, or of its range."""
        if series == LAMP:
            return self.wires["header"]._factory.pin(PIN).state
        if series == FAN:
            _, on_high, low, high = self.wires["i2c"].read_register(0x40, 0x06 + 4 * OUTPUT, 4)
            return 0.0 if high & FULL_OFF else 1.0 if on_high & FULL_ON else (high << 8 | low) / STEPS
        data = self.wires["i2c"].read(0x60, 5)
        return (data[1] << 4 | data[2] >> 4) / STEPS

    async def ask(self, identifier, series, share, **options):
        """Order a share of what the output can give, and do what can be done now."""
        decided = await self.order(identifier, series, share * MOST[series], **options)
        await self.work()
        return decided

    async def goes_on(self, seconds, step_s=1.0):
        """Let time pass in steps, and the sampler read after each."""
        for _ in range(round(seconds / step_s)):
            await self.passes(step_s)
            await self.sample()
            await self.work()

    def close(self):
        for thread in self.threads.values():
            thread.close()
