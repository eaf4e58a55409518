"""`edgetwin safe`: every real output gets its safe value, whatever became of the daemon and of the other outputs."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile

import msgspec
import pytest

from drivers.base import BusError
from drivers.bus import open_bus
from drivers.simulated.i2c import SimulatedMux, SimulatedSMBus
from drivers.simulated.mcp4725 import SimulatedMcp4725
from gateway.cli import last_good, safe
from gateway.cli.run import settled
from gateway.config import load_outputs
from tests.cli.safe_site import SITE, chip, environment, site
from tests.house.source import ROOT
from tests.simulation.virtual_clock import VirtualClock

__all__ = ["chip", "environment", "site"]


def test_every_real_output_gets_its_safe_value_and_nothing_else_is_touched(chip, site, capsys):
    assert safe.main(["--config", str(site)]) == 0
    # The valve is off while its pin is high.
    assert chip.levels() == {27: False, 22: True, 17: True}
    assert capsys.readouterr().out.splitlines() == ["heater/on is False", "valve/on is False", "fan/on is True"]


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ZeroDivisionError("a bug in a driver")])
def test_one_that_fails_is_told_and_does_not_keep_the_others_from_theirs(chip, site, capsys, error):
    chip.broken[27] = error
    assert safe.main(["--config", str(site)]) == 1
    assert chip.levels() == {22: True, 17: True}
    said = capsys.readouterr().err
    assert said.startswith("edgetwin safe: heater: ")
    assert len(said.splitlines()) == 1


def test_an_output_behind_a_multiplexer_gets_its_safe_value_and_only_that(monkeypatch, tmp_path, capsys):
    dacs = [SimulatedMcp4725(VirtualClock()) for _ in range(2)]
    mux = SimulatedMux()
    for channel, dac in enumerate(dacs):
        mux.channels[channel][0x60] = dac
    monkeypatch.setattr(safe, "open_bus", functools.partial(open_bus, backend=lambda: SimulatedSMBus({0x70: mux})))
    file = tmp_path / "site.yaml"
    file.write_text(
        f"gateway: gw\nstore: {{runtime_directory: {tmp_path}}}\nbuses: {{i2c: {{kind: i2c}}}}\ndevices:\n"
        "  valve: {driver: mcp4725, bus: i2c/0x70/1, supply: 4.096, safe: {voltage: 1.0}}\n"
    )
    assert safe.main(["--config", str(file)]) == 0
    assert [dac.code for dac in dacs] == [0x800, 1000]
    assert capsys.readouterr().out == "valve/voltage is 1.0\n"


@pytest.mark.parametrize("error", [BusError("no answer"), KeyError("no answer")])
def test_one_channel_that_fails_does_not_keep_the_others_of_its_part_from_theirs(monkeypatch, site, capsys, error):
    driven = []

    class Part:
        def __init__(self, _bus, _settings):
            pass

        def open(self):
            pass

        def write(self, channel, value):
            if channel == "one":
                raise error
            driven.append((channel, value))
            return value

        def close(self):
            driven.append("closed")

    outputs, _ = load_outputs(site)
    device = msgspec.structs.replace(outputs.devices[0], safe={"one": False, "two": True})
    monkeypatch.setattr(safe.registry, "get", lambda _name: Part)
    assert safe._drive(device, outputs.buses["header"], None) is False
    assert driven == [("two", True), "closed"]
    assert "edgetwin safe: heater/one: " in capsys.readouterr().err


def test_a_file_that_was_broken_while_the_daemon_ran_does_not_keep_outputs_from_their_values(
    chip, site, tmp_path, monkeypatch, capsys
):
    assert settled(["--config", str(site)]) is not None
    site.write_text("gateway: [")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert safe.main(["--config", str(site)]) == 0
    assert chip.levels() == {27: False, 22: True, 17: True}
    assert "site.yaml" in capsys.readouterr().err


def test_an_output_that_was_taken_out_of_the_file_while_the_daemon_ran_is_made_safe_too(chip, site):
    assert settled(["--config", str(site)]) is not None
    kept = [line for line in site.read_text().splitlines() if "fan" not in line]
    site.write_text("\n".join(kept).replace("pin: 22", "pin: 23"))
    assert safe.main(["--config", str(site)]) == 0
    assert chip.levels() == {27: False, 22: True, 17: True, 23: True}


def test_the_copy_is_for_nobody_else_to_read_and_its_lack_is_no_harm(site, tmp_path):
    assert settled(["--config", str(site)]) is not None
    assert (tmp_path / last_good.NAME).stat().st_mode & 0o077 == 0
    (tmp_path / last_good.NAME).unlink()
    assert [len(one.devices) for one in last_good.outputs(str(site))] == [4]


def test_a_bad_configuration_is_told(tmp_path, capsys):
    assert safe.main(["--config", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().err


@pytest.mark.usefixtures("chip")
def test_the_gpio_library_leaves_its_pipe_in_the_runtime_directory_or_in_a_temporary_one(site, monkeypatch):
    safe.main(["--config", str(site)])
    assert os.environ["LG_WD"] == str(site.parent)
    monkeypatch.delenv("LG_WD")
    site.write_text(SITE.format(folder=site.parent / "gone"))
    safe.main(["--config", str(site)])
    assert os.environ["LG_WD"] == tempfile.gettempdir()


def test_the_process_after_the_end_needs_no_store_no_broker_and_no_event_loop(site):
    program = "import sys; from gateway.cli import main; main(['safe', '--config', sys.argv[1]]); print(*sys.modules)"
    text = site.read_text(encoding="utf-8").replace("bus: header", "bus: made-up")
    site.write_text(text, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-c", program, str(site)], check=False, capture_output=True, text=True, cwd=ROOT
    )
    loaded = set(said.stdout.split())
    assert "drivers.digital_output" in loaded, said.stderr
    assert not {"asyncio", "sqlite3", "aiosqlite", "aiomqtt", "paho", "ssl", "structlog"} & loaded
