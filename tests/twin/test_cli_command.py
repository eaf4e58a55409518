"""`edgetwin twin command`: what its words ask for, and that a gateway takes what it has signed."""

from __future__ import annotations

import pytest

from gateway.cloud.signatures import verifier
from gateway.core.settings import CommandSettings
from gateway.core.signing import SignatureError, open_envelope
from gateway.core.wire import CommandRequest, decode
from tests.fakes.signing import make_key
from twin import cli
from twin.asks import _decoder
from twin.signing import signer


def asked(*words):
    return cli.request_of(cli._questions().parse_args(["command", "--directory", "d", "gw", *words]))


@pytest.mark.parametrize(("words", "expected"), [
    (["heater/on", "true"], {"channel": "heater/on", "value": True}),
    (["heater/on", "on"], {"channel": "heater/on", "value": True}),
    (["heater/on", "Off"], {"channel": "heater/on", "value": False}),
    (["heater/on", "False"], {"channel": "heater/on", "value": False}),
    (["panel/text", '"on"'], {"channel": "panel/text", "value": "on"}),
    (["door", "--operation", "Hold", "--parameter", "open=on"],
     {"device": "door", "operation": "Hold", "parameters": {"open": True}}),
    (["panel/text", "warm"], {"channel": "panel/text", "value": "warm"}),
    (["door", "--operation", "Toggle"], {"device": "door", "operation": "Toggle", "parameters": {}}),
    (["door", "--operation", "Pulse", "--parameter", "for=2", "--parameter", "mode=soft"],
     {"device": "door", "operation": "Pulse", "parameters": {"for": 2, "mode": "soft"}}),
    (["3f1c", "--cancel"], {"operation": "Cancel", "parameters": {"execution": "3f1c"}}),
    (["heater/on", "true", "--if-version", "7"], {"channel": "heater/on", "value": True, "if_version": 7}),
])  # fmt: skip
def test_words_become_an_order_that_the_twin_understands(words, expected):
    request = asked(*words)
    assert {"ask": "command", "gateway": "gw", "expires_in_s": 60.0, "priority": 5} | expected == request
    assert _decoder.decode(cli.json.dumps(request).encode()).gateway == "gw"


def test_a_signed_order_is_one_that_the_gateway_takes_and_no_other(tmp_path):
    make_key(tmp_path, "ops")
    request = asked("heater/on", "true", "--sign-key", str(tmp_path / "ops.pem"), "--sign-as", "ops")
    assert request["ask"] == "send"
    verify = verifier(CommandSettings(require_signature=True, keys={"ops": str(tmp_path / "ops.pub")}))
    envelope = open_envelope(request["payload"].encode())
    assert verify("gw", request["id"], envelope) == "ops"
    assert decode(envelope.order, CommandRequest).value is True
    for gateway, number in (("other", request["id"]), ("gw", "other")):
        with pytest.raises(SignatureError):
            verify(gateway, number, envelope)


@pytest.mark.parametrize("words", [
    ["heater/on"],
    ["heater/on", "true", "--sign-as", "ops"],
    ["heater/on", "true", "--parameter", "for=2"],
    ["door", "open", "--operation", "Toggle"],
    ["3f1c", "--cancel", "--operation", "Toggle"],
    ["3f1c", "--cancel", "--parameter", "for=2"],
])  # fmt: skip
def test_words_that_make_no_sense_together_are_refused(words):
    with pytest.raises(ValueError, match=r"missing|together|goes"):
        asked(*words)


def test_what_is_no_key_is_said(tmp_path):
    (tmp_path / "x.pem").write_text("no key")
    with pytest.raises(ValueError, match=r"."):
        signer("ops", tmp_path / "x.pem")
    with pytest.raises(FileNotFoundError):
        signer("ops", tmp_path / "none.pem")
