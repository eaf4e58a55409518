"""What a twin says that it can read: after a birth, with a batch, and where a batch rests on an unknown birth."""

from __future__ import annotations

import json

import pytest
import structlog

from gateway.core.dictionary import cbor_pack, dictionary_of
from gateway.core.wire import ack_topic, encode
from tests.twin.builders import NOW_S, PREFIXES, birth, pack
from twin.complaints import Complaints
from twin.dictionaries import ACCEPTS, KEPT, Dictionaries
from twin.door import Door
from twin.topics import Address, Kind

BIRTH = birth().body
KNOWN = dictionary_of(BIRTH)
TOPIC = "edgetwin/things/g/ack"
THING = "edgetwin/things/g"


def address(gateway="g"):
    return Address("edgetwin", gateway, Kind.BIRTH)


def born(starts, gateway="g"):
    return birth(epoch=f"3f2a9c1b7d10e644-{starts}", gateway=gateway).body


def small(dictionary=KNOWN):
    return dictionary.pack(cbor_pack(pack(1, 2)))


class Hall:
    """Stands where the writer and the link are: keeps what is handed on and what is sent."""

    def __init__(self):
        self.complaints = Complaints(structlog.get_logger())
        self.dictionaries = Dictionaries()
        self.door = Door(PREFIXES, self.complaints, self.dictionaries, lambda: NOW_S)
        self.taken, self.sent = [], []

    async def put(self, message):
        self.taken.append(message)

    async def receive(self, tail, payload, retained=False):
        await self.door.receive(f"{THING}/{tail}", payload, retained, self, self.sent.extend)


@pytest.fixture
def hall():
    return Hall()


async def test_a_batch_is_read_by_the_dictionary_of_the_birth_before_it(hall):
    await hall.receive("birth", encode(BIRTH), retained=True)
    await hall.receive("telemetry", small())
    assert [one.first for one in hall.taken[1].body.segments] == [1]
    assert hall.sent == []


async def test_a_batch_that_rests_on_no_birth_is_answered_by_what_can_be_read(hall):
    await hall.receive("telemetry", small())
    assert hall.taken == []
    ((topic, payload),) = hall.sent
    assert topic == TOPIC
    assert json.loads(payload) == {"ranges": [], "received": NOW_S, "sent": NOW_S, "accepts": ACCEPTS}
    assert hall.complaints.counts == {"dictionary_unknown": 1}


async def test_a_batch_that_rests_on_another_birth_is_answered_by_the_one_that_is_known(hall):
    await hall.receive("birth", encode(BIRTH))
    await hall.receive("telemetry", small(dictionary_of(born(9))))
    assert json.loads(hall.sent[0].payload)["accepts"] == [*ACCEPTS, KNOWN.word]


async def test_the_birth_of_one_gateway_is_not_that_of_another(hall):
    await hall.door.receive("edgetwin/things/h/birth", encode(born(2, "h")), False, hall, hall.sent.extend)
    await hall.receive("telemetry", small(dictionary_of(born(2, "h"))))
    assert hall.complaints.counts == {"dictionary_unknown": 1}


async def test_what_is_damaged_is_counted_and_not_answered(hall):
    await hall.receive("birth", encode(BIRTH))
    for payload in (small()[:-1], b"d", b"c", b"c\x00\x40"):
        await hall.receive("telemetry", payload)
    assert hall.sent == []
    assert hall.complaints.counts == {"telemetry_malformed": 4}


def test_batches_that_were_on_their_way_when_a_birth_came_are_read_too():
    dictionaries = Dictionaries()
    for starts in (1, 2, 2, 3):
        dictionaries.learn(address(), born(starts))
    words = [dictionary_of(born(starts)).word for starts in (3, 2)]
    assert dictionaries.accepts(TOPIC) == [*ACCEPTS, *words]
    assert [one.word for one in dictionaries.known(address())] == words
    assert len(words) == KEPT


def test_those_born_longest_ago_are_forgotten_where_there_are_too_many():
    one = Dictionaries()
    one.learn(address(), BIRTH)
    dictionaries = Dictionaries(bytes_max=10_000)
    for number in range(100):
        dictionaries.learn(address(f"g{number}"), born(1, f"g{number}"))
    dictionaries.learn(address("g97"), born(2, "g97"))
    for number in range(100, 102):
        dictionaries.learn(address(f"g{number}"), born(1, f"g{number}"))
    known = [number for number in range(102) if dictionaries.known(address(f"g{number}"))]
    assert 3 < len(known) < 30
    assert known == sorted({97, *range(102 - len(known), 102)})[-len(known) :]


def test_a_gateway_that_nobody_knows_is_told_what_all_are_told():
    assert Dictionaries().accepts(ack_topic("edgetwin", "nobody")) == ACCEPTS
