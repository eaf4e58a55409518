"""Which word in the configuration means which driver. A driver is loaded when it is first asked for.

Those of other packages are found by `plug_ins`.
"""

from __future__ import annotations

import importlib

from drivers import part_names, plug_ins
from drivers.base import Driver

_DRIVERS = {
    "ads1015": "drivers.ads1115:Ads1015",
    "ads1115": "drivers.ads1115:Ads1115",
    "adxl345": "drivers.adxl345:Adxl345",
    "aht10": "drivers.aht20:Aht10",
    "aht20": "drivers.aht20:Aht20",
    "am2320": "drivers.am2320:Am2320",
    "as3935": "drivers.as3935:As3935",
    "bh1750": "drivers.bh1750:Bh1750",
    "bme280": "drivers.bme280:Bme280",
    "bme680": "drivers.bme680:Bme680",
    "bmp180": "drivers.bmp180:Bmp180",
    "bmp280": "drivers.bme280:Bmp280",
    "bmp388": "drivers.bmp388:Bmp388",
    "bmp390": "drivers.bmp388:Bmp390",
    "ccs811": "drivers.ccs811:Ccs811",
    "digital_input": "drivers.digital_input:DigitalInput",
    "digital_output": "drivers.digital_output:DigitalOutput",
    "dockerpi": "drivers.dockerpi:Dockerpi",
    "ds1307": "drivers.ds1307:Ds1307",
    "ds18b20": "drivers.ds18b20:Ds18b20",
    "ds3231": "drivers.ds3231:Ds3231",
    "dsmr": "drivers.dsmr:Dsmr",
    "ens160": "drivers.ens160:Ens160",
    "hcsr04": "drivers.hcsr04:Hcsr04",
    "host": "drivers.host:Host",
    "htu21d": "drivers.htu21d:Htu21d",
    "hwmon": "drivers.hwmon:Hwmon",
    "hx711": "drivers.hx711:Hx711",
    "i2c_registers": "drivers.i2c_registers:I2cRegisters",
    "iio": "drivers.iio:Iio",
    "ina219": "drivers.ina2xx:Ina219",
    "ina226": "drivers.ina2xx:Ina226",
    "ina260": "drivers.ina2xx:Ina260",
    "ina3221": "drivers.ina3221:Ina3221",
    "lm75": "drivers.thermometers:Lm75",
    "ltr390": "drivers.ltr390:Ltr390",
    "max31855": "drivers.thermocouples:Max31855",
    "max31865": "drivers.max31865:Max31865",
    "max6675": "drivers.thermocouples:Max6675",
    "mcp23008": "drivers.mcp23017:Mcp23008",
    "mcp23017": "drivers.mcp23017:Mcp23017",
    "mcp23s08": "drivers.mcp23s17:Mcp23s08",
    "mcp23s17": "drivers.mcp23s17:Mcp23s17",
    "mcp3004": "drivers.mcp3008:Mcp3004",
    "mcp3008": "drivers.mcp3008:Mcp3008",
    "mcp3204": "drivers.mcp3008:Mcp3204",
    "mcp3208": "drivers.mcp3008:Mcp3208",
    "mcp4725": "drivers.mcp4725:Mcp4725",
    "mcp9808": "drivers.thermometers:Mcp9808",
    "mhz19": "drivers.mhz19:Mhz19",
    "mlx90614": "drivers.mlx90614:Mlx90614",
    "mpu6050": "drivers.mpu6050:Mpu6050",
    "nmea": "drivers.nmea:Nmea",
    "pca9685": "drivers.pca9685:Pca9685",
    "pcf8574": "drivers.pcf8574:Pcf8574",
    "pms5003": "drivers.pms5003:Pms5003",
    "pn532": "drivers.pn532:Pn532",
    "pulse_counter": "drivers.pulse_counter:PulseCounter",
    "pwm_output": "drivers.pwm_output:PwmOutput",
    "rc522": "drivers.rc522:Rc522",
    "rdm6300": "drivers.rdm6300:Rdm6300",
    "register_map": "drivers.register_map:RegisterMap",
    "scd30": "drivers.scd30:Scd30",
    "scd4x": "drivers.scd4x:Scd4x",
    "sds011": "drivers.sds011:Sds011",
    "serial_text": "drivers.serial_text:SerialText",
    "servo": "drivers.servo:Servo",
    "sgp30": "drivers.sgp30:Sgp30",
    "sgp40": "drivers.sgp40:Sgp40",
    "sht3x": "drivers.sht3x:Sht3x",
    "sht4x": "drivers.sht4x:Sht4x",
    "shtc3": "drivers.shtc3:Shtc3",
    "sps30": "drivers.sps30:Sps30",
    "tca9555": "drivers.tca9555:Tca9555",
    "tmp102": "drivers.thermometers:Tmp102",
    "tmp117": "drivers.thermometers:Tmp117",
    "tsl2561": "drivers.tsl2561:Tsl2561",
    "tsl2591": "drivers.tsl2591:Tsl2591",
    "veml6075": "drivers.veml6075:Veml6075",
    "veml7700": "drivers.veml7700:Veml7700",
}


class UnknownDriverError(KeyError):
    """No driver has that name; the text names the nearest ones."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnusableDriverError(UnknownDriverError):
    """Another package has a driver of that name, which cannot be used; the text says which and why."""


def names() -> tuple[str, ...]:
    """Every driver that comes with edgetwin, in alphabetical order."""
    return tuple(sorted(_DRIVERS))


def foreign() -> tuple[str, ...]:
    """Every driver that another package brings and that can be asked for, in alphabetical order."""
    return tuple(sorted(plug_ins.entry_points(plug_ins.DRIVERS).keys() - _DRIVERS.keys()))


def get(name: str) -> type[Driver]:
    """The driver called `name`: a class to call with an open bus and settings of its `settings_type`.

    Those of edgetwin come first: no other package can take their place.

    Raises:
        UnknownDriverError: there is none.
        UnusableDriverError: there is one in another package, which is broken.
    """
    place = _DRIVERS.get(name)
    if place is None:
        return _foreign(name)
    module, _, attribute = place.partition(":")
    found: type[Driver] = getattr(importlib.import_module(module), attribute)
    return found


def _foreign(name: str) -> type[Driver]:
    try:
        found = plug_ins.driver(name)
    except plug_ins.PlugInError as error:
        raise UnusableDriverError(str(error)) from error
    if found is None:
        raise UnknownDriverError(f"unknown driver {name!r}; {_suggestion(name)}")
    return found


def known_as(word: str) -> str:
    """Which driver of edgetwin's reads the part `word`, such as SI7021, or where to write a multiplexer; else nothing.

    Looks into every driver, so it is for a word that is wrong as it stands.
    """
    return part_names.hint(word, {name: get(name).title for name in names()})


def _suggestion(name: str) -> str:
    import difflib  # noqa: PLC0415 - a site without a mistake need not load it

    part = known_as(name)
    if part:
        return part
    known = (*names(), *foreign())
    near = difflib.get_close_matches(name, known, n=2)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"drivers are {', '.join(known)}"
