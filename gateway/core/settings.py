"""What the configuration says, as values. The YAML around them is `gateway.config`'s business.

A field's `name=` is its key in the YAML. Durations are seconds and sizes are bytes here; the YAML
writes `5s` and `64MB`.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from gateway.core.reading import Lane, Value

Duration = Annotated[float, Meta(ge=0, description="a duration such as 250ms, 10s, 5m or 2h")]
PositiveDuration = Annotated[float, Meta(gt=0, description="a duration above zero such as 250ms, 10s, 5m or 2h")]
Size = Annotated[int, Meta(ge=0, description="a size such as 64kB or 64MB")]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port, 1 to 65535")]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="a name: letters, digits, '_' and '-', first a letter or digit, at most 64 characters",
    ),
]
SeriesName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="a series, device/channel",
    ),
]


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all settings share: frozen, by keyword, no unknown keys."""


class Protocol(enum.StrEnum):
    """Versions of MQTT; `auto` tries 5 and falls back to 3.1.1 when the broker refuses it."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class Acknowledge(enum.StrEnum):
    """Who frees a reading here: the twin, by its own acknowledgement, or the broker, by a PUBACK of success."""

    TWIN = "twin"
    BROKER = "broker"


class TlsSettings(_Settings, frozen=True, kw_only=True):
    """Encryption of the link. The server is always verified; client certificate and key come together."""

    ca: str | None = None
    """File of trusted certificates (PEM); the system's own where not given."""
    cert: str | None = None
    key: str | None = None


class LinkSettings(_Settings, frozen=True, kw_only=True):
    """The MQTT connection."""

    host: str = "localhost"
    port: Port | None = None
    """1883, or 8883 with TLS, where not given."""
    username: str | None = None
    password_file: str | None = None
    """File that holds the password; readable by nobody else."""
    tls: TlsSettings | None = None
    protocol: Protocol = Protocol.AUTO
    prefix: Annotated[str, Meta(pattern=r"^[^/+#][^+#]{0,99}$", description="a topic without wildcards")] = "edgetwin"
    keepalive_s: Annotated[float, Meta(ge=1, le=3600)] = field(default=30.0, name="keepalive")
    acknowledge: Acknowledge = Acknowledge.TWIN
    ack_timeout_s: PositiveDuration = field(default=10.0, name="ack_timeout")
    backoff_s: PositiveDuration = field(default=1.0, name="backoff")
    """Wait before the first new attempt; grows twofold with full jitter."""
    backoff_cap_s: PositiveDuration = field(default=60.0, name="backoff_cap")
    window: Annotated[int, Meta(ge=1, le=64)] = 8
    """Batches that may be unacknowledged at one time."""
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """Readings in one batch."""
    batch_bytes: Annotated[int, Meta(ge=1024, le=1_048_576)] = 65_536
    linger_s: Duration = field(default=0.25, name="linger")
    """How long a reading of the normal or low lane may wait for company."""


class StoreSettings(_Settings, frozen=True, kw_only=True):
    """What is kept on the disk, where, and how often."""

    directory: str = "/var/lib/edgetwin"
    runtime_directory: str = "/run/edgetwin"
    """In memory (tmpfs): outlives the process, not the power."""
    commit_every_s: Annotated[float, Meta(ge=0.05, le=3600)] = field(default=5.0, name="commit_every")
    commit_every_high_s: Annotated[float, Meta(ge=0.05, le=3600)] = field(default=1.0, name="commit_every_high")
    quota: Annotated[int, Meta(ge=1_048_576, description="a size of at least 1MB")] = 64_000_000


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


class LogSettings(_Settings, frozen=True, kw_only=True):
    """Logging to standard error."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.KEYVALUE


class Mode(enum.StrEnum):
    """What of a channel is sent."""

    REALTIME = "realtime"
    """Every reading."""
    EVENT = "event"
    """A change beyond the deadband, and a heartbeat."""


class ChannelSettings(_Settings, frozen=True, kw_only=True):
    """How one channel is watched and sent."""

    lane: Lane = Lane.NORMAL
    mode: Mode = Mode.REALTIME
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    """In the channel's unit; `event` sends a number that moved by more than this since it was last sent."""
    max_silence_s: PositiveDuration = field(default=300.0, name="max_silence")
    """`event` sends at least this often."""


class DeviceSettings(_Settings, frozen=True, kw_only=True):
    """One part at this site. The driver's own settings are in `settings`, already of the driver's settings type."""

    name: Name
    driver: str
    bus: str
    every_s: Annotated[float, Meta(ge=0.01, le=86_400)] = field(default=1.0, name="every")
    channels: dict[str, ChannelSettings] = {}
    safe: dict[str, Value] = {}
    """Channel -> the value that it takes when control is lost. Every writable channel of a device has one."""
    settings: Any = None


class BusSettings(_Settings, frozen=True, kw_only=True):
    """One shared wire."""

    name: Name
    kind: str
    device: str = ""
    """Path of the device file, such as /dev/i2c-1; for gpio the number of the chip."""
    baud: Annotated[int, Meta(ge=50, le=4_000_000)] = 9600
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = field(default=2.0, name="timeout")
    """The longest that one call of a driver may take before the bus counts as hung."""
    simulated: bool = False


class ThermostatSettings(_Settings, frozen=True, kw_only=True):
    """A local controller that keeps a measured temperature at a set point by switching one heater."""

    name: Name
    sensor: SeriesName
    actuator: SeriesName
    setpoint: float = 18.0
    """Where it starts; changes from the twin are kept over restarts."""
    low: float = 5.0
    high: float = 30.0
    hysteresis: Annotated[float, Meta(gt=0, le=20)] = 0.5
    """The heater goes on below set point minus half of this, off above set point plus half of it."""
    stale_after_s: PositiveDuration = field(default=30.0, name="stale_after")
    """With no GOOD reading for this long the heater goes off."""


class Site(_Settings, frozen=True, kw_only=True):
    """Everything that one configuration file says."""

    gateway: Name
    link: LinkSettings = LinkSettings()
    store: StoreSettings = StoreSettings()
    log: LogSettings = LogSettings()
    buses: tuple[BusSettings, ...] = ()
    devices: tuple[DeviceSettings, ...] = ()
    thermostats: tuple[ThermostatSettings, ...] = ()
    world: Any = None
    """Settings of the simulated surroundings (`drivers.simulated.world.WorldSettings`), where a bus is simulated."""
