"""paho's client as the other sides use it."""

from __future__ import annotations

import socket
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def new_client() -> Client:
    """A client that sends at once: what is measured is not the kernel's delayed acknowledgement."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_socket_open = _send_at_once
    return client


def _send_at_once(_client: Client, _data: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
