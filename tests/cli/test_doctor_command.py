"""`edgetwin doctor`: every fault of a machine is named with what to do about it, and a good machine is called good."""

from __future__ import annotations

import json
import os
import stat

import pytest

from gateway.cli.doctor import WIDTH, examine, lines_of, main
from gateway.cli.finding import Level, Machine, User, may_use, user_of
from gateway.config import load
from gateway.core.reading import ClockState
from tests.cli.scanned import put

SITE = """
gateway: g
store: {quota: 64MB}
buses:
  wire: {kind: i2c}
  line: {kind: serial}
  header: {kind: gpio}
  w1: {kind: onewire}
  kernel: {kind: sysfs}
  air: {kind: modbus, device: 'tcp://meter:502'}
  desk: {kind: i2c, device: /dev/i2c-9, simulated: true}
devices:
  room: {driver: sht4x, bus: wire}
  gas: {driver: scd30, bus: wire}
  time: {driver: ds3231, bus: wire}
"""
GOOD = {
    "dev/i2c-1": "",
    "dev/ttyAMA0": "",
    "dev/serial0": "->ttyAMA0",
    "dev/gpiochip0": "",
    "sys/bus/w1/devices/w1_bus_master1/w1_master_name": "w1_bus_master1\n",
    "sys/bus/i2c/devices/i2c-1/name": "i2c-gpio\n",
    "sys/class/hwmon/hwmon0/name": "rpi_volt\n",
    "sys/class/hwmon/hwmon0/in0_lcrit_alarm": "0\n",
    "proc/cmdline": "console=tty1 root=PARTUUID=1 rootwait\n",
    "proc/mounts": "/dev/root / ext4 rw,noatime 0 0\ntmpfs /run tmpfs rw,nosuid 0 0\n",
}
BAD_BITS = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE, encoding="utf-8")
    return file


@pytest.fixture
def machine_of(tmp_path):
    def make(free_bytes=8 * 10**9, clock=ClockState.SYNCHRONISED, **changed):
        root = tmp_path / "root"
        files = {path: text for path, text in GOOD.items() if changed.get(path, "") is not None}
        put(root, files | {path: text for path, text in changed.items() if text is not None})
        user = User("pi", os.getuid(), frozenset({os.getgid()}))
        return Machine(user=user, clock_state=clock, root=root, free_bytes=lambda _path: free_bytes)

    return make


def found(machine, site):
    """What is not good, by name: level, what and what to do in one text."""
    return {
        (one.name, one.level.value): f"{one.what} -> {one.todo}"
        for one in examine(machine, site)
        if one.level is not Level.OK
    }


def test_a_good_machine_is_good_and_every_bus_that_is_no_simulated_one_was_looked_at(machine_of, site):
    findings = list(examine(machine_of(), load(site)))
    assert [one for one in findings if one.level is not Level.OK or one.todo] == []
    names = [one.name for one in findings]
    assert names == ["bus wire", "bus line", "bus header", "bus w1", "supply", "clock", "store", "room"]


@pytest.mark.parametrize(("changed", "name", "level", "told"), [
    ({"dev/i2c-1": None}, "bus wire", "problem", "/dev/i2c-1 is not there -> switch I2C on"),
    ({"dev/gpiochip0": None}, "bus header", "problem", "gpiochip is not there"),
    ({"dev/ttyAMA0": None, "dev/serial0": None}, "bus line", "problem", "/dev/serial0 is not there -> plug it in"),
    ({"sys/bus/w1/devices/w1_bus_master1/w1_master_name": None}, "bus w1", "problem", "dtoverlay=w1-gpio"),
    ({"sys/bus/i2c/drivers/rtc-ds1307/module": "", "sys/bus/i2c/devices/1-0068/driver": "->../../drivers/rtc-ds1307"},
     "device time", "problem", "0x68 on wire belongs to the kernel's driver rtc-ds1307 -> remove its dtoverlay"),
    ({"sys/bus/i2c/devices/i2c-1/name": "bcm2835 (i2c@7e804000)\n"},
     "device gas", "warning", "mishandles at 100000 bit/s -> dtparam=i2c_arm_baudrate=50000"),
    ({"proc/cmdline": "console=ttyAMA0,115200 console=tty1\n"},
     "bus line", "problem", "the kernel's console is on /dev/serial0 -> remove console=ttyAMA0"),
    ({"sys/class/hwmon/hwmon0/in0_lcrit_alarm": "1\n"}, "supply", "warning", "-> a stronger supply"),
    ({"clock": ClockState.UNSYNCHRONISED}, "clock", "warning", "-> `timedatectl set-ntp true`"),
    ({"proc/mounts": "/dev/root / ext4 ro 0 0\n/dev/sda /run tmpfs rw 0 0\n"}, "store", "problem", "is read-only"),
    ({"proc/mounts": "overlay / overlay rw 0 0\ntmpfs /run tmpfs rw 0 0\n"}, "store", "warning", "is in memory"),
    ({"proc/mounts": "/dev/root / ext4 rw 0 0\n/dev/sda1 /var/lib vfat rw 0 0\ntmpfs /run tmpfs rw 0 0\n"},
     "store", "warning", "/var/lib/edgetwin (vfat) is no place for a database"),
    ({"proc/mounts": "/dev/root / ext4 rw 0 0\n"}, "runtime", "warning", "every reading is written there"),
    ({"free_bytes": 100_000_000}, "room", "warning", "100MB are free, the quota is 64MB -> make room"),
    ({"free_bytes": 10_000_000}, "room", "problem", "10MB are free"),
])  # fmt: skip
def test_a_fault_is_the_only_one_that_is_told_and_with_what_to_do(machine_of, site, changed, name, level, told):
    faults = found(machine_of(**changed), load(site))
    assert list(faults) == [(name, level)]
    assert told in faults[name, level]
    assert not faults[name, level].endswith("-> ")


def test_a_slow_bus_is_right_for_a_part_that_holds_the_clock(machine_of, site):
    machine = machine_of(**{"sys/bus/i2c/devices/i2c-1/name": "bcm2835 (i2c@7e804000)\n"})
    frequency = machine.root / "sys/bus/i2c/devices/i2c-1/of_node/clock-frequency"
    frequency.parent.mkdir()
    frequency.write_bytes((50_000).to_bytes(4))
    assert found(machine, load(site)) == {}


def test_a_disk_that_is_mounted_over_another_is_the_one_that_counts(machine_of, site):
    mounts = (
        "/dev/root / ext4 ro 0 0\n/dev/sda1 /var/lib/edgetwin ext4 rw 0 0\n/dev/sdb /var/lib/edge vfat rw 0 0\n"
        "tmpfs /run tmpfs rw 0 0\nnonsense\n"
    )
    assert found(machine_of(**{"proc/mounts": mounts}), load(site)) == {}


@pytest.mark.parametrize(("bits", "todo"), [
    (BAD_BITS, "`sudo usermod -aG"),
    (stat.S_IRUSR | stat.S_IWUSR, "a rule of udev"),
])  # fmt: skip
def test_a_file_that_the_user_may_not_use_is_told_with_the_group_or_the_rule_that_lacks(machine_of, site, bits, todo):
    machine = machine_of()
    (machine.root / "dev/i2c-1").chmod(bits)
    stranger = Machine(
        user=User("stranger", 54321, frozenset({54321})),
        clock_state=machine.clock_state,
        root=machine.root,
        free_bytes=machine.free_bytes,
    )
    for name in ("ttyAMA0", "gpiochip0"):
        (machine.root / "dev" / name).chmod(0o666)
    faults = found(stranger, load(site))
    assert list(faults) == [("bus wire", "problem")]
    assert "/dev/i2c-1 may not be used by stranger" in faults["bus wire", "problem"]
    assert todo in faults["bus wire", "problem"]


@pytest.mark.parametrize(("uid", "gids", "mode", "may"), [
    (0, set(), 0o000, True),
    (7, set(), 0o600, True),
    (7, {8}, 0o060, False),
    (9, {8}, 0o660, True),
    (9, {8}, 0o606, False),
    (9, {10}, 0o660, False),
    (9, {10}, 0o666, True),
    (9, {10}, 0o664, False),
])  # fmt: skip
def test_who_may_use_a_file_of_user_7_and_group_8(uid, gids, mode, may):
    assert may_use(User("x", uid, frozenset(gids)), mode, 7, 8) is may


def test_without_a_configuration_it_tells_which_buses_there_are(machine_of):
    findings = {one.name: one for one in examine(machine_of(), None)}
    assert findings["i2c"].what == "/dev/i2c-1"
    assert (findings["spi"].level, findings["spi"].what) == (Level.NOTE, "is not switched on")
    assert "do_spi" in findings["spi"].todo


def test_the_exit_status_is_that_of_the_worst(machine_of, site, capsys):
    assert main(["--config", str(site)], machine_of()) == 0
    assert main(["--config", str(site)], machine_of(clock=ClockState.UNSYNCHRONISED)) == 0
    broken = machine_of()
    (broken.root / "dev/i2c-1").unlink()
    assert main(["--config", str(site)], broken) == 1
    out = capsys.readouterr().out
    assert "problem  bus wire       /dev/i2c-1 is not there" in out
    assert max(map(len, out.splitlines())) <= WIDTH


def test_for_programs_it_is_json(machine_of, site, capsys):
    assert main(["--config", str(site), "--json"], machine_of(clock=ClockState.UNSYNCHRONISED)) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["good"], document["user"]) == (True, "pi")
    (warning,) = [one for one in document["findings"] if one["level"] != "ok"]
    assert warning["name"] == "clock"
    assert set(warning) == {"name", "level", "what", "todo"}


def test_every_finding_is_shown_in_lines_that_fit(machine_of):
    findings = list(examine(machine_of(clock=ClockState.UNSYNCHRONISED), None))
    lines = list(lines_of(findings))
    assert max(map(len, lines)) <= WIDTH
    assert all(any(one.what[:20] in line for line in lines) for one in findings)


def test_a_bad_configuration_is_told_as_by_check(tmp_path, capsys):
    file = tmp_path / "site.yaml"
    file.write_text("gateway: '!'\n", encoding="utf-8")
    assert main(["--config", str(file)]) == 1
    assert f"{file}:1:" in capsys.readouterr().err


def test_a_user_that_there_is_not_is_a_mistake_of_the_words(capsys):
    assert main(["--user", "nobody-of-that-name"]) == 2
    assert "there is no user 'nobody-of-that-name'" in capsys.readouterr().err
    assert user_of("root").uid == 0
