"""Every benchmark runs, with tiny sizes, and gives every figure that it promises. No figure is judged here."""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from bench import wear
from bench.__main__ import BENCHMARKS
from tests.house.source import ROOT
from tests.mosquitto import executable

NOT_YET = {"wire": {"compact_100"}, "latency": {"p99_ms_draining"}}
NO_BASELINE = {
    "memory": {"rss_gpio_mb", "uss_gpio_mb", "rss_growth_mb"},
    "latency": {"p99_ms_draining"},
    "filters": {"deadband_error", "percent_deadband_error", "periodic_error"},
}
"""What a tiny run cannot give: a backlog of so little may be gone before a fresh reading comes."""
PROMISED = {
    "ingest": ["readings_per_cpu_s"],
    "latency": ["p50_ms", "p99_ms", "p99_ms_draining"],
    "drain": ["wall_s", "cpu_s", "rss_growth_mb"],
    "wear": [
        "online_bytes_per_reading",
        "online_fsyncs_per_reading",
        "offline_5s_bytes_per_reading",
        "offline_1s_bytes_per_reading",
    ],
    "wire": ["senml_1", "senml_100", "senml_1000", "compact_100"],
    "memory": ["rss_mb", "uss_mb", "rss_gpio_mb", "uss_gpio_mb", "rss_growth_mb"],
    "startup": ["cpu_ms"],
    "command": ["p50_ms", "p99_ms", "safe_late_ms"],
    "shadow": ["round_trip_p50_ms", "round_trip_p99_ms", "in_sync_100_s"],
    "channels": ["cpu_percent", "rss_mb", "uss_mb", "jitter_p50_ms", "jitter_p99_ms"],
    "filters": [
        f"{name}_{figure}"
        for name in ("deadband", "percent_deadband", "exception", "door", "periodic")
        for figure in ("kept", "error")
    ],
}


NEEDS_A_BROKER = {"ingest", "latency", "drain", "memory", "command", "shadow", "channels"}


def benchmark(name):
    return importlib.import_module(f"bench.{name}")


def check(name, measured):
    """Every figure is there, but for those that a tiny run, or this machine, cannot give."""
    missing = set(NOT_YET.get(name, ()))
    if not shutil.which("strace"):
        missing.add("online_fsyncs_per_reading")
    for metric in benchmark(name).METRICS:
        for figures, allowed in (
            (measured.metrics, missing),
            (measured.baseline, missing | NO_BASELINE.get(name, set())),
        ):
            figure = figures.get(metric.name)
            assert figure is not None or metric.name in allowed, metric.name
            assert figure is None or math.isfinite(figure), metric.name
    assert measured.notes


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_promises_what_it_should(name):
    assert [metric.name for metric in benchmark(name).METRICS] == PROMISED[name]


@pytest.mark.system
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(name):
    if name in NEEDS_A_BROKER and executable() is None:
        pytest.skip("mosquitto is not installed")
    if name == "memory" and shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    module = benchmark(name)
    check(name, asyncio.run(module.measure(module.QUICK)))


@pytest.mark.system
def test_wear_is_measured_without_root_too():
    measured = asyncio.run(wear.measure(replace(wear.QUICK, own_disk=False)))
    check("wear", measured)
    assert any("need root" in note for note in measured.notes)


def bench(*arguments):
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_one_name_gives_one_object_and_several_a_list():
    done = bench("wire", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    one = json.loads(done.stdout)
    assert one["name"] == "wire"
    assert one["quick"]
    assert {"metrics", "baseline", "ratio", "units", "targets", "met", "notes", "machine"} <= one.keys()
    done = bench("wire", "wire", "--quick", "--json")
    assert [entry["name"] for entry in json.loads(done.stdout)] == ["wire", "wire"]


def test_an_unknown_name_is_refused_and_the_known_ones_are_told():
    done = bench("wear", "tear")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bench: unknown tear; known are {', '.join(BENCHMARKS)}\n"


def test_quick_figures_are_never_written_down():
    assert bench("wire", "--quick", "--write-readme").returncode == 2


def test_the_help_of_the_script_names_every_benchmark():
    text = (ROOT / "scripts" / "bench").read_text(encoding="utf-8")
    named = re.search(r"NAME {2,}(.*); all", text)
    assert named
    assert named[1].split(", ") == list(BENCHMARKS)
