"""`edgetwin log`: what a person sees of the event log."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from gateway.cli import main
from gateway.store.database import FILE_NAME, open_database
from gateway.store.events import EventLog
from tests.fakes.timekeeping import timekeeper


@pytest.fixture
async def site(tmp_path):
    async with open_database(tmp_path / "store", stamp="now") as database:
        log = await EventLog.open(database, timekeeper())
        await log.record("command", id="c1", value=True, code="")
        await log.record("outcome", id="c1", text="a\x1b[2Jb")
    file = tmp_path / "site.yaml"
    file.write_text(f"gateway: gw\nstore: {{directory: {tmp_path}/store, runtime_directory: {tmp_path}/run}}\n")
    return file


def test_entries_are_shown_oldest_first_one_a_line(site, capsys):
    assert main(["log", "show", "--config", str(site)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[0] == "1"
    assert first.endswith('command          id="c1" value=true')
    assert "\x1b" not in second


def test_entries_are_shown_as_json_and_by_kind(site, capsys):
    assert main(["log", "show", "--json", "--kind", "command", "--last", "5", "--config", str(site)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    shown = json.loads(line)
    assert (shown["id"], shown["kind"], shown["data"]) == (1, "command", {"id": "c1", "value": True, "code": ""})


def test_a_whole_log_is_verified_and_its_head_printed(site, capsys):
    assert main(["log", "verify", "--config", str(site)]) == 0
    said = capsys.readouterr().out.split()
    assert said[:4] == ["whole:", "2", "entries,", "head"]
    assert main(["log", "verify", "--expect", said[4], "--config", str(site)]) == 0


def test_an_altered_log_is_told_with_the_place(site, capsys):
    with contextlib.closing(sqlite3.connect(site.parent / "store" / FILE_NAME)) as raw:
        raw.execute("UPDATE event SET data = '{' WHERE id = 1")
        raw.commit()
    assert main(["log", "verify", "--config", str(site)]) == 1
    said = capsys.readouterr()
    assert "entry 1: altered" in said.err
    assert said.out.startswith("altered: 2 entries")
    assert main(["log", "show", "--config", str(site)]) == 0
    assert 'data="{"' in capsys.readouterr().out


def test_where_there_is_no_log_it_is_said(site, capsys):
    (site.parent / "store" / FILE_NAME).unlink()
    assert main(["log", "verify", "--config", str(site)]) == 1
    assert FILE_NAME in capsys.readouterr().err
