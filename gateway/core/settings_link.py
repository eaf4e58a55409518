"""What the configuration says of the MQTT connection."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta, field

from gateway.core.settings_types import Duration, Port, PositiveDuration, Settings, Size, Text


class Protocol(enum.StrEnum):
    """Versions of MQTT; `auto` tries 5 and falls back to 3.1.1 when the broker refuses it."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class Acknowledge(enum.StrEnum):
    """Who frees a reading here: the twin, by its own acknowledgement, or the broker, by a PUBACK of success."""

    TWIN = "twin"
    BROKER = "broker"


class Encoding(enum.StrEnum):
    """How readings are written on the wire; all are compressed where that helps."""

    JSON = "json"
    CBOR = "cbor"
    COMPACT = "compact"


class Cloud(enum.StrEnum):
    """What is behind the broker. `gateway/config/clouds.py` says what each of them changes."""

    EDGETWIN = "edgetwin"
    AWS = "aws"


Connect = Annotated[
    str,
    Meta(
        pattern=r"^(always|every [1-9][0-9]{0,5}[smhd]|[^ ]+( [^ ]+){4})$",
        description="always, an interval such as every 15m, or a cron expression of five fields",
    ),
]
Topic = Annotated[str, Meta(pattern=r"^[^/+#]([^+#]{0,198}[^/+#])?$", description="a topic without wildcards")]


class TlsSettings(Settings, frozen=True, kw_only=True):
    """Encryption of the link. The server is always verified; client certificate and key come together."""

    ca: Text | None = None
    """File of trusted certificates (PEM); the system's own where not given."""
    cert: Text | None = None
    """File of the gateway's own certificate (PEM), where the broker asks for one; only together with `key`."""
    key: Text | None = None
    """File of the private key of `cert` (PEM, without a passphrase); readable by nobody else."""


class LinkSettings(Settings, frozen=True, kw_only=True):
    """The MQTT connection."""

    host: Text = "localhost"
    """Name or address of the broker."""
    port: Port | None = None
    """1883, or 8883 with TLS, where not given."""
    username: Text | None = None
    """Name to log in with; no login where not given."""
    password_file: Text | None = None
    """File that holds the password; readable by nobody else."""
    tls: TlsSettings | None = None
    """Encryption; `tls: {}` is enough where the system trusts the broker's certificate. Off where not given."""
    protocol: Protocol = Protocol.AUTO
    """Version of MQTT; `auto` tries 5 and falls back to 3.1.1 when the broker refuses it, or is silent for 10 s."""
    prefix: Annotated[str, Meta(pattern=r"^[^/+#]([^+#]{0,98}[^/+#])?$", description="a topic without wildcards")] = (
        "edgetwin"
    )
    """What every topic begins with; the twin has to know it."""
    shadow_prefix: Topic | None = None
    """What the topics of shadows and commands begin with instead; `$aws` with `cloud: aws`."""
    telemetry: Topic | None = None
    """Topic of readings, such as `$aws/rules/plant/{gateway}`, where `{gateway}` stands for the gateway's id;
    `PREFIX/things/{gateway}/telemetry` where not given."""
    connect: Connect = "always"
    """When there is a connection: `always`, `every 15m`, or a cron expression in UTC such as `0 6,18 * * *`, in quotes
    where it begins with `*`. Then everything due goes along, and a critical reading or a value set by hand connects at
    once. `every 15m` with `power: battery`."""
    keepalive_s: Annotated[Duration, Meta(ge=1, le=3600)] = field(default=30.0, name="keepalive")
    """The broker counts the gateway as lost after one and a half times this without a message."""
    report_every_s: Annotated[Duration, Meta(ge=1, le=86_400)] = field(default=300.0, name="report_every")
    """The shadow of a device follows its readings no more often than this; what is driven is reported at once."""
    acknowledge: Acknowledge = Acknowledge.TWIN
    """Who frees a reading here: the `twin`, or the `broker` where the cloud behind it cannot acknowledge."""
    needs_subscriber: bool = True
    """With `acknowledge: broker`: what nobody had subscribed to (MQTT 5 says so) is sent again. Off with `cloud: aws`,
    whose rules take readings without a subscription."""
    ack_timeout_s: PositiveDuration = field(default=10.0, name="ack_timeout")
    """A batch that is not acknowledged for this long is sent again; sooner where round trips are much shorter, and
    never before twice the usual round trip."""
    backoff_s: PositiveDuration = field(default=1.0, name="backoff")
    """Wait before the first new attempt; grows twofold with full jitter."""
    backoff_cap_s: PositiveDuration = field(default=60.0, name="backoff_cap")
    """The wait between attempts grows no further than this."""
    window: Annotated[int, Meta(ge=1, le=64)] = 8
    """Batches that may be unacknowledged at one time, at most; the round trip decides how many are."""
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 2000
    """Readings in one batch."""
    batch_bytes: Annotated[Size, Meta(ge=1024, le=1_048_576)] = 65_536
    """Bytes in one batch, before compression, at most; on a slow link it is what takes about a second."""
    encoding: Encoding = Encoding.JSON
    """SenML as JSON or CBOR, or columns (`compact`); JSON is sent until the twin has said that it reads the other."""
    compress: bool = True
    """Compress batches where that helps; off with `cloud: aws`, whose rules cannot expand them."""
    dictionary: bool = True
    """Pack small batches with names from the birth, where the twin says that it has it; off where others read along."""
    budget: Annotated[int, Meta(ge=100_000, extra={"unit": "B/d"})] | None = None
    """Bytes that may leave in any 24 hours, such as `20MB/day`. Critical readings, and what is no reading (commands,
    shadows, events, keepalives), always go and may exceed it; other readings do not. For it deadbands, windows
    and silences are widened for it as far as each channel allows, then readings wait, the lowest lane first."""
    linger_s: Duration = field(default=0.25, name="linger")
    """How long a reading of the normal or low lane may wait for company."""

    @property
    def shadows_under(self) -> str:
        """What the topics of shadows and commands begin with."""
        return self.shadow_prefix or self.prefix

    def telemetry_topic(self, gateway: str) -> str:
        """Where the readings of `gateway` go."""
        return (self.telemetry or f"{self.prefix}/things/{{gateway}}/telemetry").replace("{gateway}", gateway)
