"""How a part is wired to the header of a Raspberry Pi, and what has to be switched on for it. Pure."""

from __future__ import annotations

from drivers.base import BusKind, Driver

BY_BUS = {
    BusKind.I2C: "SDA to GPIO2 (pin 3), SCL to GPIO3 (pin 5), pulled up to 3.3 V and not to 5 V, ground; "
    "dtparam=i2c_arm=on",
    BusKind.SERIAL: "its TX to GPIO15 (pin 10), its RX to GPIO14 (pin 8), ground; enable_uart=1, and no login shell "
    "on the port; or a USB adapter (/dev/ttyUSB0)",
    BusKind.GPIO: "a pin takes 3.3 V at most, and gives some mA; numbers are those of the GPIO, not of the place on "
    "the header",
    BusKind.ONEWIRE: "data to GPIO4 (pin 7), 4.7 kOhm from there to 3.3 V (pin 1), ground; dtoverlay=w1-gpio",
    BusKind.MODBUS: "A to A and B to B of an RS-485 adapter, 120 Ohm between them at both ends of a long line; or TCP",
    BusKind.SYSFS: "a driver of the kernel has it: the wires and the dtoverlay in config.txt are as that one needs",
    BusKind.SPI: "SCLK to GPIO11 (pin 23), MOSI to GPIO10 (pin 19), MISO to GPIO9 (pin 21), select to GPIO8 (CE0, "
    "pin 24) or GPIO7 (CE1, pin 26), signals of 3.3 V, ground; dtparam=spi=on",
}
"""What holds for every part on such a bus. Source: the pinout and the overlays of the Raspberry Pi's documentation."""

FIVE_VOLT_SUPPLY = "its supply is 5 V (pin 2), its signals are 3.3 V"
BY_DRIVER = {
    "digital_input": "a contact goes between the pin and ground, with `pull: up`",
    "digital_output": "a relay or valve needs a board or transistor of its own between",
    "hcsr04": "an HC-SR04 with 5 V answers with 5 V: 1 kOhm from Echo to the pin, 2 kOhm from there to ground",
    "host": "nothing",
    "hx711": "supply of 3.3 V: its data line has the level of its supply",
    "iio": "a DHT11 or DHT22: data to GPIO4, 10 kOhm from there to 3.3 V, and dtoverlay=dht11,gpiopin=4",
    "mhz19": FIVE_VOLT_SUPPLY,
    "pms5003": FIVE_VOLT_SUPPLY,
    "pulse_counter": "S0 or reed contact: + to the pin, - to ground, with `pull: up`",
    "pwm_output": "a lamp, fan or heater needs a transistor or solid-state relay between",
    "rc522": "supply of 3.3 V and not 5 V; SDA is the select, RST goes to 3.3 V, IRQ stays open",
    "sds011": FIVE_VOLT_SUPPLY,
    "servo": "supply of its own, its ground joined with that of the board",
}
"""Driver -> what is to be known besides."""


def wiring(driver: type[Driver]) -> str:
    """How the part of `driver` is wired, in a few words."""
    if driver.bus_kind is BusKind.SYSFS and driver.name in BY_DRIVER:
        return BY_DRIVER[driver.name]
    return "; ".join(part for part in (BY_BUS[driver.bus_kind], BY_DRIVER.get(driver.name, "")) if part)
