"""The command line: `edgetwin twin` runs a twin, `edgetwin twin ask` and its relatives talk to a running one."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from twin.cli_command import add_command, add_key, key_of, order_of
from twin.client import TwinNotRunningError, ask
from twin.service import serve
from twin.settings import DAY_S, TwinSettings
from twin.store import StoreError

PORT, TLS_PORT = 1883, 8883

DEFAULT_KEEP = "400d"
KEEP_HELP = "how long readings and finished commands are kept: days (400d), hours (36h) or forever (400d)"
UNITS_S = {"d": DAY_S, "h": DAY_S / 24}
DIGITS_MAX = 6
"""Of a number of days: more than two thousand years are forever."""

UNDECIDED = ("CREATED", "IN_PROGRESS")
REFUSED = ("REJECTED", "FAILED", "TIMED_OUT")
ASK_AGAIN_S = 0.1
"""Between two looks at a command that waits for its outcome."""
QUESTIONS = ("ask", "status", "desire", "command")


def main(argv: Sequence[str]) -> int:
    """Do what `argv`, the words after `edgetwin twin`, says; 0 when it was done, 1 when not, 2 when not understood."""
    try:
        if argv and argv[0] in QUESTIONS:
            return _question(_questions().parse_args(argv))
        return _run(_runner().parse_args(argv))
    except (StoreError, TwinNotRunningError, OSError, ValueError) as error:
        print(f"edgetwin twin: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks by printing
        return 1


def _runner() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edgetwin twin",
        description="Run the reference twin: keep what gateways send, acknowledge it, serve their shadows.",
        epilog=f"Talk to a running twin: edgetwin twin {{{','.join(QUESTIONS)}}} --help",
    )
    parser.add_argument("--broker", required=True, metavar="HOST[:PORT]", help="the MQTT broker")
    parser.add_argument("--directory", required=True, help="where everything is kept")
    parser.add_argument("--prefix", action="append", metavar="P", help="topics to serve (edgetwin); may be repeated")
    parser.add_argument("--keep", type=_duration, default=DEFAULT_KEEP, metavar="D", help=KEEP_HELP)
    parser.add_argument("--username")
    parser.add_argument("--password-file", metavar="FILE", help="its first line is the password")
    parser.add_argument("--tls", action="store_true", help="encrypt, by the system's certificates")
    parser.add_argument("--ca", metavar="FILE", help="encrypt, by the certificates in FILE (PEM)")
    add_key(parser)
    return parser


def _questions() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--directory", required=True, help="the directory of the running twin")
    parser = argparse.ArgumentParser(prog="edgetwin twin", description="Talk to a running twin.")
    commands = parser.add_subparsers(dest="question", required=True)
    raw = commands.add_parser("ask", parents=[common], help="send a request as it is")
    raw.add_argument("request", metavar="JSON", help='such as {"ask":"status"}')
    commands.add_parser("status", parents=[common], help="how all gateways are")
    desire = commands.add_parser("desire", parents=[common], help="change what is desired of a device")
    desire.add_argument("gateway")
    desire.add_argument("device")
    desire.add_argument("state", metavar="JSON", help='such as {"setpoint":22}; null removes')
    add_command(commands.add_parser("command", parents=[common], help="give an order: set a channel, do an operation"))
    return parser


def _duration(text: str) -> float | None:
    """Seconds in `text`, such as 400d or 36h; None where it says forever."""
    if text == "forever":
        return None
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or len(number) > DIGITS_MAX or not int(number) or unit not in UNITS_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days or hours, such as 400d or 36h, nor forever")
    return int(number) * UNITS_S[unit]


def settings_of(arguments: argparse.Namespace) -> TwinSettings:
    """What the arguments of the runner say.

    Raises:
        ValueError: the broker is not HOST or HOST:PORT.
        OSError: the password file cannot be read.
    """
    tls = arguments.tls or arguments.ca is not None
    host, port = split_broker(arguments.broker, TLS_PORT if tls else PORT)
    password, key = None, key_of(arguments)
    if arguments.password_file is not None:
        password = Path(arguments.password_file).read_text(encoding="utf-8").partition("\n")[0]
    return TwinSettings(
        directory=arguments.directory,
        host=host,
        port=port,
        username=arguments.username,
        password=password,
        tls=tls,
        ca=arguments.ca,
        keep_s=arguments.keep,
        sign_as=key.get("sign_as", ""),
        sign_key=key.get("sign_key", ""),
        prefixes=tuple(dict.fromkeys(arguments.prefix or ["edgetwin"])),
    )


def split_broker(broker: str, port: int) -> tuple[str, int]:
    """Host and port in `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`; `port` where none is named.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, number = broker.rpartition(":")
    if not colon or broker.endswith("]"):
        host, number = broker, str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not number.isdecimal() or not 0 < int(number) < 2**16:
        raise ValueError(f"broker {broker!r} is not HOST or HOST:PORT")
    return host, int(number)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(_until_told(settings))
    return 0


async def _until_told(settings: TwinSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop=stop)


def _question(arguments: argparse.Namespace) -> int:
    request = request_of(arguments)
    wait_s = arguments.wait if arguments.question == "command" else 0.0
    answer = asyncio.run(_answer(arguments.directory, request, wait_s))
    print(json.dumps(answer, indent=2, ensure_ascii=False))  # noqa: T201 - as above
    return 1 if "error" in answer or answer.get("status") in REFUSED else 0


async def _answer(directory: str, request: dict[str, Any], wait_s: float) -> dict[str, Any]:
    """The answer to a request; of a command what became of it, if it is known in time."""
    answer = await ask(directory, request)
    if wait_s <= 0 or "id" not in answer:
        return answer
    question = {"ask": "execution", "gateway": request["gateway"], "id": answer["id"]}
    outcome: dict[str, Any] = answer
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            while (outcome := {**answer, **await ask(directory, question)}).get("status") in UNDECIDED:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(ASK_AGAIN_S)
    return outcome


def request_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The request that the arguments of a question stand for.

    Raises:
        ValueError: what has to be JSON is not.
    """
    if arguments.question == "status":
        return {"ask": "status"}
    if arguments.question == "desire":
        return {
            "ask": "desire",
            "gateway": arguments.gateway,
            "device": arguments.device,
            "state": json.loads(arguments.state),
        }
    if arguments.question == "command":
        return order_of(arguments)
    request = json.loads(arguments.request)
    if not isinstance(request, dict):
        raise ValueError('a request is a JSON object, such as {"ask":"status"}')  # noqa: TRY004 - of the user, not of us
    return request
