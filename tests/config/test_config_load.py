"""A good file becomes a site of the right types; a bad one is told whole; a file that is none is told too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.ads1115 import Ads1115Input
from drivers.digital_output import DigitalOutputSettings
from drivers.sht4x import Sht4xSettings
from drivers.simulated.world_settings import WorldSettings
from gateway.config import check, load
from gateway.config.problems import PROBLEMS_MAX
from gateway.config.source import FILE_BYTES_MAX
from gateway.core.reading import Lane
from gateway.core.settings import LinkSettings, Mode, Protocol, StoreSettings, TlsSettings
from gateway.errors import ConfigError
from tests.config.samples import GOOD, link, more, problems_of, read

GREENHOUSE = Path(__file__).parents[2] / "config" / "greenhouse.yaml"


def site_of(text):
    site, problems = read(text)
    assert problems == []
    return site


def test_the_greenhouse_is_good_and_has_every_kind_of_part():
    site = load(GREENHOUSE)
    assert check(GREENHOUSE) == []
    assert {bus.kind for bus in site.buses} == {"i2c", "serial", "gpio"}
    assert all(bus.simulated for bus in site.buses)
    assert [device.name for device in site.devices] == ["room", "soil", "air", "door", "heater"]
    assert site.store == StoreSettings()
    assert site.world.seed == 7


def test_the_greenhouse_without_the_word_simulated_is_good_on_a_real_board(tmp_path):
    text = GREENHOUSE.read_text(encoding="utf-8").replace(", simulated: true", "")
    before, world = text.split("world:\n")
    file = tmp_path / "real.yaml"
    file.write_text(before + world.partition("\n\n")[2], encoding="utf-8")
    site = load(file)
    assert site.world is None
    assert not any(bus.simulated for bus in site.buses)


def test_settings_are_of_the_drivers_own_types():
    site = load(GREENHOUSE)
    room, soil, _, _, heater = site.devices
    assert room.settings == Sht4xSettings(address=0x44)
    assert soil.settings.inputs["light"] == Ads1115Input(pin="A1")
    assert heater.settings == DigitalOutputSettings(pin=27)
    assert heater.safe == {"on": False}
    assert isinstance(site.world, WorldSettings)


def test_what_is_not_given_has_its_default():
    site = site_of("gateway: g")
    assert site.link == LinkSettings()
    assert site.buses == site.devices == site.thermostats == ()
    assert site.world is None


def test_a_simulated_bus_brings_its_surroundings_along():
    site = site_of("gateway: g\nbuses: {b: {kind: i2c, simulated: yes}}\n")
    assert site.world == WorldSettings()


def test_durations_are_seconds_and_sizes_are_bytes():
    site = site_of(more("store: {commit_every: 250ms, commit_every_high: 1.5s, quota: 4GiB}\n"))
    assert (site.store.commit_every_s, site.store.commit_every_high_s, site.store.quota) == (0.25, 1.5, 4 * 2**30)


def test_texts_stay_texts_whatever_they_look_like():
    site = site_of(link("host: 010, username: no, password_file: 12:30:45, prefix: on"))
    assert (site.link.host, site.link.username, site.link.password_file, site.link.prefix) == (
        "010",
        "no",
        "12:30:45",
        "on",
    )


def test_null_stands_for_a_value_that_is_not_given_and_quotes_make_it_a_text():
    assert site_of(link("username: null")).link.username is None
    assert site_of(link("username: 'null'")).link.username == "null"
    assert "allowed a text that is not empty" in problems_of(link("host: null"))[0]


def test_choices_become_members():
    text = GOOD.replace("address: 0x44", "channels: {temperature: {lane: high, mode: event, deadband: 0.5}}")
    site = site_of(f"{text}link: {{protocol: 5}}\n")
    channel = site.devices[0].channels["temperature"]
    assert (channel.lane, channel.mode, site.link.protocol) == (Lane.HIGH, Mode.EVENT, Protocol.V5)


def test_tls_needs_no_key_of_its_own():
    assert site_of(link("tls: {}")).link.tls == TlsSettings()
    assert site_of(link("tls: {ca: /ca.pem}")).link.tls == TlsSettings(ca="/ca.pem")


def test_all_mistakes_of_all_devices_are_told_from_top_to_bottom():
    text = GOOD.replace("0x44", "0x99").replace("pin: 17", "pin: 99").replace("kind: gpio", "kind: gpo")
    places = [line.split(": ")[1] for line in problems_of(text)]
    assert places == ["buses.header.kind", "devices.room.address", "devices.door.pin"]


def test_a_wrong_file_is_told_in_a_bounded_number_of_lines():
    text = "gateway: g\n" + "".join(f"k{n}: 1\n" for n in range(5000))
    problems = problems_of(text)
    assert len(problems) == PROBLEMS_MAX + 1
    assert problems[-1] == "site.yaml: more than 200 problems; the others are not listed"


def test_load_raises_every_problem_one_a_line(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(GOOD.replace("0x44", "0x99").replace("17", "99"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).splitlines() == [str(problem) for problem in check(file)]
    assert len(check(file)) == 2
    assert all(problem.file == str(file) for problem in check(file))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"gateway: \xff\n", ":1:10: found byte 0xff, allowed UTF-8; save it as UTF-8"),
        (b"a: 1\n\xc3", ":2:1: found byte 0xc3, allowed UTF-8"),
        (b"gateway: g\n\x00", ":2:1: found control character U+0000, allowed printable text"),
        (b"gateway: \x1b[31mg", ":1:10: found control character U+001B"),
        (b"#" * (FILE_BYTES_MAX + 1), f": found more than {FILE_BYTES_MAX} bytes, allowed {FILE_BYTES_MAX}"),
        ("gateway: g".encode("utf-16"), ":1:1: found byte 0xff, allowed UTF-8"),
    ],
)
def test_what_is_no_text_is_told_with_its_place(tmp_path, content, expected):
    file = tmp_path / "site.yaml"
    file.write_bytes(content)
    assert str(check(file)[0]).startswith(f"{file}{expected}")


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_bytes(b"\xef\xbb\xbfgateway: g\r\n")
    assert load(file).gateway == "g"


def test_a_place_without_a_file_is_told(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    places = {
        tmp_path: "found a directory, allowed a file",
        tmp_path / "none.yaml": "cannot be read: No such file or directory",
        pipe: "cannot be read: it is not a regular file",
        "a\0b": "cannot be read: embedded null byte",
    }
    for place, expected in places.items():
        (problem,) = check(place)
        assert (problem.line, problem.message) == (0, expected)


def test_a_file_name_with_a_line_end_stays_on_one_line():
    (problem,) = check("/none/a\nb")
    assert str(problem) == "/none/a\\nb: cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("keys", "path"),
    [("username: u, password_file: {file}", "password_file"), ("tls: {{cert: /c, key: {file}}}", "tls.key")],
)
def test_a_secret_that_others_may_read_is_a_mistake_where_the_file_exists(tmp_path, keys, path):
    secret, site = tmp_path / "secret", tmp_path / "site.yaml"
    site.write_text(link(keys.format(file=secret)), encoding="utf-8")
    assert check(site) == []
    secret.write_text("x", encoding="utf-8")
    for mode in (0o644, 0o604, 0o660):
        secret.chmod(mode)
        (problem,) = check(site)
        assert problem.path == f"link.{path}"
        assert problem.message.endswith("is open to others")
    for mode in (0o600, 0o640, 0o440, 0o400):
        secret.chmod(mode)
        assert check(site) == []


def test_loading_a_site_loads_nothing_that_it_does_not_need(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(GOOD, encoding="utf-8")
    program = f"import sys; from gateway.config import load; load({str(file)!r}); print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=GREENHOUSE.parents[1]
    )
    heavy = {"jsonschema", "rich", "asyncio", "smbus2", "gpiozero", "serial", "gateway.config.schema", "sqlite3"}
    assert heavy.isdisjoint(found.stdout.split())
    assert "drivers.simulated.world" not in found.stdout.split()
