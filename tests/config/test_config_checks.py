"""What has to agree between the parts of a site: every mistake is told with its place and what is allowed."""

from __future__ import annotations

import pytest

from tests.config.samples import CLIMATE, ROOM, changed, climate, heater, link, more, problems_of, room

DEVICES = [
    (
        changed(("driver: sht4x", "driver: sht4")),
        "site.yaml:7:18: devices.room.driver: unknown driver 'sht4'; did you mean 'sht4x'?",
    ),
    (
        changed(("driver: sht4x", "driver: SHT31")),
        "devices.room.driver: unknown driver 'SHT31'; did you mean sht3x (Sensirion SHT30, SHT31, SHT35)?",
    ),
    (changed(("driver: sht4x", "driver: tca9548a")), "a multiplexer is written in `bus`, as i2c-1/0x70/3"),
    (changed(("driver: sht4x", "driver: toaster")), "unknown driver 'toaster'; `edgetwin drivers` lists all"),
    (changed(("driver: sht4x, ", "")), "site.yaml:7:3: devices.room.driver: missing"),
    (changed(("driver: sht4x", "drivr: sht4x")), "devices.room.drivr: unknown key; did you mean 'driver'?"),
    (changed((ROOM, "room: sht4x")), "devices.room: found 'sht4x', allowed a mapping"),
    (changed((ROOM, "room:")), "devices.room: found nothing, allowed a mapping"),
    (
        changed(("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: i2c1")),
        "devices.room.bus: unknown bus 'i2c1'; did you mean 'i2c-1'?",
    ),
    (changed(("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: zzz")), "unknown bus 'zzz'; allowed: i2c-1"),
    (
        changed(("driver: pms5003, bus: uart", "driver: hwmon, bus: uart")),
        "hwmon is on a bus of kind sysfs; there is none yet: write `sysfs: {kind: sysfs}` under buses",
    ),
    (
        changed(("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: uart")),
        "found 'uart', a bus of kind serial; sht4x is on a bus of kind i2c; allowed: i2c-1",
    ),
    (
        changed(("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: i2c-1/0x70/8")),
        "devices.room.bus: 'i2c-1/0x70/8' is no channel of a multiplexer, which is written BUS/0x70/3",
    ),
    (
        changed(("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: i2c1/0x70/3")),
        "devices.room.bus: unknown bus 'i2c1'; did you mean 'i2c-1'?",
    ),
    (
        changed(("driver: pms5003, bus: uart", "driver: pms5003, bus: uart/0x70/3")),
        "'uart/0x70/3' is behind a multiplexer, which only an i2c bus has",
    ),
    (
        changed(
            ("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: i2c-1/0x70/3"),
            ("soil: {driver: ads1115", "soil: {driver: sht4x"),
        ),
        "address 0x44 of 'i2c-1' is taken by 'room'; what is in front of a multiplexer is heard behind it too",
    ),
    (
        changed(
            ("driver: sht4x, bus: i2c-1", "driver: sht4x, bus: i2c-1/0x70/3"),
            (
                "soil: {driver: ads1115",
                "soil: {address: 0x70, outputs: {a: {output: 1}}, safe: {a: 0}, driver: pca9685",
            ),
        ),
        "address 0x70 of 'i2c-1' is taken by the multiplexer of 'room'",
    ),
    (
        changed(("soil: {driver: ads1115", "soil: {driver: sht4x")),
        "site.yaml:8:3: devices.soil.address: address 0x44 of 'i2c-1' is taken by 'room'; every device needs a place",
    ),
    (changed(("pin: 17", "pin: 27")), "site.yaml:11:54: devices.heater.pin: pin 27 of 'header' is taken by 'door'"),
    (
        more("").replace("  door:", "  gap: {driver: hcsr04, bus: header, trigger: 5, echo: 17}\n  door:"),
        "devices.door.pin: pin 17 of 'header' is taken by 'gap'",
    ),
    (
        more("").replace("  door:", "  dust: {driver: pms5003, bus: uart}\n  door:"),
        "devices.dust.bus: the line 'uart' is taken by 'air'",
    ),
    (
        room("channels: {temprature: {}}"),
        "devices.room.channels.temprature: unknown channel 'temprature'; did you mean 'temperature'?",
    ),
    (room("channels: {x: {}}"), "unknown channel 'x'; allowed: temperature, humidity"),
    (
        room("channels: {temperature: {deadband: 1}}"),
        "devices.room.channels.temperature.deadband: does nothing in mode realtime",
    ),
    (
        room("channels: {temperature: {calibrate: {points: [[0, 1], [10, 0.5], [20, 4]]}}}"),
        "devices.room.channels.temperature.calibrate.points.1: found 0.5 after 1; allowed: rising throughout",
    ),
    (
        room("channels: {temperature: {quality: {range: {low: 5, high: 1}}}}"),
        "devices.room.channels.temperature.quality.range.high: found 1; allowed: above low, 5",
    ),
    (
        room("channels: {temperature: {quality: {rate: 2 per second}}}"),
        "temperature.quality.rate: found '2 per second'",
    ),
    (
        changed(
            (
                "soil: {driver: ads1115, bus: i2c-1}",
                "soil: {driver: ads1115, bus: i2c-1, inputs: {x: {pin: A0, scale: 1e300}}}",
            )
        ),
        "devices.soil.inputs.x: scale 1e+300; allowed: 1e-12 to 1e+12, or the same below 0",
    ),
    (room("channels: {temperature: {smooth: {}}}"), "channels.temperature.smooth: one way is needed"),
    (
        changed(("pin: 17", "pin: 17, channels: {closed: {smooth: {mean: 3}}}")),
        "devices.door.channels.closed.smooth: does nothing for a boolean",
    ),
    (
        room("channels: {temperature: {max_silence: 1s}}"),
        "channels.temperature.max_silence: does nothing in mode realtime",
    ),
    (
        changed(("pin: 17", "pin: 17, channels: {closed: {mode: event, deadband: 1}}")),
        "devices.door.channels.closed.deadband: does nothing for a boolean",
    ),
    (
        room("channels: {temperature: {conflict: merge}}"),
        "channels.temperature.conflict: does nothing for a channel that is only read",
    ),
    (
        heater("pin: 27"),
        "site.yaml:11:3: devices.heater.safe.on: missing: the value when control is lost; allowed: true or false",
    ),
    (heater("pin: 27, safe: {}"), "devices.heater.safe.on: missing"),
    (heater("pin: 27, safe: off"), "devices.heater.safe: found 'off', allowed a mapping"),
    (heater("pin: 27, safe: {on: 0}"), "devices.heater.safe.on: found '0', allowed true or false, on or off"),
    (heater("pin: 27, safe: {on: 'off'}"), "devices.heater.safe.on: found the text 'off', allowed true or false"),
    (heater("pin: 27, safe: {on: {}}"), "devices.heater.safe.on: found a mapping, allowed true or false"),
    (heater("pin: 27, safe: {on: off, of: off}"), "devices.heater.safe.of: unknown channel 'of'; "),
    (room("safe: {temperature: 20}"), "devices.room.safe.temperature: channel 'temperature' cannot be written"),
    (changed(("kind: gpio", "kind: gpio, baud: 9600")), "buses.header.baud: does nothing on a bus of kind gpio"),
    (
        changed(("uart: {kind: serial}", "uart: {kind: serial}\n  wire: {kind: i2c}")),
        "site.yaml:5:3: buses.wire.device: the header's own device is taken by the bus 'i2c-1'",
    ),
    (
        changed(("uart: {kind: serial}", "uart: {kind: serial}\n  meters: {kind: modbus}")),
        "buses.meters.device: the header's own device is taken by the bus 'uart'",
    ),
    (
        changed(("uart: {kind: serial}", "uart: {kind: serial}\n  spi0: {kind: spi, device: /dev/spidev0.1}")),
        "buses.spi0.device: found '/dev/spidev0.1', allowed is a controller such as '/dev/spidev0'; ",
    ),
    (changed(("kind: gpio", "kind: gpio, parity: even")), "buses.header.parity: does nothing on a bus of kind gpio"),
    ("gateway: g\nbuses: 5\n", "site.yaml:2:8: buses: found '5', allowed a mapping"),
]
SITE = [
    (climate("low: 18, high: 18"), "thermostats.climate.low: found 18, allowed below high, 18"),
    (climate("low: 30, high: 5"), "thermostats.climate.low: found 30, allowed below high, 5"),
    (climate("setpoint: 31"), "thermostats.climate.setpoint: found 31, allowed 5 to 30"),
    (climate("high: 10"), "site.yaml:13:3: thermostats.climate.setpoint: found 18, allowed 5 to 10"),
    (
        climate("stale_after: 1s"),
        "thermostats.climate.stale_after: found 1s, allowed longer than the sensor is read, every 1s",
    ),
    (changed(("climate:", "room:")), "site.yaml:13:3: thermostats.room: the name 'room' is taken by a device"),
    (
        changed(("sensor: room/temperature", "sensor: rom/temperature")),
        "unknown device 'rom'; did you mean 'room/temperature'?",
    ),
    (
        changed(("sensor: room/temperature", "sensor: room/temprature")),
        "unknown channel 'temprature' of 'room'; did you mean 'temperature'?",
    ),
    (
        changed(("sensor: room/temperature", "sensor: room")),
        "thermostats.climate.sensor: found 'room', allowed a series, device/channel",
    ),
    (
        changed(("sensor: room/temperature", "sensor: room/humidity")),
        "'room/humidity' is in %RH, allowed a temperature in Cel; allowed: room/temperature",
    ),
    (
        changed(("sensor: room/temperature", "sensor: door/closed")),
        "'door/closed' is in a boolean, allowed a temperature",
    ),
    (
        changed(("actuator: heater/on", "actuator: door/closed")),
        "thermostats.climate.actuator: 'door/closed' cannot be written; allowed: heater/on",
    ),
    (changed(("actuator: heater/on", "actuator: heater/off")), "unknown channel 'off' of 'heater'; allowed: on"),
    (changed(("actuator: heater/on", "actuator: cooler/on")), "unknown device 'cooler'"),
    (
        changed((CLIMATE, f"{CLIMATE}\n  night: {{sensor: room/temperature, actuator: heater/on}}")),
        "thermostats.night.actuator: 'heater/on' is switched by the thermostat 'climate'",
    ),
    (link("tls: {cert: /c}"), "site.yaml:14:20: link.tls.cert: is given without 'key'; they come together"),
    (link("tls: {key: /c}"), "link.tls.key: is given without 'cert'"),
    (link("password_file: /p"), "link.password_file: is given without 'username'"),
    (
        link("protocol: 3.1.1, acknowledge: broker, needs_subscriber: true"),
        "link.needs_subscriber: needs MQTT 5: a broker of 3.1.1 does not tell that nobody has subscribed",
    ),
    (link("backoff: 2m"), "link.backoff: found 2m, allowed at most backoff_cap, 1m"),
    (more("world: {seed: 7}"), "site.yaml:14:1: world: does nothing without a simulated bus"),
    (more("world: {sed: 7}"), "world.sed: unknown key; did you mean 'seed'?"),
    (
        changed(("kind: i2c", "kind: i2c, simulated: true")) + "world: {couple: {room/temperatur: room.temperature}}",
        "world.couple.room/temperatur: unknown channel",
    ),
    (
        changed(("kind: i2c", "kind: i2c, simulated: true")) + "world: {faults: {cut: {device: rom, what: absent}}}",
        "world.faults.cut.device: unknown device 'rom'; there are: ",
    ),
    (
        changed(("kind: i2c", "kind: i2c, simulated: true"))
        + "world: {faults: {cut: {device: room, what: brown_out}}}",
        "world.faults.cut.what: found brown_out, on a bus of kind i2c allowed: absent, hung, stuck, corrupt",
    ),
    (
        changed(("kind: i2c", "kind: i2c, simulated: true"))
        + "world: {faults: {cut: {device: room, what: absent, every: 1m}}}",
        "world.faults.cut: every 60 s, which has to be longer than it lasts, 300 s",
    ),
    (
        changed(("kind: i2c", "kind: i2c, simulated: true")) + "world: {couple: {room/temperature: moon.phase}}",
        "world.couple.room/temperature: ",
    ),
]
FILES = [
    ("", "site.yaml: is empty, allowed a mapping that says at least 'gateway: NAME'"),
    ("# nothing\n", "is empty"),
    ("---\n", "site.yaml:2:1: found nothing, allowed a mapping"),
    ("hello", "site.yaml:1:1: found 'hello', allowed a mapping of keys and values"),
    ("[a, b]", "site.yaml:1:1: found a list, allowed a mapping of keys and values"),
    ("a: b: c", "site.yaml:1:5: is not YAML"),
]
CASES = [*DEVICES, *SITE, *FILES]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(text, expected):
    problems = problems_of(text)
    assert [line for line in problems if expected in line], problems


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_nothing_is_said_of_what_only_follows_from_a_mistake(text, expected):
    # A misspelt key or name is missed elsewhere as well; nothing else comes in twos.
    twos = ("did you mean", "missing", "stands twice", "allowed a name")
    assert len(problems_of(text)) <= (2 if any(word in expected for word in twos) else 1)
