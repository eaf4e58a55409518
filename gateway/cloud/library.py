"""The library for MQTT, loaded without what it never uses here.

Paho imports `urllib.request` to find a proxy in the environment, which it does only where the package PySocks is
installed; with it come http, email and their kin, 1.5 MB (docs/decisions/0006).
"""

from __future__ import annotations

from typing import Any

from gateway.cloud.deferred import deferred

with deferred("urllib.request"):
    import aiomqtt
    from paho.mqtt.enums import MQTTErrorCode
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
    from paho.mqtt.subscribeoptions import SubscribeOptions

__all__ = ["MQTTErrorCode", "ReasonCode", "SubscribeOptions", "aiomqtt", "correlated", "reply_of"]


def correlated(data: bytes) -> Any:
    """The properties of a message with correlation data (MQTT 5 section 3.3.2.3.6); None where there is none.

    Only who has got some can send it back, so it never is with MQTT 3.1.1.
    """
    if not data:
        return None
    properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.CorrelationData = data
    return properties


def reply_of(message: aiomqtt.Message) -> tuple[str, bytes]:
    """The response topic of a message and its correlation data, each empty where it has none."""
    properties = message.properties
    return getattr(properties, "ResponseTopic", ""), getattr(properties, "CorrelationData", b"")
