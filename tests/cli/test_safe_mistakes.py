"""`edgetwin safe` by a configuration with mistakes: what is right counts, and each output that is left out is named."""

from __future__ import annotations

import pytest

from gateway.cli import last_good, safe
from gateway.cli.run import settled
from tests.cli.safe_site import chip, environment, site
from tests.drivers.plug_in_packages import GOOD, install

__all__ = ["chip", "environment", "install", "site"]

MISTAKES = """
thermostats: {climate: {sensor: room/temperature}}
rules: {night: {at: never}}
link: {host: [], prot: 1}
"""


def test_mistakes_that_concern_no_output_are_told_and_keep_none_from_its_value(chip, site, capsys):
    site.write_text(site.read_text() + MISTAKES)
    assert safe.main(["--config", str(site)]) == 0
    assert chip.levels() == {27: False, 22: True, 17: True}
    said = capsys.readouterr().err
    for key in ("thermostats.climate.actuator", "rules.night", "link.prot"):
        assert key in said
    assert "left" not in said


@pytest.mark.parametrize("text", ["pim: 27", "pin: 27, adress: 1", "pin: many", "pin: 27, pin: 28"])
def test_an_output_with_a_mistake_is_left_out_and_the_others_get_their_values(chip, site, capsys, text):
    site.write_text(site.read_text().replace("pin: 27", text))
    assert safe.main(["--config", str(site)]) == 1
    assert chip.levels() == {22: True, 17: True}
    *told, last = capsys.readouterr().err.splitlines()
    assert all(f"{site}:9:" in line and "devices.heater" in line for line in told)
    assert last.startswith(f"edgetwin safe: {site}:9:3: devices.heater: is left as it is")


@pytest.mark.parametrize("code", ["1 / 0", "raise SystemExit(3)", "import no_such_library"])
@pytest.mark.parametrize("edited", [False, True])
def test_a_driver_that_went_bad_while_the_daemon_ran_keeps_only_its_own_device_from_its_value(
    chip, site, tmp_path, capsys, install, code, edited
):
    foreign = site.read_text() + "  dosing: {driver: good, bus: i2c, safe: {run: false}}\n"
    site.write_text(foreign)
    install(code=code)
    # As the daemon leaves it that began when the driver was still good.
    (tmp_path / last_good.NAME).write_text(foreign)
    if edited:
        site.write_text("gateway: [")
    assert safe.main(["--config", str(site)]) == 1
    assert chip.levels() == {27: False, 22: True, 17: True}
    said = capsys.readouterr().err
    assert "driver 'good' of vendor 1.2 cannot be loaded" in said
    place = tmp_path / last_good.NAME if edited else site
    assert f"edgetwin safe: {place}:14:3: devices.dosing: is left as it is" in said


def test_what_is_left_out_of_a_file_that_the_daemon_never_ran_by_is_told_and_is_no_failure(chip, site, capsys):
    assert settled(["--config", str(site)]) is not None
    site.write_text(site.read_text().replace("pin: 27", "pim: 27"))
    assert safe.main(["--config", str(site)]) == 0
    assert chip.levels() == {27: False, 22: True, 17: True}
    assert "devices.heater: is left as it is" in capsys.readouterr().err


@pytest.mark.parametrize("error", ["KeyError('no')", "SystemExit(3)"])
def test_a_driver_that_raises_anything_keeps_only_its_own_device_from_its_value(chip, site, capsys, install, error):
    output = GOOD.replace('unit="Cel"', "kind=ValueKind.BOOLEAN, writable=True").replace(
        "Channel,", "Channel, ValueKind,"
    )
    install(code=output.replace("pass", f"raise {error}"))
    device = "  dosing: {driver: good, bus: i2c, safe: {temperature: false}}\n"
    site.write_text(site.read_text().replace("devices:\n", f"devices:\n{device}"))
    assert safe.main(["--config", str(site)]) == 1
    assert chip.levels() == {27: False, 22: True, 17: True}
    assert f"edgetwin safe: dosing: {error}" in capsys.readouterr().err
