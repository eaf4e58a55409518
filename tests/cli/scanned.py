"""A machine as the kernel shows it, and I2C buses that keep what they were sent."""

from __future__ import annotations

from drivers.simulated.i2c import SimulatedSMBus


class Recorder(SimulatedSMBus):
    """Keeps what was sent, each as (address, bytes)."""

    def __init__(self, chips, sent):
        super().__init__(chips)
        self.sent = sent

    def _transfer(self, address, sent, count):
        if sent:
            self.sent.append((address, bytes(sent)))
        return super()._transfer(address, sent, count)


def put(root, files):
    """Make files below a root: path -> text; a text that begins with `->` is where a link leads to."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            file.unlink(missing_ok=True)
            file.symlink_to(text.removeprefix("->"))
        else:
            file.write_text(text, encoding="utf-8")


MACHINE = {
    "dev/i2c-1": "",
    "dev/i2c-20": "",
    "sys/bus/i2c/devices/i2c-1/name": "bcm2835 (i2c@7e804000)\n",
    "sys/bus/i2c/devices/i2c-20/name": "fef04500.i2c hdmi ddc\n",
    "sys/bus/i2c/drivers/rtc-ds1307/module": "",
    "sys/bus/i2c/devices/1-0068/driver": "->../../drivers/rtc-ds1307",
    "sys/bus/i2c/devices/1-0069/name": "nobody\n",
    "dev/ttyUSB0": "",
    "dev/ttyAMA0": "",
    "dev/serial0": "->ttyAMA0",
    "dev/serial/by-id/usb-FTDI_FT232R_A1-if00": "->../../ttyUSB0",
    "sys/bus/w1/devices/w1_bus_master1/w1_master_name": "w1_bus_master1\n",
    "sys/bus/w1/devices/28-00000a1b2c3d/w1_slave": "",
    "sys/bus/w1/devices/2d-00000a1b2c3d/eeprom": "",
    "sys/devices/platform/dht11@4/iio:device0/name": "dht11\n",
    "sys/devices/platform/dht11@4/iio:device0/in_temp_input": "21000\n",
    "sys/devices/platform/dht11@4/iio:device0/in_humidityrelative_input": "44000\n",
    "sys/devices/platform/dht11@4/iio:device0/in_what_ever_input": "1\n",
    "sys/bus/iio/devices/iio:device0": "->../../../devices/platform/dht11@4/iio:device0",
    "sys/devices/virtual/thermal/hwmon/hwmon0/name": "cpu_thermal\n",
    "sys/devices/virtual/thermal/hwmon/hwmon0/temp1_input": "48000\n",
    "sys/class/hwmon/hwmon0": "->../../devices/virtual/thermal/hwmon/hwmon0",
    "sys/devices/i2c/1-0048/hwmon/hwmon1/name": "lm75\n",
    "sys/devices/i2c/1-0048/hwmon/hwmon1/temp1_input": "20000\n",
    "sys/class/hwmon/hwmon1": "->../../devices/i2c/1-0048/hwmon/hwmon1",
    "sys/devices/i2c/1-0049/hwmon/hwmon2/name": "lm75\n",
    "sys/devices/i2c/1-0049/hwmon/hwmon2/temp1_input": "21000\n",
    "sys/class/hwmon/hwmon2": "->../../devices/i2c/1-0049/hwmon/hwmon2",
    "sys/class/hwmon/hwmon3/name": "nothing_to_read\n",
    "dev/gpiochip0": "",
    "sys/bus/gpio/devices/gpiochip0/label": "pinctrl-bcm2711\n",
}
"""A small board with something of everything."""
