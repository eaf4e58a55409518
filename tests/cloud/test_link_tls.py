"""The link over TLS: the broker is verified, whatever the settings say, and proves that it knows us."""

from __future__ import annotations

import re

import pytest

from gateway.cloud.connection import Connection
from gateway.cloud.credentials import tls_of
from gateway.core.refusals import Cause, refusal_of
from gateway.core.settings import LinkSettings, TlsSettings
from gateway.errors import LinkError
from tests.cloud.links import WILL, attempt, open_link, settings_for
from tests.fakes.certificates import OPENSSL, Authority
from tests.fakes.clock import FakeClock
from tests.mosquitto import Mosquitto, executable

pytestmark = pytest.mark.skipif(not (executable() and OPENSSL), reason="mosquitto or openssl is not installed")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A directory with two authorities, ours and a stranger's."""
    directory = tmp_path_factory.mktemp("papers")
    return directory, Authority(directory, "ours"), Authority(directory, "theirs")


@pytest.fixture
def tls_broker(papers, tmp_path):
    """Starts a Mosquitto that shows a certificate for an address, and may ask for one."""
    _, ours, _ = papers
    started = []

    def start(*, address="127.0.0.1", ask_for_one=False, days=30):
        cert, key = ours.sign("broker", address=address, days=days)
        extra = f"user root\ncafile {ours.cert}\ncertfile {cert}\nkeyfile {key}\nrequire_certificate {ask_for_one}\n"
        started.append(Mosquitto(tmp_path, extra.replace("True", "true").replace("False", "false")))
        started[-1].start()
        return started[-1]

    yield start
    for broker in started:
        broker.stop()


async def test_a_broker_with_a_certificate_that_we_trust_is_connected_to(papers, tls_broker):
    _, ours, _ = papers
    async with open_link(settings_for(tls_broker(), tls=TlsSettings(ca=ours.cert))) as session:
        assert session._client._client.socket().version() in ("TLSv1.2", "TLSv1.3")
        assert await session.publish("a", b"x") == 0x10


async def test_a_broker_that_a_stranger_vouches_for_is_refused(papers, tls_broker):
    _, _, theirs = papers
    with pytest.raises(LinkError, match="the certificate is not trusted: "):
        await attempt(settings_for(tls_broker(), tls=TlsSettings(ca=theirs.cert)))


async def test_the_system_does_not_trust_our_authority_by_itself(tls_broker):
    with pytest.raises(LinkError, match="the certificate is not trusted: "):
        await attempt(settings_for(tls_broker(), tls=TlsSettings()))


async def test_a_certificate_for_another_address_is_refused(papers, tls_broker):
    _, ours, _ = papers
    with pytest.raises(LinkError, match="mismatch"):
        await attempt(settings_for(tls_broker(address="192.0.2.1"), tls=TlsSettings(ca=ours.cert)))


async def test_a_broker_that_asks_for_a_certificate_gets_ours(papers, tls_broker):
    _, ours, _ = papers
    cert, key = ours.sign("gw")
    link = settings_for(tls_broker(ask_for_one=True), tls=TlsSettings(ca=ours.cert, cert=cert, key=key))
    async with open_link(link) as session:
        assert await session.publish("a", b"x") == 0x10


class SaidEnoughError(Exception):
    """The link has failed once, and says why."""


async def said_of(settings):
    """What status says of a link that cannot be had: reason and hint, and how long it waits."""

    async def wait(seconds):
        waits.append(seconds)
        raise SaidEnoughError

    async def serve(_session):
        raise AssertionError("it was had")

    waits = []
    connection = Connection(settings, "gw", WILL, FakeClock(), sleep=wait)
    with pytest.raises(SaidEnoughError):
        await connection.run(serve, lambda _: None)
    return connection.reason, connection.hint, waits


NOT_TRUSTED, NOT_TAKEN = refusal_of(Cause.CERTIFICATE), refusal_of(Cause.OURS)


@pytest.mark.parametrize(
    ("broker", "authority", "words"),
    [
        ({}, "theirs", "unable to get local issuer certificate|self.signed"),
        ({}, None, "unable to get local issuer certificate|self.signed"),
        ({"address": "192.0.2.1"}, "ours", "mismatch.*127.0.0.1"),
        ({"days": -1}, "ours", "expired"),
    ],
    ids=["a stranger's", "no authority named", "another address", "expired"],
)
async def test_status_says_why_a_broker_is_not_trusted(papers, tls_broker, broker, authority, words):
    directory, _, _ = papers
    tls = TlsSettings(ca=authority and str(directory / f"{authority}.pem"))
    settings = settings_for(tls_broker(**broker), tls=tls)
    reason, hint, waits = await said_of(settings)
    assert reason.startswith(NOT_TRUSTED.words)
    assert re.search(words, reason)
    assert hint == NOT_TRUSTED.hint
    assert waits == [settings.backoff_cap_s]  # No other version of MQTT makes it better.


@pytest.mark.parametrize("strange", [False, True], ids=["none", "a stranger's"])
async def test_status_says_that_the_broker_wants_a_certificate_that_we_lack(papers, tls_broker, strange):
    _, ours, theirs = papers
    broker = tls_broker(ask_for_one=True)
    cert, key = theirs.sign("gw") if strange else (None, None)
    settings = settings_for(broker, tls=TlsSettings(ca=ours.cert, cert=cert, key=key))
    reason, hint, waits = await said_of(settings)
    assert reason.startswith(NOT_TAKEN.words)
    assert hint == NOT_TAKEN.hint
    assert waits == [settings.backoff_cap_s]


async def test_status_says_that_an_own_certificate_has_expired(papers, tls_broker):
    _, ours, _ = papers
    cert, key = ours.sign("old", days=-1)
    broker = tls_broker(ask_for_one=True)
    reason, _, _ = await said_of(settings_for(broker, tls=TlsSettings(ca=ours.cert, cert=cert, key=key)))
    assert reason.startswith(NOT_TAKEN.words)
    assert "expired" in reason


async def test_plain_mqtt_to_an_encrypted_port_fails_and_does_not_hang(tls_broker):
    with pytest.raises(LinkError):
        await attempt(settings_for(tls_broker()))


async def test_encryption_to_a_plain_port_fails_and_does_not_hang(papers, mosquitto_broker):
    _, ours, _ = papers
    with pytest.raises(LinkError):
        await attempt(settings_for(mosquitto_broker, tls=TlsSettings(ca=ours.cert)))


def test_a_key_behind_a_passphrase_is_an_error_and_nobody_is_asked_for_it(papers):
    _, ours, _ = papers
    cert, key = ours.sign("locked", passphrase="secret")
    with pytest.raises(LinkError, match=r"link\.tls"):
        tls_of(LinkSettings(tls=TlsSettings(cert=cert, key=key)))


@pytest.mark.parametrize("broken", ["absent", "empty", "garbage"])
def test_certificates_that_cannot_be_used_are_a_link_error_with_the_place(tmp_path, broken):
    file = tmp_path / "ca.pem"
    if broken != "absent":
        file.write_bytes(b"" if broken == "empty" else b"\xff\x00 no certificate")
    with pytest.raises(LinkError, match=r"link\.tls") as caught:
        tls_of(LinkSettings(tls=TlsSettings(ca=str(file))))
    assert "PEM" in caught.value.hint
