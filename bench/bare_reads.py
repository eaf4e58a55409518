"""The baseline of `channels`: the same drivers on the same simulated buses, read in a loop, the values thrown away.

usage: python -m bench.bare_reads DEVICES SETTLE SECONDS

One thread for each bus reads its devices once a second, as many would write it. It loads nothing of the gateway. What
it took, and when every device was read, it says as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator

from bench import counters
from drivers.ads1115 import Ads1115, Ads1115Input, Ads1115Settings, Pin, Rate
from drivers.base import SystemClock
from drivers.bus.i2c import I2CBus
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.world import WorldSettings

PINS: tuple[Pin, ...] = ("A0", "A1", "A2", "A3", "A0-A1", "A0-A3", "A1-A3", "A2-A3")
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
"""All that a bus takes of this part."""
RATE: Rate = 860
EVERY_S = 1.0


def layout(devices: int) -> Iterator[tuple[str, str, int]]:
    """Bus, name and address of so many converters of eight channels, four on each bus."""
    for number in range(devices):
        yield f"i2c-{number // len(ADDRESSES)}", f"converter-{number}", ADDRESSES[number % len(ADDRESSES)]


def main(devices: str, settle: str, seconds: str) -> None:
    """Read for so long."""
    inputs = {pin.lower().replace("-", "_"): Ads1115Input(pin=pin) for pin in PINS}
    groups: dict[str, list[SimulatedDevice]] = {}
    for bus, name, address in layout(int(devices)):
        settings = Ads1115Settings(address=address, rate=RATE, inputs=inputs)
        groups.setdefault(bus, []).append(SimulatedDevice(name, "ads1115", settings))
    hardware = SimulatedHardware(WorldSettings(), SystemClock(), groups)
    times: dict[str, list[float]] = {}
    began_s = time.monotonic() + float(settle)
    ends_s = began_s + float(seconds)
    threads = [
        threading.Thread(target=_read, args=(I2CBus(hardware.backend(bus)), group, times, ends_s))
        for bus, group in groups.items()
    ]
    for thread in threads:
        thread.start()
    time.sleep(float(settle))
    cpu_s = time.process_time()
    time.sleep(max(0.0, ends_s - time.monotonic()))
    cpu_s = time.process_time() - cpu_s
    memory = counters.memory()
    for thread in threads:
        thread.join()
    kept = [[at_s for at_s in found if at_s >= began_s] for found in times.values()]
    sys.stdout.write(json.dumps({"cpu_s": cpu_s, "rss": memory.rss, "uss": memory.uss, "times": kept}) + "\n")


def _read(bus: I2CBus, group: list[SimulatedDevice], times: dict[str, list[float]], ends_s: float) -> None:
    """Read the devices of one bus once a second, on common ticks."""
    drivers = [(one.name, Ads1115(bus, one.settings)) for one in group]
    for name, driver in drivers:
        driver.open()
        times[name] = []
    while (now_s := time.monotonic()) < ends_s:
        time.sleep(EVERY_S - now_s % EVERY_S)
        for name, driver in drivers:
            driver.read()
            times[name].append(time.monotonic())


if __name__ == "__main__":
    main(*sys.argv[1:])
