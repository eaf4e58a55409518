"""Recorded readings from a file: CSV, JSON lines, or SenML packs, told apart by what stands in them."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from gateway.core.reading import Quality, Value
from gateway.core.replay import Sample
from gateway.core.senml_raw import SenmlError, parse
from gateway.core.senml_record import Resolver
from gateway.errors import EdgetwinError

SAMPLES_MAX = 5_000_000
"""Two months of a reading a second; more would not fit a small machine's memory."""
COLUMNS = ("time", "series", "value")
TRUE, FALSE = ("true", "on", "yes"), ("false", "off", "no")
SERIES = re.compile(r"[^/\s]+/[^/\s]+")
HINT = "allowed: time,series,value[,quality] as CSV with that heading, as JSON objects one a line, or SenML packs"


class RecordingError(EdgetwinError):
    """A file that cannot be read as a recording."""


def read_recording(path: Path, gateway: str, zone: tzinfo) -> list[Sample]:
    """Every sample in the file at `path`, in the order of time; times without a zone are of `zone`.

    Raises:
        RecordingError: it cannot be read; the message says where.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: {error}", hint=HINT) from None
    samples: list[Sample] = []
    place = 0
    try:
        for line, sample in _samples(text, gateway, zone):
            place = line
            samples.append(sample)
            if len(samples) > SAMPLES_MAX:
                raise RecordingError(f"{path}: more than {SAMPLES_MAX} readings", hint="split it")
    except (ValueError, KeyError, TypeError, RecursionError, SenmlError, csv.Error) as error:
        raise RecordingError(f"{path}: behind line {place}: {_words(error)}", hint=HINT) from None
    samples.sort(key=lambda sample: sample.time_s)
    return samples


def _words(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())


def _samples(text: str, gateway: str, zone: tzinfo) -> Iterator[tuple[int, Sample]]:
    start = text.lstrip()[:1]
    if start == "[" and (pack := _whole_pack(text)):
        yield from ((1, sample) for sample in _pack(pack, gateway))
    elif start in ("{", "["):
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("["):
                yield from ((number, sample) for sample in _pack(line, gateway))
            elif line.strip():
                yield number, _sample(json.loads(line), zone)
    else:
        rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"no column {', '.join(missing)}")
        for row in rows:
            if None in row or None in row.values():
                raise ValueError(f"line {rows.line_num} has not as many columns as the heading")
            yield rows.line_num, _sample(row, zone)


def _whole_pack(text: str) -> str:
    """The text, where it is one pack on many lines and not one on each."""
    try:
        json.loads(text)
    except ValueError:
        return ""
    return text


def _pack(text: str, gateway: str) -> Iterator[Sample]:
    resolver = Resolver(gateway, 0.0)
    for index, raw in enumerate(parse(text.encode())):
        record = resolver.resolve(raw, index, index)
        yield Sample(record.time_s, record.series, record.value, record.quality)


def _sample(row: Mapping[str, Any], zone: tzinfo) -> Sample:
    if not isinstance(row, Mapping):
        raise TypeError(f"found {row!r}")
    quality, series = row.get("quality") or Quality.GOOD, row["series"]
    if not isinstance(series, str) or not SERIES.fullmatch(series):
        raise ValueError(f"series {series!r}, allowed device/channel")
    return Sample(_time(row["time"], zone), series, _value(row["value"]), Quality(quality))


def _time(found: Any, zone: tzinfo) -> float:
    """Unix seconds of a number, or of a text in the form of ISO 8601."""
    try:
        time_s = float(found)
    except ValueError:
        moment = datetime.fromisoformat(found)
        time_s = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    if not 0 <= time_s < 4e9:  # noqa: PLR2004 - the end of 2096; beyond, milliseconds were meant
        raise ValueError(f"time {found!r}, allowed Unix seconds or such as 2026-03-02T06:30:00")
    return time_s


def _value(found: Any) -> Value:
    """A value as it is meant: what looks like a number is one, and so is what is said of a switch."""
    if isinstance(found, bool):
        return found
    if not isinstance(found, str | int | float):
        raise TypeError(f"value {found!r}, allowed a number, a text, or such as on and off")
    text = str(found).strip()
    if not text:
        raise ValueError("an empty value")
    if text.lower() in (*TRUE, *FALSE):
        return text.lower() in TRUE
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        raise ValueError(f"value {text}, allowed finite numbers")
    return number
