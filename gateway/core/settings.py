"""What the configuration says, as values. The YAML around them is `gateway.config`'s business.

A field's `name=` is its key in the YAML, and the text below it is its entry in `docs/configuration.md` and the JSON
Schema. Durations are seconds and sizes are bytes here; the YAML writes `5s` and `64MB`.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from gateway.core.conflict import ConflictPolicy
from gateway.core.reading import Value
from gateway.core.settings_channel import AlarmSettings, ChannelSettings, Mode, Part
from gateway.core.settings_commands import CommandSettings
from gateway.core.settings_link import Acknowledge, Cloud, Encoding, LinkSettings, Protocol, TlsSettings
from gateway.core.settings_objectives import ObjectivesSettings
from gateway.core.settings_rules import LocationSettings, RuleSettings
from gateway.core.settings_types import (
    BusKind,
    Celsius,
    Duration,
    Name,
    PositiveDuration,
    SeriesName,
    Settings,
    Size,
    Text,
)

__all__ = [
    "Acknowledge",
    "AlarmSettings",
    "BusSettings",
    "ChannelSettings",
    "Cloud",
    "CommandSettings",
    "ConflictPolicy",
    "DeviceSettings",
    "Encoding",
    "LinkSettings",
    "LocationSettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "Mode",
    "Name",
    "ObjectivesSettings",
    "Part",
    "Power",
    "Protocol",
    "RuleSettings",
    "SeriesName",
    "Site",
    "StoreSettings",
    "ThermostatSettings",
    "TlsSettings",
]


class StoreSettings(Settings, frozen=True, kw_only=True):
    """What is kept on the disk, where, and how often."""

    directory: Text = "/var/lib/edgetwin"
    """Where the store lies, on the disk."""
    runtime_directory: Text = "/run/edgetwin"
    """Where its newest part lies, in memory (tmpfs): outlives the process, not the power."""
    commit_every_s: Annotated[Duration, Meta(ge=0.05, le=3600)] = field(default=5.0, name="commit_every")
    """A power cut loses at most the unacknowledged readings of this long."""
    commit_every_high_s: Annotated[Duration, Meta(ge=0.05, le=3600)] = field(default=1.0, name="commit_every_high")
    """The same for the high lane. Critical readings are committed at once."""
    quota: Annotated[Size, Meta(ge=4_000_000)] = 64_000_000
    """The store's files never take more than this, the write-ahead log included, which alone may need 1.5 MB. Near it
    low readings are shed, then normal ones thinned to minutes and hours and shed, then high ones, never critical."""


class Power(enum.StrEnum):
    """What the gateway lives on."""

    MAINS = "mains"
    BATTERY = "battery"


class LogFormat(enum.StrEnum):
    """How log lines look on standard error."""

    KEYVALUE = "keyvalue"
    JSON = "json"


class LogLevel(enum.StrEnum):
    """The least urgent line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Settings, frozen=True, kw_only=True):
    """Logging to standard error."""

    level: LogLevel = LogLevel.INFO
    """The least urgent line that is written."""
    format: LogFormat = LogFormat.KEYVALUE
    """`keyvalue` for people, `json` for programs."""


class DeviceSettings(Settings, frozen=True, kw_only=True):
    """One part at this site. The driver's own settings are in `settings`, already of the driver's settings type."""

    name: Name
    driver: Text
    """The word for the part, such as `sht4x`."""
    bus: Text
    """The name of the bus in `buses` that it is on; `i2c-1/0x70/3` is channel 3 of the multiplexer (TCA9548A) at 0x70
    of the bus `i2c-1`."""
    every_s: Annotated[Duration, Meta(ge=0.01, le=86_400)] = field(default=1.0, name="every")
    """How often it is read."""
    channels: dict[str, ChannelSettings] = field(default_factory=dict)
    """Channel to how it is watched and sent; only for channels that differ from the defaults."""
    safe: dict[str, Value] = field(default_factory=dict)
    """Channel to the value that it takes when control is lost. Every writable channel of a device has one."""
    settings: Any = None
    """The driver's own settings, an object of its `settings_type`; in the YAML they stand beside the other keys."""


class BusSettings(Settings, frozen=True, kw_only=True):
    """One shared wire."""

    name: Name
    kind: BusKind
    """What sort of wire it is."""
    device: str = ""
    """Path of the device file, such as /dev/i2c-1; for gpio the chip's number, for onewire the folder of the parts,
    for modbus also `tcp://host:502`, for spi the controller, such as /dev/spidev0, for sysfs the root of `sys` and
    `proc`. The board's usual one where not given."""
    baud: Annotated[int, Meta(ge=50, le=4_000_000)] = 9600
    """Bits per second of a line of kind serial or modbus."""
    parity: Literal["none", "even", "odd"] = "none"
    """The parity bit of a line of kind serial or modbus."""
    timeout_s: Annotated[PositiveDuration, Meta(le=60)] = field(default=2.0, name="timeout")
    """The longest that one call of a driver may take before the bus counts as hung."""
    simulated: bool = False
    """True for a bus in memory with simulated parts on it, which needs no hardware."""


class ThermostatSettings(Settings, frozen=True, kw_only=True):
    """A local controller that keeps a measured temperature at a set point by switching one heater."""

    name: Name
    sensor: SeriesName
    """The temperature that it keeps."""
    actuator: SeriesName
    """The heater that it switches."""
    setpoint: Celsius = 18.0
    """Where it starts; changes from the twin are kept over restarts."""
    low: Celsius = 5.0
    """The lowest set point that it takes."""
    high: Celsius = 30.0
    """The highest set point that it takes."""
    hysteresis: Annotated[float, Meta(gt=0, le=20, extra={"unit": "K"})] = 0.5
    """The heater goes on below set point minus half of this, off above set point plus half of it."""
    stale_after_s: PositiveDuration = field(default=30.0, name="stale_after")
    """With no GOOD reading for this long the heater goes off."""
    conflict: ConflictPolicy = ConflictPolicy.PHYSICAL_PRIORITY
    """Who is right where the set point was changed by hand while the twin wanted another; as for a channel."""


class Site(Settings, frozen=True, kw_only=True):
    """Everything that one configuration file says."""

    gateway: Name
    """The gateway's id; no other gateway at this broker may have it."""
    cloud: Cloud = Cloud.EDGETWIN
    """What is behind the broker: a twin of this project (`edgetwin`), or AWS IoT Core (`aws`), which gives `link` other
    defaults."""
    power: Power = Power.MAINS
    """What the gateway lives on: `mains`, or a `battery` (or the like), where the link is opened by schedule: it gives
    `link.connect` another default, and changes nothing else."""
    link: LinkSettings = LinkSettings()
    """The connection to the broker."""
    commands: CommandSettings = CommandSettings()
    """Commands from outside."""
    store: StoreSettings = StoreSettings()
    """What is kept on the disk."""
    objectives: ObjectivesSettings = ObjectivesSettings()
    """How well the twin is to be kept; what is missed is said in `edgetwin status`."""
    log: LogSettings = LogSettings()
    """What is logged."""
    buses: tuple[BusSettings, ...] = ()
    """The shared wires, by name."""
    devices: tuple[DeviceSettings, ...] = ()
    """The parts at this site, by name."""
    thermostats: tuple[ThermostatSettings, ...] = ()
    """Local controllers, by name; they share one name space with the devices."""
    rules: tuple[RuleSettings, ...] = ()
    """What is done here, by name, when something is so or at a time, whether the link is up or down."""
    time_zone: Text = "UTC"
    """The zone of times of day in rules, such as `Europe/Berlin`."""
    location: LocationSettings | None = None
    """Where the site is; only for rules that name sunrise or sunset."""
    override_s: PositiveDuration = field(default=3600.0, name="override")
    """How long a value that was set by hand (`edgetwin set`) holds where nobody says."""
    # A `drivers.simulated.world.WorldSettings`, None exactly where no bus is simulated.
    world: Any = None
    """The simulated surroundings; only where a bus is simulated."""
