"""Keys and values: every mistake is told with its place, what was found and what is allowed."""

from __future__ import annotations

import pytest

from tests.config.samples import GATEWAY, changed, climate, link, more, problems_of, room

KEYS = [
    (room("adress: 0x44"), "site.yaml:7:37: devices.room.adress: unknown key; did you mean 'address'?"),
    (room("colour: red"), "devices.room.colour: unknown key; known keys: driver, bus, every, channels, safe, address"),
    (room("<<: {}"), "devices.room.<<: found a merge key, allowed none"),
    (more("gatway: x"), "site.yaml:14:1: gatway: unknown key; known keys: "),
    (more("links: {}"), "links: unknown key; did you mean 'link'?"),
    (changed((GATEWAY, "gatewy: x")), "site.yaml:1:1: gatewy: unknown key; did you mean 'gateway'?"),
    (changed((GATEWAY, "")), "site.yaml:1:1: gateway: missing; allowed: a name: letters, digits"),
    (changed((GATEWAY, "gateway: a/b")), "site.yaml:1:10: gateway: found 'a/b', allowed a name"),
    (changed((GATEWAY, "gateway:")), "gateway: found nothing, allowed a name"),
    (changed((GATEWAY, f"gateway: {'x' * 65}")), "...', allowed a name"),
    (changed((GATEWAY, 'gateway: "a\\nb"')), "gateway: found 'a\\nb', allowed a name"),
    (changed(("header: {kind: gpio}", "header: {}")), "site.yaml:5:3: buses.header.kind: missing"),
    (changed(("room:", "a b:")), "site.yaml:7:3: devices.a b: found 'a b', allowed a name"),
    (changed(("uart: {k", "ua/rt: {k")), "buses.ua/rt: found 'ua/rt', allowed a name"),
    (changed(("door:", "room:")), "site.yaml:10:3: devices.room: stands twice; the first is in line 7"),
]
VALUES = [
    (changed(("pin: 17", "pin: GPIO17")), "devices.door.pin: found 'GPIO17', allowed a whole number; write 17"),
    (room("address: 45"), "devices.room.address: found 45, allowed 0x44 to 0x46; write 0x45"),
    (changed(("soil: {", "soil: {address: 4A, ")), "soil.address: found '4A', allowed a whole number; write 0x4A"),
    (room("address: 0x99"), "site.yaml:7:46: devices.room.address: found 0x99, allowed 0x44 to 0x46"),
    (room("address: 99"), "devices.room.address: found 99, allowed 0x44 to 0x46"),
    (room("address: '0x44'"), "devices.room.address: found the text '0x44', allowed a whole number; remove the quotes"),
    (room("address: 0104"), "devices.room.address: found '0104', allowed a whole number; a leading zero could mean"),
    (room("address: [0x44]"), "devices.room.address: found a list, allowed 0x44 to 0x46"),
    (room("address: "), "found nothing, allowed 0x44 to 0x46; leave the key out where it has a default"),
    (room("precision: hihg"), "found 'hihg', allowed high, medium, low; did you mean 'high'?"),
    (room("every: 5"), "site.yaml:7:44: devices.room.every: found '5', allowed a duration such as 250ms"),
    (room("every: 5"), "write 5s"),
    (room("every: 1ms"), "devices.room.every: found 1ms, allowed 10ms to 1d"),
    (room("every: 12:30:45"), "devices.room.every: found '12:30:45', allowed a duration"),
    (room("channels: 5"), "devices.room.channels: found '5', allowed a mapping"),
    (room("channels: {temperature: {lane: urgent}}"), "found 'urgent', allowed critical, high, normal, low"),
    (changed(("pin: 17", "pin: 99")), "devices.door.pin: found 99, allowed 0 to 27"),
    (changed(("pin: 17", "pin: 1_7")), "devices.door.pin: found '1_7', allowed a whole number"),
    (changed(("pin: 17", "pin: 17, active_low: 1")), "found '1', allowed true or false, on or off, yes or no"),
    (
        changed(("pin: 17", "pin: 17, active_low: 'on'")),
        "found the text 'on', allowed true or false; remove the quotes",
    ),
    (changed(("kind: gpio", "kind: can")), "buses.header.kind: found 'can', allowed i2c, serial, gpio"),
    (changed(("kind: serial", "kind: serial, baud: 9k")), "buses.uart.baud: found '9k', allowed a whole number"),
    (changed(("kind: serial", "kind: serial, timeout: 0s")), "found 0s, allowed above 0s and at most 1m"),
    (more("store: {quota: 64}"), "site.yaml:14:16: store.quota: found '64', allowed a size"),
    (more("store: {quota: 64kB}"), "store.quota: found 64kB, allowed at least 4MB"),
    (more("store: {directory: }"), "store.directory: found nothing, allowed a text that is not empty"),
    (more("store: {directory: ''}"), "store.directory: found '', allowed a text that is not empty"),
    (more("store: [a]"), "store: found a list, allowed a mapping of keys and values"),
    (more("log:"), "log: found nothing, allowed a mapping of keys and values"),
    (link("port: 0"), "link.port: found 0, allowed 1 to 65535"),
    (link("port: 18.83"), "link.port: found '18.83', allowed a whole number"),
    (link("prefix: a/+"), "link.prefix: found 'a/+', allowed a topic without wildcards"),
    (link("protocol: 4"), "link.protocol: found '4', allowed auto, 5, 3.1.1"),
    (link("tls: on"), "link.tls: found 'on', allowed a mapping"),
    (climate("setpoint: warm"), "thermostats.climate.setpoint: found 'warm', allowed a number"),
    (climate("hysteresis: 0"), "thermostats.climate.hysteresis: found 0, allowed above 0 and at most 20"),
    (changed(("soil: {", "soil: {inputs: {a: {pin: A9}}, ")), "devices.soil.inputs.a.pin: found 'A9', allowed A0,"),
    (changed(("soil: {", "soil: {inputs: {a: {}}, ")), "devices.soil.inputs.a.pin: missing"),
    (changed(("soil: {", "soil: {inputs: {a: {pin: A0, unit: mV}}, ")), "devices.soil.inputs.a: unit 'mV'"),
    (
        changed(("soil: {", "soil: {inputs: {a b: {pin: A0}}, ")),
        "site.yaml:8:19: devices.soil.a b: found 'a b', allowed a ",
    ),
    (changed(("soil: {", "soil: {inputs: {}, ")), "site.yaml:8:3: devices.soil: "),
    (changed(("soil: {", "soil: {rate: 100, ")), "devices.soil.rate: found '100', allowed 8, 16, 32"),
]
CASES = [*KEYS, *VALUES]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(text, expected):
    problems = problems_of(text)
    assert [line for line in problems if expected in line], problems


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_nothing_is_said_of_what_only_follows_from_a_mistake(text, expected):
    # A misspelt key or name is missed elsewhere as well; nothing else comes in twos.
    twos = ("did you mean", "missing", "stands twice", "allowed a name")
    assert len(problems_of(text)) <= (2 if any(word in expected for word in twos) else 1)


def test_an_address_that_fits_neither_way_gets_no_advice():
    [problem] = problems_of(room("address: 99"))
    assert problem.endswith("found 99, allowed 0x44 to 0x46")
