"""Commands that have to be signed: whatever a broker in other hands sends, repeats or changes, nothing happens."""

from __future__ import annotations

import base64
import json
import os
import random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cloud import signatures
from gateway.cloud.commands import Commands
from gateway.cloud.signatures import verifier
from gateway.core.command import Source
from gateway.core.flood import BURST, PER_S, TELL_EVERY_S
from gateway.core.settings import CommandSettings
from gateway.core.signing import open_envelope, signed_bytes
from gateway.errors import ConfigError
from gateway.store.admission import Admission, Terms
from tests.cloud.station import GATEWAY, PREFIX, TARGETS
from tests.fakes.signing import make_key, signed

ATTACKS = int(os.environ.get("EDGETWIN_ATTACKS", "3000"))
"""The long form has 100 000."""
# RFC 8032 section 7.1, TEST 1: secret key, public key, and the signature of no bytes.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
OF_NOTHING = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


@pytest.fixture
def keys(tmp_path):
    return {name: make_key(tmp_path, name) for name in ("ops", "night", "stranger")}


@pytest.fixture
async def guarded(station, tmp_path, keys):
    """A station that obeys `ops` and `night`."""
    settings = CommandSettings(
        require_signature=True, keys={name: str(tmp_path / f"{name}.pub") for name in keys if name != "stranger"}
    )
    terms = Terms(TARGETS, signed=True)
    station.admission = Admission(station.inbox, station.events, terms, station.clock, station.trusted)
    station.downlink._commands = Commands(
        PREFIX, GATEWAY, station.admission, station.inbox, station.rig.timekeeper, verifier(settings)
    )
    await station.connect()
    return station


def order(station, **changes):
    return {
        "channel": "heater/on", "value": True, "issued": station.now_s, "expires": station.now_s + 60
    } | changes  # fmt: skip


async def send(station, sign, identifier, **changes):
    await station.order(identifier, signed(sign, GATEWAY, identifier, order(station, **changes)))


async def test_what_a_known_key_has_signed_is_obeyed_and_the_log_says_whose(guarded, keys):
    await send(guarded, keys["ops"], "c1")
    assert guarded.responses("c1") == [("IN_PROGRESS", "")]
    ((data,),) = await guarded.rig.database.read("SELECT data FROM event WHERE kind = 'command'")
    assert json.loads(data)["signer"] == "ops"
    assert [one.id for one in await guarded.act()] == ["c1"]


async def test_while_keys_are_changed_both_are_good(guarded, keys):
    await send(guarded, keys["ops"], "c1")
    await send(guarded, keys["night"], "c2")
    assert [guarded.responses(one)[0] for one in ("c1", "c2")] == [("IN_PROGRESS", "")] * 2


@pytest.mark.parametrize(("change", "code"), [
    (lambda text: json.dumps(json.loads(json.loads(text)["order"])), "UNSIGNED"),
    (lambda text: text.replace('"ops"', '"stranger"'), "UNKNOWN_KEY"),
    (lambda text: text.replace('"ops"', '"night"'), "BAD_SIGNATURE"),
    (lambda text: text.replace("true", "false"), "BAD_SIGNATURE"),
    (lambda text: text.replace("heater/on", "garage/on"), "BAD_SIGNATURE"),
    (lambda text: text.replace('"order":"{', '"order":"{ '), "BAD_SIGNATURE"),
])  # fmt: skip
async def test_unsigned_forged_and_altered_ones_are_refused_and_not_kept(guarded, keys, change, code):
    payload = signed(keys["ops"], GATEWAY, "c1", order(guarded)).decode()
    assert change(payload) != payload
    await guarded.order("c1", change(payload).encode())
    assert guarded.responses("c1") == [("REJECTED", code)]
    assert await guarded.rig.database.read("SELECT count(*) FROM command") == [(0,)]
    # The true one is still good.
    await guarded.order("c1", payload.encode())
    assert guarded.responses("c1")[-1] == ("IN_PROGRESS", "")


async def test_a_signature_is_good_for_one_gateway_and_one_id(guarded, keys):
    await guarded.order("c2", signed(keys["ops"], GATEWAY, "c1", order(guarded)))
    await guarded.order("c3", signed(keys["ops"], "other", "c3", order(guarded)))
    assert [guarded.responses(one) for one in ("c2", "c3")] == [[("REJECTED", "BAD_SIGNATURE")]] * 2


async def test_a_replay_meets_its_outcome_also_when_it_was_refused(guarded, keys):
    good = signed(keys["ops"], GATEWAY, "c1", order(guarded))
    refused = signed(keys["ops"], GATEWAY, "c2", order(guarded, value="hot"))
    await guarded.order("c1", good)
    await guarded.act()
    await guarded.order("c2", refused)
    for identifier, payload in (("c1", good), ("c2", refused)):
        await guarded.order(identifier, payload)
    assert guarded.responses("c1")[-1] == ("SUCCEEDED", "")
    assert guarded.responses("c2")[-1] == ("REJECTED", "WRONG_TYPE")
    assert await guarded.act() == []


@pytest.mark.parametrize("forge", [
    lambda text: json.dumps(json.loads(json.loads(text)["order"])),
    lambda text: text.replace("true", "false"),
    lambda _text: "no JSON",
    lambda text: text.replace('"signature"', f'"signature":"{"x" * 5000}","other"'),
], ids=["unsigned", "altered", "malformed", "too long"])  # fmt: skip
async def test_a_forged_repeat_of_a_known_id_changes_nothing_of_what_was_said(guarded, keys, forge):
    good = signed(keys["ops"], GATEWAY, "c1", order(guarded))
    await guarded.order("c1", good)
    await guarded.order("c1", forge(good.decode()).encode())
    assert guarded.responses("c1") == [("IN_PROGRESS", "")] * 2
    await guarded.act()
    await guarded.order("c1", forge(good.decode()).encode())
    assert guarded.responses("c1")[2:] == [("SUCCEEDED", "")] * 2


async def test_whoever_forges_a_repeat_is_not_told_elsewhere_what_became_of_it(guarded, keys):
    await send(guarded, keys["ops"], "c1")
    topic = f"{PREFIX}/commands/things/{GATEWAY}/executions/c1/request/json"
    guarded.session.deliver(topic, json.dumps(order(guarded)).encode(), reply_topic="spy/1")
    await guarded.settle()
    assert guarded.said("spy/1") == []


async def test_what_a_shadow_desires_is_refused_because_a_broker_could_say_it(guarded):
    wish = guarded.admission.local("shadow-1", "heater/on", True, Source.SHADOW)
    decided = await guarded.admission.submit(wish)
    assert (decided.status.value, decided.reason_code.value) == ("REJECTED", "UNSIGNED")
    hand = guarded.admission.local("here", "heater/on", True, Source.HAND)
    assert not (await guarded.admission.submit(hand)).final


def attack(chance, station, keys, seen):  # noqa: PLR0911 - one for each kind
    """One message of a broker in other hands: id and payload."""
    identifier, payload = chance.choice(seen)
    kind = chance.randrange(7)
    if kind == 0:  # Replayed.
        return identifier, payload
    if kind == 1:  # Under another id.
        return f"x{chance.randrange(10**9)}", payload
    if kind == 2:  # A flipped bit.
        place = chance.randrange(len(payload))
        return f"y{chance.randrange(10**9)}", payload[:place] + bytes(
            [payload[place] ^ 1 << chance.randrange(8)]
        ) + payload[place + 1 :]
    new = f"z{chance.randrange(10**9)}"
    if kind == 3:  # Forged.
        return new, signed(keys["stranger"], GATEWAY, new, order(station)).replace(b'"stranger"', b'"ops"')
    if kind == 4:  # Expired.
        late = order(station, issued=station.now_s - 90, expires=station.now_s - 30)
        return new, signed(keys["ops"], GATEWAY, new, late)
    if kind == 5:  # Unsigned.
        return new, json.dumps(order(station)).encode()
    return new, bytes(chance.randrange(256) for _ in range(chance.randrange(1, 80)))


async def test_thousands_of_attacks_have_no_effect_and_do_not_fill_disk_or_log(guarded, keys):
    chance, seen = random.Random(7), []
    for number in range(20):
        seen.append((f"good{number}", signed(keys["ops"], GATEWAY, f"good{number}", order(guarded))))
        await guarded.order(*seen[-1])
        await guarded.act()
    before = await guarded.rig.database.read("SELECT count(*) FROM command WHERE status = 'SUCCEEDED'")
    for number in range(ATTACKS):
        identifier, payload = attack(chance, guarded, keys, seen)
        guarded.session.deliver(f"{PREFIX}/commands/things/{GATEWAY}/executions/{identifier}/request/json", payload)
        if number % 100 == 99:
            await guarded.settle()
            assert await guarded.act() == []
            guarded.clock.advance(0.1)
    while guarded.session._arrived.qsize():
        await guarded.settle()
    assert await guarded.act() == []
    assert await guarded.rig.database.read("SELECT count(*) FROM command WHERE status = 'SUCCEEDED'") == before
    ((rows,),) = await guarded.rig.database.read("SELECT count(*) FROM command")
    ((events,),) = await guarded.rig.database.read("SELECT count(*) FROM event")
    # What was signed and refused is remembered, as fast as the bucket fills; what was not signed leaves no row at all.
    kept = BURST + PER_S * ATTACKS / 1000
    assert rows <= 20 + kept
    assert events <= 2 * 20 + kept + ATTACKS / 1000 / TELL_EVERY_S + 1


def test_the_library_does_what_the_rfc_says(tmp_path):
    make_key(tmp_path, "rfc", SECRET)
    assert signatures.public_key(tmp_path / "rfc.pub", "here").public_bytes_raw() == PUBLIC
    assert Ed25519PrivateKey.from_private_bytes(SECRET).sign(b"") == OF_NOTHING


def test_the_example_of_the_page(tmp_path):
    """docs/wire.md, Signed commands: the key of RFC 8032, TEST 1."""
    text = b'{"channel":"heater/on","value":true,"issued":1795417200,"expires":1795417260}'
    assert signed_bytes("greenhouse-1", "c1", text) == b"edgetwin command 1\ngreenhouse-1\nc1\n" + text
    message = msgspec.json.decode(make_key(tmp_path, "rfc", SECRET)("greenhouse-1", "c1", text))
    assert message["order"].encode() == text == open_envelope(json.dumps(message).encode()).order
    page = (signatures.Path(__file__).parents[2] / "docs" / "wire.md").read_text(encoding="utf-8")
    assert message["signature"]["ed25519"] in page
    assert len(base64.b64decode(message["signature"]["ed25519"])) == 64


@pytest.mark.parametrize("content", [b"", b"no key", None])
def test_a_key_that_cannot_be_used_is_named_at_the_start(tmp_path, content):
    file = tmp_path / "bad.pub"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"commands\.keys\.ops"):
        verifier(CommandSettings(require_signature=True, keys={"ops": str(file)}))


def test_without_a_key_nobody_could_command():
    with pytest.raises(ConfigError, match="no key"):
        verifier(CommandSettings(require_signature=True))
    assert verifier(CommandSettings()) is None
