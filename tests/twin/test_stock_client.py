"""Our twin as the shadow service of a stock client that nobody here wrote, over plain TCP and mutual TLS."""

from __future__ import annotations

import pytest

from tests.fakes.certificates import OPENSSL, Authority
from tests.mosquitto import HOST, Mosquitto, executable, free_port
from tests.twin.stock_client import Refused, StockClient, stock_connection
from tests.twin.test_service import twin

pytestmark = pytest.mark.skipif(not (executable() and OPENSSL), reason="mosquitto or openssl is not installed")

PREFIXES = {"prefixes": ("edgetwin", "$aws")}


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """An authority, and the certificate of a client."""
    authority = Authority(tmp_path_factory.mktemp("papers"), "ours")
    return authority, authority.sign("application")


@pytest.fixture
def broker(papers, tmp_path):
    """A Mosquitto with a plain listener and one that asks for a certificate."""
    authority, _ = papers
    cert, key = authority.sign("broker")
    tls_port = free_port()
    listener = f"listener {tls_port} {HOST}\ncafile {authority.cert}\ncertfile {cert}\nkeyfile {key}\n"
    folder = tmp_path / "broker"
    folder.mkdir()
    started = Mosquitto(folder, f"user root\n{listener}require_certificate true\n")
    started.tls_port = tls_port
    started.start()
    yield started
    started.stop()


@pytest.mark.parametrize("name", ["io", ""], ids=["named", "classic"])
@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "mutual-tls"])
async def test_a_stock_client_gets_updates_hears_deletes_and_is_refused(tmp_path, broker, papers, name, secure):
    options = {"papers": papers if secure else None}
    async with twin(tmp_path, broker, **PREFIXES), stock_connection(broker, **options) as connection:
        client = StockClient(connection, name)
        with pytest.raises(Refused, match=f"404: No shadow exists with name: '{name or 'gw'}'"):
            await client.get()
        await client.listen()

        accepted = await client.update(reported={"relay": False, "fan": {"rpm": 0}})
        assert accepted.version == 1
        assert accepted.metadata.reported["fan"]["rpm"]["timestamp"] == int(accepted.timestamp.timestamp())
        documents = await client.streams.next("documents")
        assert (documents.previous.version, documents.current.version) == (0, 1)

        accepted = await client.update(version=1, desired={"relay": True, "fan": {"rpm": 900}, "odd": 1})
        assert accepted.version == 2
        delta = await client.streams.next("delta")
        assert (delta.state, delta.version) == ({"relay": True, "fan": {"rpm": 900}, "odd": 1}, 2)
        documents = await client.streams.next("documents")
        assert documents.previous.state.desired is None
        assert documents.current.state.desired == {"relay": True, "fan": {"rpm": 900}, "odd": 1}

        with pytest.raises(Refused, match="409: Version conflict"):
            await client.update(version=1, desired={"relay": False})
        with pytest.raises(Refused, match="400: State contains an invalid node: null in an array"):
            await client.update(desired={"list": [1, None]})
        with pytest.raises(Refused, match="413: The payload exceeds the maximum size"):
            await client.update(desired={"text": "x" * 9000})

        await client.update(desired={"odd": None})
        await client.update(reported={"relay": 1, "fan": {"rpm": 900.0}})
        got = await client.get()
        assert got.version == 4
        assert got.state.desired == {"relay": True, "fan": {"rpm": 900}}
        assert got.state.delta == {"relay": True}
        await client.update(desired=None)
        assert (await client.get()).state.desired is None

        assert (await client.delete()).version == 5
        with pytest.raises(Refused, match="404"):
            await client.delete()
        assert (await client.update(reported={"relay": False})).version == 6


async def test_a_stock_client_hears_in_its_kept_session_what_was_said_while_it_was_away(tmp_path, broker):
    async with twin(tmp_path, broker, **PREFIXES):
        async with stock_connection(broker, "sleeper", keep_s=60) as connection:
            assert not connection.joined
            sleeper = StockClient(connection, "io")
            await sleeper.listen()
        async with stock_connection(broker) as connection:
            await StockClient(connection, "io").update(desired={"relay": True})
        async with stock_connection(broker, "sleeper", keep_s=60) as connection:
            assert connection.joined
            topic, delta = await connection.heard.next("delta")
            assert topic == "$aws/things/gw/shadow/name/io/update/delta"
            assert (delta["state"], delta["version"]) == ({"relay": True}, 1)
