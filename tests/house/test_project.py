"""What stands around the code: licence, change log, service unit."""

from __future__ import annotations

import configparser
import hashlib
import re
import tomllib

import pytest

from tests.house.source import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
UNIT = (ROOT / "systemd" / "edgetwin.service").read_text(encoding="utf-8")

# Of the text with every run of white space as one space.
LICENCE_WORDS = "0ffddef9e48f8a09aed5caf2d44f7ba1c1be2d9b8e0a6f693b1635b2d5566645"


def setting(key: str) -> list[str]:
    """Every value that the unit gives `key`, in order."""
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def seconds(key: str) -> int:
    return int(setting(key)[0].removesuffix("s"))


def test_the_licence_is_apache_2_word_for_word():
    words = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    assert hashlib.sha256(words.encode()).hexdigest() == LICENCE_WORDS


def test_the_change_log_has_this_version():
    heads = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert VERSION in heads


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "docs/install.md"])
def test_a_page_that_people_look_for_is_there(name):
    assert (ROOT / name).read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "docs/install.md", "CHANGELOG.md"])
def test_a_page_names_only_files_that_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    here = (ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in link]
    named = re.findall(r"`((?:scripts|docs|systemd|drivers|tests|config)/[A-Za-z0-9_./-]+)`", text)
    missing = [link for link in links if not (here / link).exists()] + [
        path for path in named if not (ROOT / path).exists()
    ]
    assert missing == []


def test_the_unit_can_be_read_and_has_its_three_parts():
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(UNIT)
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_the_unit_makes_the_outputs_safe_whatever_ended_the_daemon():
    run, safe = setting("ExecStart")[0], setting("ExecStopPost")[0]
    assert safe == run.replace(" run ", " safe ")
    assert not safe.startswith(("-", "+", "!"))


def test_the_unit_notices_a_hang_and_ends_it():
    assert setting("Type") == ["notify"]
    assert setting("Restart") == ["always"]
    assert 0 < seconds("TimeoutAbortSec") < seconds("WatchdogSec") <= seconds("TimeoutStopSec")


def test_the_unit_lets_in_every_kind_of_bus_and_nothing_else():
    assert setting("DevicePolicy") == ["closed"]
    allowed = {value.removesuffix(" rw") for value in setting("DeviceAllow")}
    assert allowed == {
        "char-i2c",
        "char-spi",
        "char-gpiochip",
        "char-ttyS",
        "char-ttyAMA",
        "char-ttyUSB",
        "char-ttyACM",
    }
    assert set(setting("SupplementaryGroups")[0].split()) == {"i2c", "spi", "gpio", "dialout"}


def test_the_unit_lets_the_clock_be_asked():
    assert setting("ProtectClock") == []
    assert "adjtimex" in setting("SystemCallFilter")[-1]


def test_installer_and_unit_mean_the_same_places():
    script = (ROOT / "scripts" / "install").read_text(encoding="utf-8")
    program, _, command = setting("ExecStart")[0].partition("/.venv/")
    assert f"place={program}\n" in script
    etc, _, name = command.rpartition(" ")[2].rpartition("/")
    assert f"etc={etc}\n" in script
    assert f"config=$etc/{name}\n" in script
