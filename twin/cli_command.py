"""The words of `edgetwin twin command`: what is ordered, and who signs it."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from pathlib import Path
from typing import Any

from gateway.core.operation import CANCEL, SET
from gateway.core.wire import CommandRequest, encode
from twin.signing import signer


def add_key(parser: argparse.ArgumentParser) -> None:
    """The options that say with what key commands are signed."""
    parser.add_argument("--sign-key", metavar="FILE", help="sign with this private Ed25519 key (PEM)")
    parser.add_argument("--sign-as", metavar="NAME", help="the name by which gateways know that key")


def key_of(arguments: argparse.Namespace) -> dict[str, str]:
    """What those options say.

    Raises:
        ValueError: one was given without the other.
    """
    if bool(arguments.sign_key) != bool(arguments.sign_as):
        raise ValueError("--sign-key and --sign-as belong together")
    return {"sign_key": arguments.sign_key, "sign_as": arguments.sign_as} if arguments.sign_key else {}


def add_command(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("gateway")
    parser.add_argument("channel", metavar="CHANNEL", help="device/channel; a device where --operation is given")
    parser.add_argument("value", nargs="?", help="on, off, JSON, or a text; not with --operation or --cancel")
    parser.add_argument("--operation", default=SET, metavar="NAME", help="such as Toggle; CHANNEL is then a device")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of it; may be repeated")
    parser.add_argument("--cancel", action="store_true", help="CHANNEL is the id of an execution to take back")
    parser.add_argument("--if-version", type=int, metavar="N", help="only while the device's shadow has this version")
    parser.add_argument("--expires-in", type=float, default=60.0, metavar="S", help="seconds from now (60)")
    parser.add_argument("--wait", type=float, default=10.0, metavar="S", help="for the outcome (10); 0: do not")
    parser.add_argument("--priority", type=int, default=5, help="0 (most urgent) to 9")
    add_key(parser)


def order_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The request to the twin that the words stand for, signed where a key is named.

    Raises:
        ValueError: they make no sense together, or the key cannot be used.
        OSError: the key cannot be read.
    """
    key = key_of(arguments)
    order = _what(arguments) | {"priority": arguments.priority}
    if arguments.if_version is not None:
        order["if_version"] = arguments.if_version
    if not key:
        return {"ask": "command", "gateway": arguments.gateway, "expires_in_s": arguments.expires_in, **order}
    now_s, number = time.time(), uuid.uuid4().hex
    request = CommandRequest(issued=now_s, expires=now_s + arguments.expires_in, **order)
    payload = signer(key["sign_as"], Path(key["sign_key"]))(arguments.gateway, number, encode(request))
    return {"ask": "send", "gateway": arguments.gateway, "id": number, "payload": payload.decode()}


def _what(arguments: argparse.Namespace) -> dict[str, Any]:
    _refuse_what_is_too_much(arguments)
    if arguments.cancel:
        return {"operation": CANCEL, "parameters": {"execution": arguments.channel}}
    if arguments.operation != SET:
        pairs = (one.partition("=") for one in arguments.parameter)
        parameters = {name: _value(value) for name, _, value in pairs}
        return {"operation": arguments.operation, "device": arguments.channel, "parameters": parameters}
    if arguments.value is None:
        raise ValueError(f"a value for {arguments.channel} is missing")
    return {"channel": arguments.channel, "value": _value(arguments.value)}


def _refuse_what_is_too_much(arguments: argparse.Namespace) -> None:
    """Words that would be passed over in silence.

    Raises:
        ValueError: there are some.
    """
    sets = arguments.operation == SET and not arguments.cancel
    if arguments.value is not None and not sets:
        raise ValueError(f"the value {arguments.value!r} goes neither with --operation nor with --cancel")
    if arguments.parameter and (sets or arguments.cancel):
        raise ValueError("--parameter goes with --operation")
    if arguments.cancel and arguments.operation != SET:
        raise ValueError("--cancel and --operation do not go together")


WORDS = {"on": True, "true": True, "off": False, "false": False}
"""What people write for a switch; a text of this form is given as JSON, in quotes."""


def _value(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        return json.loads(text)
    except ValueError:
        return text
