"""The command line: what its words mean, and a twin that runs, answers and stops as a process."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys

import pytest

from tests.twin.builders import pack, until
from twin import cli
from twin.client import ask
from twin.settings import TwinSettings

RUN = "import sys; from twin.cli import main; sys.exit(main(sys.argv[1:]))"


def settings(*words):
    return cli.settings_of(cli._runner().parse_args(["--broker", "b", "--directory", "d", *words]))


def request_of(*words):
    return cli.request_of(cli._questions().parse_args([words[0], "--directory", "d", *words[1:]]))


@pytest.mark.parametrize(
    ("broker", "split"),
    [
        ("host", ("host", 1883)),
        ("host:99", ("host", 99)),
        ("10.0.0.1:8883", ("10.0.0.1", 8883)),
        ("[::1]", ("::1", 1883)),
        ("[::1]:99", ("::1", 99)),
    ],
)
def test_a_broker_is_host_and_port(broker, split):
    assert cli.split_broker(broker, 1883) == split


@pytest.mark.parametrize("broker", ["", ":1883", "host:", "host:x", "host:0", "host:65536", "host:-1"])
def test_anything_else_is_no_broker(broker):
    with pytest.raises(ValueError, match="is not HOST or HOST:PORT"):
        cli.split_broker(broker, 1883)


def test_without_options_the_defaults_hold():
    assert settings() == TwinSettings(directory="d", host="b")


def test_options_become_settings(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\nnot this\n")
    words = ["--prefix", "edgetwin", "--prefix", "$aws", "--prefix", "edgetwin", "--username", "u"]
    made = settings(*words, "--password-file", str(secret), "--ca", "ca.pem")
    assert made.prefixes == ("edgetwin", "$aws")
    assert (made.username, made.password) == ("u", "s3cret")
    assert (made.tls, made.ca, made.port) == (True, "ca.pem", 8883)


@pytest.mark.parametrize(
    ("word", "keep_s"), [("400d", 34_560_000.0), ("1d", 86_400.0), ("36h", 129_600.0), ("forever", None)]
)
def test_how_long_is_kept_is_days_hours_or_forever(word, keep_s):
    assert settings("--keep", word).keep_s == keep_s


@pytest.mark.parametrize("word", ["", "d", "0d", "-1d", "400", "1.5d", "1w", "1000000d", "never"])
def test_any_other_time_is_refused(word, capsys):
    with pytest.raises(SystemExit):
        settings(f"--keep={word}")
    assert "is not a number of days or hours, such as 400d or 36h" in capsys.readouterr().err


def test_questions_become_requests():
    assert request_of("status") == {"ask": "status"}
    assert request_of("ask", '{"ask":"state","gateway":"g"}') == {"ask": "state", "gateway": "g"}
    assert request_of("desire", "g", "room", '{"a":null}') == {
        "ask": "desire",
        "gateway": "g",
        "device": "room",
        "state": {"a": None},
    }


@pytest.mark.parametrize(
    ("word", "value"), [("22", 22), ("2.5", 2.5), ("true", True), ("auto", "auto"), ('"22"', "22")]
)
def test_the_value_of_a_command_is_json_or_a_text(word, value):
    made = request_of("command", "g", "room/x", word, "--expires-in", "5", "--priority", "0")
    assert (made["value"], type(made["value"])) == (value, type(value))
    assert (made["gateway"], made["channel"], made["expires_in_s"], made["priority"]) == ("g", "room/x", 5.0, 0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ask", "[]"], "a request is a JSON object"),
        (["ask", "{"], "Expecting property name"),
        (["desire", "g", "room", "{"], "Expecting property name"),
        (["status"], "no twin answers at"),
    ],
)
def test_what_cannot_be_done_is_said_on_standard_error(tmp_path, capsys, words, message):
    assert cli.main([words[0], "--directory", str(tmp_path), *words[1:]]) == 1
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_a_missing_password_file_is_said(tmp_path, capsys):
    words = ["--broker", "b", "--directory", str(tmp_path), "--password-file", str(tmp_path / "none")]
    assert cli.main(words) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--broker", "b"], ["command", "--directory", "d"], ["dance"]])
def test_words_that_mean_nothing_end_with_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage: edgetwin twin" in capsys.readouterr().err


class Running:
    """A twin in a process of its own."""

    def __init__(self, broker, directory):
        words = ["--broker", f"{broker.host}:{broker.port}", "--directory", str(directory)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first_line = self.process.stderr.readline()

    def end(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_twin_says_that_it_is_ready_answers_and_stops(tmp_path, mosquitto_broker, capsys, number):
    running = Running(mosquitto_broker, tmp_path)
    try:
        assert "event='ready'" in running.first_line
        assert cli.main(["status", "--directory", str(tmp_path)]) == 0
        assert json.loads(capsys.readouterr().out) == {"gateways": {}}
        assert cli.main(["command", "--directory", str(tmp_path), "g", "room/x", "1"]) == 1
        assert "gateway 'g' is not known" in json.loads(capsys.readouterr().out)["error"]
    finally:
        code, out, err = running.end(number)
    assert (code, out) == (0, "")
    assert "event='stopped'" in err
    assert "Traceback" not in err
    assert not (tmp_path / "twin.sock").exists()


def publish(broker, payload):
    """Publish by hand with QoS 0: a few bytes, and no client to wait for."""
    topic = b"edgetwin/things/g/telemetry"
    connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
    body = len(topic).to_bytes(2) + topic + payload
    length = bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
    with socket.create_connection((broker.host, broker.port)) as wire:
        wire.sendall(connect)
        assert wire.recv(4) == b"\x20\x02\x00\x00"
        wire.sendall(b"\x30" + length + body + b"\xe0\x00")
        assert wire.recv(1) == b""


async def received(directory):
    gateways = (await ask(directory, {"ask": "status"}))["gateways"]
    return gateways["g"]["readings"]["received"] if gateways else 0


async def holds(directory, count):
    async def enough():
        return await received(directory) == count

    await until(enough)


def test_a_twin_that_is_killed_can_be_started_again(tmp_path, mosquitto_broker):
    running = Running(mosquitto_broker, tmp_path)
    publish(mosquitto_broker, pack(1, 3))
    asyncio.run(holds(tmp_path, 3))
    assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    running = Running(mosquitto_broker, tmp_path)
    assert asyncio.run(received(tmp_path)) == 3
    assert running.end(signal.SIGTERM)[0] == 0
