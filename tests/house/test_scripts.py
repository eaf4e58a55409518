"""The scripts explain themselves, and on a machine that lacks something they say in one line what to type."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys

import pytest

from tests.house.source import ROOT

SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and path.suffix != ".sh")
TOOLS = "awk cat chmod cut dirname grep id mktemp readlink rm sed sh sha256sum".split()  # noqa: SIM905 - names read best in a row
STRANGER = "#!/bin/sh\necho 1000\n"
"""An `id` that answers as for somebody who is not root."""


@pytest.fixture
def clone(tmp_path):
    """A clone of the project without an environment, as far as the scripts look at it."""
    place = tmp_path / "a clone"
    place.mkdir()
    shutil.copytree(ROOT / "scripts", place / "scripts")
    for path in (*ROOT.glob("requirements*.lock"), ROOT / "pyproject.toml"):
        shutil.copy(path, place)
    return place


@pytest.fixture
def machine(tmp_path):
    """A folder that holds every program that this machine has; more are put there by `program`."""
    place = tmp_path / "bin"
    place.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (place / tool).symlink_to(found)
    program(place, "id", STRANGER)
    return place


def program(place, name, text):
    path = place / name
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def run(script, *arguments, path=None, cwd=None):
    environment = dict(os.environ) if path is None else {"PATH": str(path)}
    return subprocess.run(
        [str(script), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_has_help_and_does_nothing_else_then(name, clone, tmp_path):
    result = run(clone / "scripts" / name, "--help", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"usage: scripts/{name}" in result.stdout
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("name", ["check", "lock", "install"])
def test_an_unknown_option_is_refused_with_its_name(name, clone):
    result = run(clone / "scripts" / name, "--frobnicate")
    assert result.returncode == 1
    assert result.stderr == f"edgetwin: what is --frobnicate? see scripts/{name} --help\n"


def test_without_python_it_says_what_to_type(clone, machine):
    result = run(clone / "scripts" / "test", path=machine)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("type: sudo apt-get install python3 python3-venv\n")


def test_an_old_python_is_as_good_as_none(clone, machine):
    program(machine, "python3", "#!/bin/sh\nexit 1\n")
    result = run(clone / "scripts" / "demo", path=machine)
    assert result.returncode == 1
    assert "Python 3.11 or newer is missing" in result.stderr


def test_all_missing_packages_are_named_at_once(clone, machine):
    program(machine, "python3", '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\n')
    program(machine, "apt-get", "#!/bin/sh\nexit 1\n")
    program(machine, "sudo", "#!/bin/sh\nexit 1\n")
    # Programs that Debian keeps in sbin are found there although PATH does not name it.
    server = [] if any(shutil.which("mosquitto", path=place) for place in ("/usr/sbin", "/sbin")) else ["mosquitto"]
    result = run(clone / "scripts" / "test", path=machine)
    assert result.returncode == 1
    wanted = " ".join([*server, "python3-venv"])
    assert result.stderr == f"edgetwin: something is missing; type: sudo apt-get install {wanted}\n"
    assert not (clone / ".venv").exists()


def test_a_failing_step_shows_what_went_wrong_and_leaves_no_ready_mark(clone, machine):
    fails = '#!/bin/sh\ncase "$*" in -V) echo Python 3.11.2 ;; *"-m venv"*) echo the disk is full; exit 1 ;; esac\n'
    program(machine, "python3", fails)
    (machine / "flock").symlink_to(shutil.which("flock"))
    result = run(clone / "scripts" / "demo", path=machine)
    assert result.returncode == 1
    assert "the disk is full" in result.stderr
    assert result.stdout == ""
    assert not list(clone.glob(".venv/ready.*"))


def test_what_is_ready_is_not_made_again(clone, machine):
    """The environment is complete when the mark inside it fits the lock files; then nothing but the program runs."""
    venv = clone / ".venv" / "bin"
    venv.mkdir(parents=True)
    inside = f'#!/bin/sh\ncase "$1" in -c) exec {sys.executable} "$@" ;; *) echo \'ran:\' "$@" ;; esac\n'
    program(venv, "python", inside)
    mark = run("/bin/sh", "-c", '. "$0"; fingerprint', str(clone / "scripts" / "lib.sh")).stdout
    (clone / ".venv" / "ready.dev").write_text(mark, encoding="utf-8")
    result = run(clone / "scripts" / "demo", "--json", path=machine)
    assert (result.stdout, result.stderr) == ("ran: -P -m demo --json\n", "")
    (clone / "pyproject.toml").write_text("changed", encoding="utf-8")
    assert run(clone / "scripts" / "demo", "--json", path=machine).returncode == 1


def test_only_root_installs(clone, machine):
    result = run(clone / "scripts" / "install", path=machine)
    assert result.returncode == 1
    assert result.stderr == f"edgetwin: this needs root; type: sudo {clone / 'scripts' / 'install'}\n"
