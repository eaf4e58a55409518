"""Simulated chips behind the kernel's files, and a simulated machine.

Source: Linux, Documentation/hwmon/sysfs-interface.rst, Documentation/ABI/testing/sysfs-bus-iio, proc(5).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence

from drivers import host, hwmon, iio
from drivers.kernel_chips import Kind, kind_of
from drivers.simulated.faults import Faults
from drivers.simulated.files import error
from drivers.simulated.place import Place

Text = Callable[[], str]


class SimulatedKernelChip:
    """The files of one chip. While `hung`, or for the next `nack` reads, it does not answer.

    Args:
        files: name -> what gives its text.
        faults: those of the part that it belongs to.
    """

    def __init__(self, files: Mapping[str, Text], faults: Faults) -> None:
        self.files = dict(files)
        self.faults = faults

    def names(self) -> Sequence[str]:
        """The names of its files; none while the part is gone."""
        return () if self.faults.absent else sorted(self.files)

    def read(self, name: str) -> str:
        """The text of a file; the name is the kernel's own and always there."""
        if name != "name" and (self.faults.hung or self.faults.nack > 0):
            self.faults.nack = max(0, self.faults.nack - 1)
            raise error(errno.EIO)
        text = self.files[name]()
        return "?\n" if name != "name" and self.faults.corrupts() else f"{text}\n"

    def write(self, name: str, text: str) -> None:
        """None of these files can be written."""
        del name, text
        raise error(errno.EACCES)


Chips = dict[str, SimulatedKernelChip]
"""Path -> chip; `{}` in a path is the number that the kernel gives it."""


def place_iio(place: Place) -> Chips:
    """The files of a sensor below /sys/bus/iio/devices."""
    return _chips(place, f"{iio.FOLDER}/iio:device{{}}", "in_{}_input", iio.KINDS)


def place_hwmon(place: Place) -> Chips:
    """The files of a chip below /sys/class/hwmon."""
    return _chips(place, f"{hwmon.FOLDER}/hwmon{{}}", "{}_input", hwmon.KINDS)


def place_host(place: Place) -> Chips:
    """The files of a machine whose processor is warmer than its surroundings."""
    faults, clock, air = Faults(), place.clock, place.probe("cpu_temperature")
    began_s = clock.now_s()
    proc = {
        "loadavg": lambda: "0.21 0.17 0.11 1/123 4567",
        "meminfo": lambda: "MemTotal:        3884416 kB\nMemFree:          812000 kB\nMemAvailable:    3012345 kB",
        "uptime": lambda: f"{clock.now_s() - began_s + 1:.2f} 0.50",
    }
    zone = {"type": lambda: "cpu-thermal", "temp": lambda: str(round((air() + 25.0) * 1000))}
    supply = {"name": lambda: host.SUPPLY, "in0_lcrit_alarm": lambda: str(int(faults.brown_out))}
    return {
        "proc": SimulatedKernelChip(proc, faults),
        f"sys/class/thermal/thermal_zone{place.settings.zone}": SimulatedKernelChip(zone, faults),
        f"{hwmon.FOLDER}/hwmon{{}}": SimulatedKernelChip(supply, faults),
    }


def _chips(place: Place, path: str, form: str, kinds: Mapping[str, Kind]) -> Chips:
    faults, settings = Faults(), place.settings
    files: dict[str, Text] = {"name": lambda: "another" if faults.wrong_part else str(settings.chip)}
    for channel, attribute in settings.inputs.items():
        source = place.probe(channel) if place.coupled(channel) else float
        files[form.format(attribute)] = _number(faults, channel, source, kind_of(attribute, kinds))
    return {path: SimulatedKernelChip(files, faults)}


def _number(faults: Faults, channel: str, source: Callable[[], float], kind: Kind) -> Text:
    def text() -> str:
        value = max(kind.low, min(kind.high, faults.measured(channel, source)))
        return f"{value / kind.scale:.6f}".rstrip("0").rstrip(".")

    return text


def numbered(groups: Sequence[Chips]) -> Chips:
    """Every chip at a path of its own."""
    return {path.format(at): chip for at, group in enumerate(groups) for path, chip in group.items()}
