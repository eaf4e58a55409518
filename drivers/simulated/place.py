"""Where a model is put: what the maker of a chip is given, and where the makers are."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drivers import plug_ins
from drivers.base import Clock
from drivers.simulated.i2c import Chip

Source = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Place:
    """One configured device, its surroundings, and how its channels hang on them."""

    settings: Any
    """Of the driver's settings type."""
    clock: Clock
    probe: Callable[[str], Source]
    """What the channel of that name measures, in the unit of `quantity_unit`."""
    quantity_unit: Callable[[str], str]
    """The unit of the quantity that the channel of that name hangs on."""
    coupled: Callable[[str], bool] = lambda _: True
    """Whether the channel of that name hangs on anything."""
    state: Callable[[str], Callable[[], bool]] = lambda _: bool
    """Whether what the channel of that name sees is so."""
    drive: Callable[[str], Callable[[float], None]] = lambda _: lambda _share: None
    """What the channel of that name moves, by a share of its power; a switch, by all or nothing."""
    around: Callable[[str], Source] = lambda _: float
    """A quantity of the surroundings by its own name, where no channel has its unit."""


I2C_MODELS = {
    "ads1015": "drivers.simulated.ads1115:place_ads1015",
    "ads1115": "drivers.simulated.ads1115:place",
    "adxl345": "drivers.simulated.motion:place_adxl345",
    "aht10": "drivers.simulated.aht20:place_aht10",
    "aht20": "drivers.simulated.aht20:place",
    "am2320": "drivers.simulated.am2320:place",
    "as3935": "drivers.simulated.as3935:place",
    "bh1750": "drivers.simulated.bh1750:place",
    "bme280": "drivers.simulated.bme280:place",
    "bme680": "drivers.simulated.bme680:place",
    "bmp180": "drivers.simulated.bmp180:place",
    "bmp280": "drivers.simulated.bme280:place_bmp280",
    "bmp388": "drivers.simulated.bmp388:place",
    "bmp390": "drivers.simulated.bmp388:place_bmp390",
    "ccs811": "drivers.simulated.ccs811:place",
    "dockerpi": "drivers.simulated.dockerpi:place",
    "ds1307": "drivers.simulated.ds1307:place",
    "ds3231": "drivers.simulated.ds3231:place",
    "ens160": "drivers.simulated.ens160:place",
    "htu21d": "drivers.simulated.htu21d:place",
    "i2c_registers": "drivers.simulated.i2c_registers:place",
    "ina219": "drivers.simulated.ina2xx:place",
    "ina226": "drivers.simulated.ina2xx:place_ina226",
    "ina260": "drivers.simulated.ina2xx:place_ina260",
    "ina3221": "drivers.simulated.ina3221:place",
    "lm75": "drivers.simulated.thermometers:place_lm75",
    "ltr390": "drivers.simulated.ltr390:place",
    "mcp23008": "drivers.simulated.expanders:place_mcp23008",
    "mcp23017": "drivers.simulated.expanders:place_mcp23017",
    "mcp4725": "drivers.simulated.mcp4725:place",
    "mcp9808": "drivers.simulated.thermometers:place_mcp9808",
    "mlx90614": "drivers.simulated.mlx90614:place",
    "mpu6050": "drivers.simulated.motion:place_mpu6050",
    "pca9685": "drivers.simulated.pca9685:place",
    "pcf8574": "drivers.simulated.expanders:place_pcf8574",
    "scd30": "drivers.simulated.scd:place_scd30",
    "scd4x": "drivers.simulated.scd:place",
    "sgp30": "drivers.simulated.sgp:place",
    "sgp40": "drivers.simulated.sgp:place_sgp40",
    "sht3x": "drivers.simulated.sht3x:place",
    "sht4x": "drivers.simulated.sht4x:place",
    "shtc3": "drivers.simulated.shtc3:place",
    "sps30": "drivers.simulated.sps30:place",
    "tca9555": "drivers.simulated.expanders:place_tca9555",
    "tmp102": "drivers.simulated.thermometers:place_tmp102",
    "tmp117": "drivers.simulated.thermometers:place_tmp117",
    "tsl2561": "drivers.simulated.tsl2561:place",
    "tsl2591": "drivers.simulated.tsl2591:place",
    "veml6075": "drivers.simulated.veml6075:place",
    "veml7700": "drivers.simulated.veml7700:place",
}
"""Driver -> the function that makes its model; loaded when a device needs it."""

MODELS = {
    "host": "drivers.simulated.kernel:place_host",
    "hwmon": "drivers.simulated.kernel:place_hwmon",
    "iio": "drivers.simulated.kernel:place_iio",
    "serial_text": "drivers.simulated.serial_text:place",
    "mhz19": "drivers.simulated.mhz19:place",
    "sds011": "drivers.simulated.sds011:place",
    "nmea": "drivers.simulated.nmea:place",
    "pn532": "drivers.simulated.pn532:place",
    "dsmr": "drivers.simulated.dsmr:place",
    "rdm6300": "drivers.simulated.rdm6300:place",
    "register_map": "drivers.simulated.register_map:place",
    "ds18b20": "drivers.simulated.ds18b20:place",
    "rc522": "drivers.simulated.rc522:place",
    "max31855": "drivers.simulated.thermocouples:place",
    "max31865": "drivers.simulated.max31865:place",
    "max6675": "drivers.simulated.thermocouples:place_max6675",
    "mcp23s08": "drivers.simulated.expanders:place_mcp23s08",
    "mcp23s17": "drivers.simulated.expanders:place_mcp23s17",
    "mcp3004": "drivers.simulated.mcp3008:place",
    "mcp3008": "drivers.simulated.mcp3008:place",
    "mcp3204": "drivers.simulated.mcp3008:place_mcp3208",
    "mcp3208": "drivers.simulated.mcp3008:place_mcp3208",
}
"""The same for drivers on buses of other kinds, whose models are of other types."""

Maker = Callable[[Place], Chip]


def i2c_maker(driver: str) -> Maker | None:
    """What makes the model of that driver's part; None where there is no model."""
    where = I2C_MODELS.get(driver)
    made: Maker | None = foreign_maker(driver) if where is None else _loaded(where)
    return made


def maker(driver: str) -> Callable[[Place], Any] | None:
    """What makes the model of a driver's part that is not on I2C; None where there is no model."""
    where = MODELS.get(driver)
    made: Callable[[Place], Any] | None = foreign_maker(driver) if where is None else _loaded(where)
    return made


def foreign_maker(driver: str) -> Any:
    """What makes the model of another package's driver; None where there is none that can be used."""
    try:
        return plug_ins.model(driver)
    except plug_ins.PlugInError:
        return None


def _loaded(where: str) -> Any:
    module, _, attribute = where.partition(":")
    return getattr(importlib.import_module(module), attribute)
