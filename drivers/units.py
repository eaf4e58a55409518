"""The units that a channel may have: the primary symbols of SenML's registry, which every reader of a pack knows.

Secondary symbols (RFC 8798) such as `mA` need packs of a newer version; a channel scales to the primary one instead.
Source: RFC 8428 section 12.1, RFC 8798 section 3, without the symbols that are not to be used for new data.
"""

from __future__ import annotations

_REGISTRY = (
    "m kg s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 m/s m/s2 m3/s W/m2 cd/m2 bit"
    " bit/s lat lon pH dB dBW count / %RH %EL EL 1/s S/m B VA VAs var vars J/m kg/m3 NTU"
)
UNITS = frozenset(_REGISTRY.split())

INSTEAD = {
    "%": "/ (0 to 1)",
    "°C": "Cel",
    "degC": "Cel",
    "Celsius": "Cel",
    "mV": "V",
    "mA": "A",
    "hPa": "Pa",
    "kPa": "Pa",
    "bar": "Pa",
    "ppm": "/",
    "mm": "m",
    "cm": "m",
    "l": "m3",
    "l/s": "m3/s",
    "km/h": "m/s",
    "kW": "W",
    "Wh": "J",
    "kWh": "J",
    "ug/m3": "kg/m3",
    "ohm": "Ohm",
    "lux": "lx",
}
"""What is often written, and the symbol to scale to."""


def check_unit(unit: str) -> None:
    """Accept a primary SenML unit symbol, or nothing.

    Raises:
        ValueError: it is none; the text says which to use.
    """
    if not unit or unit in UNITS:
        return
    if unit in INSTEAD:
        raise ValueError(f"unit {unit!r} is no primary SenML unit; scale to {INSTEAD[unit]}")
    raise ValueError(f"unit {unit!r} is no primary SenML unit; allowed are {' '.join(sorted(UNITS))}")
