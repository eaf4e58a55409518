"""`edgetwin run`: what it says and how it ends, for people and for the service manager."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import gateway.app.run
import gateway.cli.logs
from demo.site import make_site
from gateway.cli import run
from gateway.errors import StoreError
from gateway.store.files import locked
from tests.mosquitto import free_port

HOUSE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """The logging of this process stays what it is."""
    monkeypatch.setattr(gateway.cli.logs, "configure", lambda _settings: None)


@pytest.fixture
def site_file(tmp_path):
    file = tmp_path / "site.yaml"
    make_site(file, port=free_port(), store=tmp_path / "store", runtime=tmp_path / "run")
    return str(file)


def test_every_problem_is_told_at_once(tmp_path, capfd):
    file = tmp_path / "bad.yaml"
    file.write_text("gateway: g/x\nlink: {port: 0}\nstore: {commit_every: soon}\n", encoding="utf-8")
    assert run.main(["--config", str(file)]) == 78
    err = capfd.readouterr().err
    assert all(f"{file}:{line}:" in err for line in (1, 2, 3))


def test_a_store_in_use_is_told_with_what_to_do_about_it(tmp_path, site_file, capsys):
    with locked(tmp_path / "store"):
        assert run.main(["--config", site_file]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    first, hint = err.splitlines()
    assert first == f"edgetwin: another edgetwin has the store in {tmp_path / 'store'}"
    assert hint.startswith("  ")
    assert "store.directory" in hint


def test_an_error_without_a_hint_is_one_line(site_file, monkeypatch, capsys):
    async def fail(_site, _stop):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(gateway.app.run, "run", fail)
    assert run.main(["--config", site_file]) == 1
    assert capsys.readouterr().err == "edgetwin: the disk is gone\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_an_orderly_stop(site_file, monkeypatch, number):
    stopped = []

    async def wait(site, stop):
        os.kill(os.getpid(), number)
        async with asyncio.timeout(10):
            await stop.wait()
        stopped.append(site.gateway)

    monkeypatch.setattr(gateway.app.run, "run", wait)
    assert run.main(["--config", site_file]) == 0
    assert stopped == ["greenhouse-1"]


def test_the_version_is_said_without_loading_a_room():
    script = (
        "import runpy, sys\nsys.argv[1:] = ['--version']\n"
        "try:\n    runpy.run_module('gateway', run_name='__main__')\n"
        "finally:\n    print(*(name for name in ('asyncio', 'aiomqtt', 'structlog', 'drivers') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert done.stdout == f"edgetwin {project['version']}\n\n"


REAL = """
gateway: g
store: {{directory: {folder}/store, runtime_directory: {folder}/run}}
buses: {{i2c-1: {{kind: i2c}}, line: {{kind: serial}}}}
devices:
  room: {{driver: sht4x, bus: i2c-1}}
  dust: {{driver: pms5003, bus: line}}
"""


@pytest.mark.parametrize("fake", [False, True])
def test_on_fake_hardware_every_bus_is_simulated_and_no_output_is_made_safe_by_it(tmp_path, fake):
    file = tmp_path / "site.yaml"
    file.write_text(REAL.format(folder=tmp_path), encoding="utf-8")
    site = run.settled(["--config", str(file), *["--fake-hardware"][:fake]])
    assert [bus.simulated for bus in site.buses] == [fake, fake]
    assert (tmp_path / "run" / "configuration.yaml").exists() is not fake
