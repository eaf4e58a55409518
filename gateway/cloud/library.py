"""The library for MQTT, loaded without what it never uses here.

Paho imports `urllib.request` to find a proxy in the environment, which it does only where the package PySocks is
installed; with it come http, email and their kin, 1.5 MB (docs/decisions/0006).
"""

from __future__ import annotations

from gateway.cloud.deferred import deferred

with deferred("urllib.request"):
    import aiomqtt
    from paho.mqtt.enums import MQTTErrorCode
    from paho.mqtt.reasoncodes import ReasonCode
    from paho.mqtt.subscribeoptions import SubscribeOptions

__all__ = ["MQTTErrorCode", "ReasonCode", "SubscribeOptions", "aiomqtt"]
