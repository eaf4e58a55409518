"""One resolved reading, and how records become readings: RFC 8428 section 4.6, with the labels of `docs/wire.md`."""

from __future__ import annotations

import math
import re
from typing import NoReturn

import msgspec
from msgspec import UNSET

from gateway.core.reading import Quality, Value
from gateway.core.senml_raw import RawRecord, SenmlError

VERSION = 10
"""The SenML version that we know (RFC 8428 section 4.4); higher ones have features that we would misread."""

RELATIVE_BELOW_S = float(2**28)
"""Times below this are relative to the moment of reception (RFC 8428 section 4.5.3)."""

TIME_MAX_S = 253_402_300_800.0
"""The end of the year 9999: beyond it no calendar that reads our data can follow."""

_SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Extremes(msgspec.Struct, frozen=True, gc=False):
    """The least and the greatest of the numbers behind a mean, and when they were: Unix time to the microsecond."""

    min: float
    max: float
    tmin_s: float
    tmax_s: float


class Gathered(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What an aggregate says beside its mean: of how many samples it is, and what was asked for."""

    samples: int
    extremes: Extremes | None = None
    last: float | None = None
    integral: float | None = None
    """In unit seconds."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One resolved reading. `series` is `device/channel`, `time_s` Unix time to the microsecond.

    In a thinned segment it stands for `count` readings of its series. A number is then their mean, at the mean of their
    times, and has its `extremes`; everything else is what they all were, from `time_s` on. `seq` is no number there,
    only an order.
    """

    seq: int
    series: str
    unit: str
    time_s: float
    value: Value
    quality: Quality
    reason: str
    count: int = 1
    extremes: Extremes | None = None
    gathered: Gathered | None = None
    """Where it is an aggregate: it has one number, and its value is a mean."""


class Resolver:
    """What is in force while a pack is read from front to back: the base fields, and the series that they name."""

    __slots__ = ("_base_name", "_base_time", "_base_unit", "_base_value", "_now_s", "_prefix", "_series", "_stale")

    def __init__(self, gateway: str, now_s: float) -> None:
        self._prefix = f"{gateway}/"
        self._now_s = now_s
        self.reset()

    def reset(self) -> None:
        """Forget the base fields, as before the first record."""
        self._base_name = ""
        self._base_time = 0.0
        self._base_unit = ""
        self._base_value: float | None = None
        self._series = ""
        self._stale = True

    def skip(self, raw: RawRecord) -> None:
        """Let the base fields of a record that is not taken hold for those after it."""
        self._base_name = self._base_name if raw.bn is UNSET else raw.bn
        self._base_time = self._base_time if raw.bt is UNSET else raw.bt
        self._base_unit = self._base_unit if raw.bu is UNSET else _unit(raw.bu)
        self._base_value = self._base_value if raw.bv is UNSET else raw.bv
        self._stale = True

    def resolve(self, raw: RawRecord, index: int, seq: int) -> Record:
        """The reading that `raw` is.

        Raises:
            SenmlError: it breaks a rule; `index` is its place in the pack.
        """
        if raw.bn is not UNSET or raw.n is not UNSET or self._stale:
            self._name(raw, index)
        if raw.bt is not UNSET:
            self._base_time = raw.bt
        if raw.bu is not UNSET:
            self._base_unit = _unit(raw.bu)
        if raw.bv is not UNSET:
            self._base_value = raw.bv
        if raw.bver is not UNSET and raw.bver > VERSION:
            _fail(f"SenML version {raw.bver}; versions up to {VERSION} are known", index)
        value = self._value(raw, index)
        unit = ""
        if type(value) is float:
            unit = self._base_unit if raw.u is UNSET else _unit(raw.u)
        time_s = self._base_time + raw.t
        if not RELATIVE_BELOW_S <= time_s < TIME_MAX_S:
            time_s = self._absolute(time_s, index)
        # To the microsecond: what is left over is noise of the sum, not part of what was sent.
        record = Record(seq, self._series, unit, round(time_s * 1e6) / 1e6, value, raw.q, raw.qr)
        return record if raw.samples is UNSET else self._gathered(raw, record, index)

    def _gathered(self, raw: RawRecord, plain: Record, index: int) -> Record:
        if type(plain.value) is not float or raw.samples is UNSET:
            _fail("only numbers are aggregates", index)
        last = None if raw.last_value is UNSET else raw.last_value + (self._base_value or 0.0)
        integral = None if raw.s is UNSET else raw.s
        gathered = Gathered(raw.samples, self._extremes(raw, plain, index), last, integral)
        return msgspec.structs.replace(plain, gathered=gathered)

    def resolve_thinned(self, raw: RawRecord, index: int, seq: int) -> Record:
        """What `raw` says of the readings that it stands for.

        Raises:
            SenmlError: it breaks a rule; `index` is its place in the pack.
        """
        plain = self.resolve(raw, index, seq)
        extremes = self._extremes(raw, plain, index)
        return msgspec.structs.replace(plain, count=1 if raw.count is UNSET else raw.count, extremes=extremes)

    def _extremes(self, raw: RawRecord, plain: Record, index: int) -> Extremes | None:
        least, greatest, tmin, tmax = raw.min, raw.max, raw.tmin, raw.tmax
        if least is UNSET and greatest is UNSET and tmin is UNSET and tmax is UNSET:
            return None
        if least is UNSET or greatest is UNSET or tmin is UNSET or tmax is UNSET:
            _fail("min, max, tmin and tmax come together", index)
        if type(plain.value) is not float:
            _fail("only numbers have a min and a max", index)
        base = self._base_value or 0.0
        low, high = least + base, greatest + base
        if not -math.inf < low <= high < math.inf:
            _fail(f"min {low} and max {high} are not in order", index)
        times_s = (self._absolute(self._base_time + since_s, index) for since_s in (tmin, tmax))
        return Extremes(low, high, *(round(time_s * 1e6) / 1e6 for time_s in times_s))

    def _absolute(self, time_s: float, index: int) -> float:
        if time_s < RELATIVE_BELOW_S:
            time_s += self._now_s
        if not -TIME_MAX_S < time_s < TIME_MAX_S:
            _fail(f"time {time_s}; at most {TIME_MAX_S} is allowed", index)
        return time_s

    def _name(self, raw: RawRecord, index: int) -> None:
        if raw.bn is not UNSET:
            self._base_name = raw.bn
        name = self._base_name if raw.n is UNSET else self._base_name + raw.n
        if not name.startswith(self._prefix):
            _fail(f"series {name[:200]!r} does not begin with {self._prefix!r}", index)
        series = name[len(self._prefix) :]
        if _SERIES.fullmatch(series) is None:
            _fail(f"series {name[:200]!r} is not named gateway/device/channel", index)
        self._series = series
        # A name of its own (n) holds for its record only.
        self._stale = raw.n is not UNSET

    def _value(self, raw: RawRecord, index: int) -> Value:
        if raw.vs is UNSET and raw.vb is UNSET and raw.vd is UNSET:
            if self._base_value is None:
                return raw.v if raw.v is not UNSET else _fail("no value; one of v, vs and vb is needed", index)
            # RFC 8428 section 4.6: a missing value counts as 0 where a base value is in force.
            value = self._base_value + (0.0 if raw.v is UNSET else raw.v)
            return value if math.isfinite(value) else _fail(f"value {value}; numbers are finite", index)
        given = [label for label in ("v", "vs", "vb", "vd") if getattr(raw, label) is not UNSET]
        if len(given) > 1:
            _fail(f"{len(given)} values ({', '.join(given)}); one is allowed", index)
        if raw.vs is not UNSET:
            return raw.vs
        return raw.vb if raw.vb is not UNSET else _fail("data values (vd) are not carried", index)


def _unit(symbol: str) -> str:
    """The unit that `symbol` means: `/`, a plain ratio, is how the wire says that a number has none."""
    return "" if symbol == "/" else symbol


def _fail(what: str, index: int) -> NoReturn:
    raise SenmlError(what, index)
