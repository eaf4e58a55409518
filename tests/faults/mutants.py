"""Shows that the suite notices: plants one mistake at a time into a copy of the project, and runs its case there.

Each of the seven checks, and each promise that this suite is about, is broken by at least one. Run by
`scripts/faults --mutants`, all or those whose numbers are given.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.zygote import ROOT

NEEDED = ("gateway", "drivers", "twin", "demo", "config", "tests", "pyproject.toml")
PATIENCE_S = 240
SEED = 3


class Mutant(NamedTuple):
    """One mistake: in `path`, `found`, which stands there once, becomes `planted`."""

    mistake: str
    path: str
    found: str
    planted: str
    case: str
    """The case that has to notice it."""
    count: int
    check: int
    """The check that has to find something, beside any others."""


class Verdict(NamedTuple):
    """What became of a mutant."""

    word: str
    """`caught`, `SURVIVED`, `MISSED` by the check that should see it, `MISFITS` where the text is
    no longer there, `BROKEN` where nothing runs any more."""
    checks: list[int]
    """Those that found something."""
    shown: str = ""


WRITER, ENGINE = "twin/writer.py", "twin/engine.py"
UPLINK, COMMAND = "gateway/cloud/uplink.py", "gateway/core/command.py"
OUTBOX, INTAKE = "gateway/store/outbox.py", "gateway/store/intake.py"
COMMITTER, RECOVERY = "gateway/store/committer.py", "gateway/store/recovery.py"
HEAD, SEGMENTS, FILES = "gateway/store/head.py", "gateway/store/segments.py", "gateway/store/files.py"
DATABASE, INBOX = "gateway/store/database.py", "gateway/store/inbox.py"
PICKING = "gateway/cloud/picking.py"
ACTUATOR, LEDGER = "gateway/devices/actuator.py", "gateway/core/ledger.py"

WRITE = "            try:\n                await _to_its_end(self._store.write(changes))\n"
TOO_SOON = "            self._send(changes.settle(self._now_s()))\n            await asyncio.sleep(0.02)\n" + WRITE
PUBACK = "elif self._settings.acknowledge is Acknowledge.BROKER and code != PUBACK_NO_SUBSCRIBERS:"
CURSOR = "        self._cursor = dict.fromkeys(Lane, 0)\n        self.news.set()"
KEEP = "        self._head.keep(encode_event(event), lambda: encode_snapshot(self.ledger.snapshot()))\n"
STARTS = "starts = 1 + skip + _starts(ledger, origin, position)"
DAMAGED = "if code & 0xFF not in DAMAGE and not (code == sqlite3.SQLITE_READONLY and _calls_itself_read_only(path)):"

# fmt: off
MUTANTS = (
    Mutant("the twin acknowledges before its commit", WRITER, WRITE, TOO_SOON, "kills", 40, 1),
    Mutant("the twin takes again what it has", ENGINE, "if holes == [(segment.first, segment.last)] or",
           "if True or", "acks", 2, 1),
    Mutant("every batch is sent again and again", UPLINK, "session.publish(self._topic, payload), again, size)",
           "[session.publish(self._topic, payload) for _ in range(30)][0], again, size)", "kills", 10, 2),
    Mutant("the broker's word frees a reading", UPLINK, PUBACK, "elif code != PUBACK_NO_SUBSCRIBERS:", "acks", 2, 1),
    Mutant("half of a segment frees all of it", OUTBOX, " and segment.last <= last", "", "acks", 4, 1),
    Mutant("what is not sent again is forgotten by the cursor", OUTBOX, CURSOR, "        self.news.set()",
           "acks", 4, 1),
    Mutant("a reading is not in the head file when it is taken", INTAKE, KEEP,
           f"        if type(event) is not Taken:\n    {KEEP}", "kills", 20, 1),
    Mutant("an acknowledgement is not in the head file", INTAKE, KEEP,
           f'        if type(event).__name__ != "Acknowledged":\n    {KEEP}', "kills", 40, 3),
    Mutant("readings are sealed in the order of the clock's text", LEDGER,
           "body = seal(opened.indexes, opened.fragments", "body = seal(opened.indexes, sorted(opened.fragments)",
           "kills", 10, 1),
    Mutant("a start is not a new epoch", RECOVERY, STARTS, "starts = origin.starts or 1", "kills", 20, 1),
    Mutant("a database that lost its newest starts gives their numbers again", RECOVERY, STARTS,
           "starts = origin.starts + 1", "flips", 150, 1),
    Mutant("the CRC of a segment is not looked at", SEGMENTS, "or _crc(tuple(columns), body) != crc:", "or False:",
           "flips", 300, 1),
    Mutant("the CRC of a head frame is not looked at", HEAD, 'return data if crc32(data, seed) == crc else b""',
           "return data", "flips", 100, 7),
    Mutant("a damaged head file is taken for one whose process died", HEAD,
           "self.damaged = self.damaged or self._goes_on(position, end, seed)", "pass", "flips", 100, 1),
    Mutant("what a crash interrupted is always on the disk", RECOVERY,
           "Committed(stored=0 < ledger.commit <= commits)", "Committed(stored=True)",
           "syscalls", 90, 1),
    Mutant("nothing is flushed", DATABASE, "PRAGMA synchronous=FULL", "PRAGMA synchronous=OFF", "power", 40, 1),
    Mutant("nothing is flushed, on a disk that tears", DATABASE, "PRAGMA synchronous=FULL", "PRAGMA synchronous=OFF",
           "torn", 40, 1),
    Mutant("the WAL is not flushed at every commit", DATABASE, "PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL",
           "torn", 40, 1),
    Mutant("commit_every is not kept", COMMITTER, "dues = [base.boottime_ns + outbox.commit_every_ns[lane]",
           "dues = [base.boottime_ns + 3_600_000_000_000", "torn", 30, 1),
    Mutant("a critical reading is sent before it is stored", OUTBOX, " and self._may_leave_memory(key.lane))", ")",
           "kills", 10, 1),
    Mutant("a good database is set aside when the disk fails", FILES, DAMAGED, "if False:", "syscalls", 90, 6),
    Mutant("the counts are not kept at the end", COMMITTER, "self._commit(closing=True)", "self._commit()",
           "kills", 20, 3),
    Mutant("what is shed is not told", COMMITTER, "for gap in [*gaps, ", "for gap in [", "diskfull", 2, 3),
    Mutant("critical readings go first when memory is full", "gateway/core/shedding.py",
           "return key.lane is Lane.CRITICAL, key", "return key.lane is not Lane.CRITICAL, key", "diskfull", 2, 1),
    Mutant("a full disk ends the daemon", COMMITTER, "                await asyncio.sleep(RETRY_S)",
           "                raise StoreError", "diskfull", 2, 3),
    Mutant("a disk that cannot be read ends the link", PICKING, "except (StoreError, TimeoutError) as error:",
           "except ZeroDivisionError as error:", "dying", 8, 7),
    Mutant("a store that cannot be opened ends the daemon", "gateway/app/stores.py", "except StoreDownError as error:",
           "except ZeroDivisionError as error:", "dying", 8, 7),
    Mutant("what memory held without a store stays there", RECOVERY, "take_over(base, earlier, rows)", "pass",
           "dying", 8, 3),
    Mutant("a commit that failed counts as one that did not", COMMITTER, "outbox.record(Committed(stored=False))",
           "outbox.record(Committed(stored=True))", "readonly", 4, 1),
    Mutant("after a refusal nothing is sent any more", UPLINK, "round(self._settings.backoff_cap_s * NS_PER_S)",
           "10**15", "system", 1, 7),
    Mutant("an order is obeyed after its expiry", COMMAND, "math.nan if request.expires is None else request.expires,",
           "math.nan if request.expires is None else request.expires + 60.0,", "acks", 4, 4),
    Mutant("what was decided is not stored", INBOX, "await self._database.write(insertion(execution), *forget",
           "await self._database.write(*forget", "kills", 10, 4),
    Mutant("an outcome is forgotten by a crash", ACTUATOR,
           "await self._inbox.update(current, *event, *kept)",
           "await self._inbox.update(msgspec.structs.replace(current, status=CommandStatus.IN_PROGRESS))",
           "kills", 10, 4),
    Mutant("a file stays open for each acknowledgement", OUTBOX, "            del self.taken[key]\n        if len",
           '            del self.taken[key]\n            self.leak = [*getattr(self, "leak", []), open("/dev/null")]\n'
           "        if len", "diskfull", 2, 5),
    Mutant("every batch is worth some lines in the log", UPLINK, "            batch = Batch(",
           "            for line in range(2000):\n                log.info('b', line=line)\n            batch = Batch(",
           "kills", 10, 5),
)
# fmt: on


def run(numbers: Sequence[int]) -> Iterator[tuple[Mutant, Verdict]]:
    """Plant those with these numbers (from 1), or all; one after the other, what became of each."""
    with tempfile.TemporaryDirectory(prefix="edgetwin-mutants-") as folder:
        copy = Path(folder)
        copy.chmod(0o755)
        for name in NEEDED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(ROOT / name, copy / name)
        for number in numbers or range(1, len(MUTANTS) + 1):
            mutant = MUTANTS[number - 1]
            yield mutant, _judge(copy, mutant)


def fits(mutant: Mutant) -> bool:
    """Whether the text that a mutant changes stands where it should, once."""
    return (ROOT / mutant.path).read_text(encoding="utf-8").count(mutant.found) == 1


def _judge(copy: Path, mutant: Mutant) -> Verdict:
    if not fits(mutant):
        return Verdict("MISFITS", [])
    path = copy / mutant.path
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(mutant.found, mutant.planted), encoding="utf-8")
    try:
        command = [sys.executable, "-m", "tests.faults", "--only", mutant.case, "--count", str(mutant.count),
                   "--seed", str(SEED), "--stop"]  # fmt: skip
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return Verdict("BROKEN", [], "it did not end")
    finally:
        path.write_text(text, encoding="utf-8")
    checks = sorted({int(number) for number in re.findall(r"check (\d): ", done.stdout)})
    if "skipped" in done.stdout:
        return Verdict("skipped", [], done.stdout.strip())
    if done.returncode == 1 and checks:
        return Verdict("caught" if mutant.check in checks else "MISSED", checks, done.stdout)
    return Verdict("SURVIVED" if done.returncode == 0 else "BROKEN", checks, done.stdout + done.stderr)
