"""Recorded readings beside the channels of a site: what fits none of them is told, not taken in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from drivers import registry
from gateway.core.reading import Quality
from gateway.core.replay import Sample
from gateway.core.settings import Site
from gateway.core.wording import shown
from gateway.devices.thermostat import CHANNEL


def kinds_of(site: Site) -> dict[str, str]:
    """The kind of every channel of a site: `number`, `boolean` or `text`."""
    found = {
        f"{device.name}/{channel.name}": channel.kind.value
        for device in site.devices
        for channel in registry.get(device.driver).channels(device.settings)
    }
    return found | {f"{one.name}/{CHANNEL}": "number" for one in site.thermostats}


def fitted(samples: Iterable[Sample], kinds: Mapping[str, str]) -> tuple[list[Sample], list[str]]:
    """The samples, 0 and 1 of a switch as off and on; and what of them no rule can have understood, in words."""
    taken, unknown, wrong = [], Counter[str](), Counter[str]()
    examples: dict[str, Sample] = {}
    for sample in samples:
        one, kind = _as_switch(sample, kinds.get(sample.series)), kinds.get(sample.series)
        taken.append(one)
        if kind is None:
            unknown[one.series] += 1
        elif one.quality is not Quality.BAD and _kind(one) != kind:
            wrong[one.series] += 1
            examples.setdefault(one.series, one)
    return taken, [*_unknown(unknown), *_wrong(wrong, examples, kinds)]


def _as_switch(sample: Sample, kind: str | None) -> Sample:
    number = kind == "boolean" and not isinstance(sample.value, bool | str)
    return sample._replace(value=bool(sample.value)) if number and sample.value in (0.0, 1.0) else sample


def _kind(sample: Sample) -> str:
    return {bool: "boolean", str: "text"}.get(type(sample.value), "number")


def _unknown(counts: Mapping[str, int]) -> Iterator[str]:
    for series, count in sorted(counts.items()):
        yield f"{count} readings are of {series}, which the site does not have"


def _wrong(counts: Mapping[str, int], examples: Mapping[str, Sample], kinds: Mapping[str, str]) -> Iterator[str]:
    for series, count in sorted(counts.items()):
        example = shown(examples[series].value)
        yield f"{count} readings of {series} are of another kind than {kinds[series]}, such as {example}"
