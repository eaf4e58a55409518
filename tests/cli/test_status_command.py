"""`edgetwin status`: for people in 80 columns, for programs in full, and a word on why nobody answers."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app.runtime import status_socket
from gateway.cli.status import WIDTH, lines, main

COUNTS = {"taken": 20, "suppressed": 5, "shed": 0, "acknowledged": 12, "waiting": 3, "quarantined": 0}
DOCUMENT = {
    "gateway": "greenhouse-1",
    "epoch": "3f2a9c1b7d10e644-2",
    "uptime_s": 7300.0,
    "clock": "synchronised",
    "link": {"state": "connected", "reason": "", "since_s": 12.0, "attempts": 0, "twin_silent": False},
    "readings": COUNTS,
    "balanced": True,
    "series": {
        "room/temperature": COUNTS | {"value": 21.430000000000003, "unit": "Cel", "quality": "good", "age_s": 0.4},
        "door/closed": COUNTS | {"value": True, "unit": "", "quality": "bad", "reason": "stuck", "age_s": 65.0},
        "lamp/duty": COUNTS | {"value": 0.25, "unit": "/", "quality": "good", "age_s": 3.0},
        "air/pm10": COUNTS,
    },
    "devices": {
        "room": {"state": "up", "reason": "", "since_s": 3.0, "driver": "sht4x", "bus": "i2c-1"},
        "heater": {
            "state": "down",
            "reason": "GPIO27: not open",
            "since_s": 3.0,
            "driver": "digital_output",
            "bus": "h",
        },
    },
    "sync": {"room": "in_sync", "heater": "offline"},
    "store": {"segments": 4, "bytes_in_memory": 1234, "failure": ""},
    "process": {"rss_bytes": 36_000_000, "rss_peak_bytes": 1, "cpu_s": 1.5, "disk_bytes_written": 4096},
}


def changed(**changes):
    """The document with one thing in it different, named as `place__name`."""
    document = json.loads(json.dumps(DOCUMENT))
    for path, value in changes.items():
        *places, name = path.split("__")
        below = document
        for place in places:
            below = below[place]
        below[name] = value
    return document


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: gw\nstore: {{directory: {tmp_path}/store, runtime_directory: {tmp_path}}}\n")
    return file


async def status(site, *words, document=DOCUMENT):
    async with status_socket(site.parent, lambda: document):
        return await asyncio.to_thread(main, ["--config", str(site), *words])


async def test_for_people_it_is_all_there(site, capsys):
    assert await status(site) == 0
    shown = capsys.readouterr().out
    for word in ("greenhouse-1", "connected for 12 s", "up        2 h, clock synchronised", "20 taken", "3 waiting",
                 "account   balanced", "4 segments", "36.0 MB", "GPIO27: not open", "21.43 Cel, 0.4 s ago",
                 " 0.25, 3.0 s ago",
                 "true, 65 s ago, bad (stuck)"):  # fmt: skip
        assert word in shown
    assert "quarantined" not in shown


async def test_how_often_a_part_failed_is_shown_with_what_it_said_last(site, capsys):
    counts = {"reads": 120, "errors": {"checksum": 2, "no_answer": 1}}
    last = {"reason": "bad checksum of the humidity", "age_s": 300.0}
    room = DOCUMENT["devices"]["room"] | counts | {"last_error": last}
    await status(site, document=DOCUMENT | {"devices": DOCUMENT["devices"] | {"room": room}})
    shown = " ".join(capsys.readouterr().out.split())
    assert "120 reads, errors: 2 checksum, 1 no answer; the last 5 min ago: bad checksum of the humidity" in shown


async def test_what_a_part_says_that_is_down_is_shown_once(site, capsys):
    heater = DOCUMENT["devices"]["heater"]
    last = {"reason": heater["reason"], "age_s": 1.0}
    heater = heater | {"reads": 0, "errors": {"bus": 7}, "last_error": last}
    await status(site, document=DOCUMENT | {"devices": DOCUMENT["devices"] | {"heater": heater}})
    shown = capsys.readouterr().out
    assert "0 reads, errors: 7 bus; the last 1.0 s ago" in shown
    assert shown.count(heater["reason"]) == 1


async def test_for_programs_it_is_the_whole_document(site, capsys):
    assert await status(site, "--json") == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT


async def test_what_is_set_by_hand_and_how_often_both_sides_changed_the_same_is_shown(site, capsys):
    overrides = {"heater/on": {"value": True, "by": "pi", "left_s": 1200.0}}
    document = DOCUMENT | {"overrides": overrides, "conflicts": {"conflicts": 2, "changes": 40}}
    await status(site, document=document)
    shown = capsys.readouterr().out
    assert "set to on by pi, for 20 min more" in shown
    assert "conflicts 5 %: 2 of 40 changes by the twin" in shown


async def test_what_the_cloud_refuses_of_a_shadow_is_shown(site, capsys):
    await status(site, document=DOCUMENT | {"shadows_refused": {"pump": {"code": 403, "reason": "Forbidden"}}})
    assert "pump refused by the cloud with 403: Forbidden" in capsys.readouterr().out


async def test_what_the_twin_wants_and_does_not_get_is_shown_with_the_reason(site, capsys):
    refused = {
        "climate/setpoint": {"want": 400, "code": "OUT_OF_RANGE", "reason": "takes 5 to 30, found 400"},
        "room/nosuch": {"want": {"a": "x" * 99}, "code": "UNKNOWN_CHANNEL", "reason": ""},
    }
    await status(site, document=DOCUMENT | {"wishes_refused": refused})
    shown = " ".join(capsys.readouterr().out.split())
    assert "refused climate/setpoint = 400, which the twin wants: takes 5 to 30, found 400" in shown
    assert 'room/nosuch = {"a": "xxx' in shown
    assert "wants: UNKNOWN_CHANNEL" in shown
    assert "x" * 41 not in shown


async def test_readings_that_are_not_accounted_for_are_a_failure(site, capsys):
    assert await status(site, document=changed(balanced=False)) == 1
    assert "NOT BALANCED" in capsys.readouterr().out


async def test_what_is_wrong_is_said(site, capsys):
    document = changed(
        link__reason="the broker refused",
        link__hint="check it",
        link__retry_in_s=42.0,
        link__twin_silent=True,
        store__failure="disk full",
        readings__shed=7,
    )
    await status(site, document=document)
    shown = " ".join(capsys.readouterr().out.split())
    for word in (
        "the broker refused",
        "hint check it",
        "next attempt in 42 s",
        "the twin is silent",
        "failing: disk full",
        "7 shed",
    ):
        assert word in shown


def test_nobody_answers(site, capsys):
    assert main(["--config", str(site)]) == 1
    said = capsys.readouterr().err
    assert f"{site.parent}/status.sock" in said
    assert "is the gateway running" in said


def test_a_place_that_no_socket_can_have(tmp_path, capsys):
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: gw\nstore: {{runtime_directory: {tmp_path}/{'x' * 120}}}\n")
    assert main(["--config", str(file)]) == 1
    assert "too long" in capsys.readouterr().err


def test_a_bad_configuration_is_told(tmp_path, capsys):
    assert main(["--config", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [{"error": "unknown question"}, [1], None, 7, "text"])
async def test_an_answer_that_is_no_status_is_said_to_be_none(site, capsys, answer):
    assert await status(site, document=answer) == 1
    assert "the answer is no status" in capsys.readouterr().err


async def test_a_gateway_that_hangs_up_is_said_to_give_no_status(site, capsys):
    async def hang_up(_reader, writer):
        writer.close()

    async with await asyncio.start_unix_server(hang_up, site.parent / "status.sock"):
        assert await asyncio.to_thread(main, ["--config", str(site)]) == 1
    assert "no answer" in capsys.readouterr().err


def test_every_line_of_an_ordinary_site_is_one_line():
    assert all(len(line) <= WIDTH for line in lines(DOCUMENT))
    assert len(lines(DOCUMENT)) == 7 + 1 + len(DOCUMENT["devices"]) + 1 + len(DOCUMENT["series"])


def test_a_text_is_shown_as_it_is():
    document = changed()
    document["series"]["gate/tag"] = COUNTS | {"value": "04A1B2", "unit": "", "quality": "good", "age_s": 1.0}
    assert any("04A1B2" in line for line in lines(document))


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_stands_in_it_the_lines_fit_and_move_no_cursor(reason, value, name):
    document = changed(link__reason=reason, devices__room__reason=reason, store__failure=reason)
    document["series"][name] = COUNTS | {"value": value, "unit": "", "quality": "uncertain", "age_s": 1e6}
    shown = lines(document)
    assert max(map(len, shown)) <= WIDTH
    assert all(line.isprintable() for line in shown)


@pytest.mark.parametrize(("seconds", "shown"), [
    (0.0, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (119.4, "119 s"), (120, "2 min"), (7199, "120 min"),
    (7200, "2 h"), (172_799, "48 h"), (172_800, "2 d"), (3e7, "347 d"),
])  # fmt: skip
def test_ages_are_short(seconds, shown):
    assert f"up        {shown}, clock" in "\n".join(lines(changed(uptime_s=seconds)))


async def test_it_says_how_long_the_store_is_good_for_offline(site, capsys):
    await status(site, document=changed(store__autonomy_h=140.8))
    assert "room for 140.8 h offline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ahead_s", "error_s", "disagrees", "shown"),
    [
        (0.04, 0.05, False, "clock synchronised"),
        (18_000.26, 0.1, False, "clock synchronised, the twin's 18000.3 s ahead"),
        (-5.0, 0.1, True, "clock synchronised, the twin's 5.0 s behind; one is wrong"),
    ],
)
def test_a_twin_whose_clock_differs_is_shown_with_how_much(ahead_s, error_s, disagrees, shown):
    twin = {"ahead_s": ahead_s, "error_s": error_s, "disagrees": disagrees}
    assert any(line.endswith(shown) for line in lines(changed(twin_clock=twin)))


async def test_a_gateway_that_sleeps_by_plan_says_until_when(site, capsys):
    asleep = {"link__state": "asleep", "link__since_s": 180.0, "link__retry_in_s": 720.0}
    await status(site, document=changed(**asleep, link__next_at=None))
    assert "asleep for 3 min, next in 12 min" in capsys.readouterr().out
    await status(site, document=changed(**asleep, link__next_at=1_795_417_200.0))
    at = time.strftime("%H:%M:%S", time.localtime(1_795_417_200))
    assert f"asleep for 3 min, next at {at}, in 12 min" in capsys.readouterr().out
