"""Shows that the tests notice: plants one mistake at a time into a copy of the project and runs tests against it.

usage: python -m tests.store.mutants [number …]

Prints one line for each mutant, `caught` or `SURVIVED`; the exit status is 1 where one survived or does not fit the
code any more. Not part of the normal test run: it takes some minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MODEL = "tests/store/test_outbox_model.py tests/store/test_outbox_deaths.py"
PATIENCE_S = 60
NEEDED = ("gateway", "drivers", "tests/fakes", "tests/core", "tests/store", "pyproject.toml")


class Mutant(NamedTuple):
    """One mistake: in `path`, every `found` (`times` of them) becomes `planted`."""

    mistake: str
    path: str
    found: str
    planted: str
    times: int = 1
    notices: str = MODEL
    """The tests that have to notice it."""


LEDGER = "gateway/core/ledger.py"
HELD = "gateway/core/ledger_held.py"
RESTORE = "gateway/core/ledger_restore.py"
SEGMENT = "gateway/core/segment.py"
OUTBOX = "gateway/store/outbox.py"
INTAKE = "gateway/store/intake.py"
COMMITTER = "gateway/store/committer.py"
RECOVERY = "gateway/store/recovery.py"
SEGMENTS = "gateway/store/segments.py"
HEAD = "gateway/store/head.py"
DATABASE, DATABASE_TEST = "gateway/store/database.py", "tests/store/test_database.py"
INBOX, INBOX_TEST = "gateway/store/inbox.py", "tests/store/test_inbox.py"
STANDIN, STANDIN_TEST = "gateway/store/standin.py", "tests/store/test_standin.py"

GENERATION = 'crc32(self._generation.to_bytes(8, "little"))'
DELETED = "    ledger.apply(Deleted([key for key in ledger.freed if key not in rows]))\n"
STORED = "Committed(stored=0 < ledger.commit <= commits)"

# fmt: off
MUTANTS = (
    Mutant("an acknowledgement during a commit is not remembered", LEDGER, "self.writing[key] = True", "pass"),
    Mutant("what is acknowledged and still on the disk is taken again", OUTBOX, "key in ledger.freed or ", ""),
    Mutant("an acknowledgement of another epoch frees", OUTBOX, "key.epoch == epoch and ", ""),
    Mutant("what a crash found deleted stays acknowledged for ever", RECOVERY, DELETED, ""),
    Mutant("readings of a series are sealed in another order", SEGMENT, "group.append(fragment)",
           "group.insert(1, fragment)"),
    Mutant("the CRC of a head frame is not checked", HEAD, ' if crc32(data, seed) == crc else b""', ""),
    Mutant("the generation is not in the CRC of a head frame", HEAD, GENERATION, "0", 2),
    Mutant("a critical reading is taken before its commit", OUTBOX, " and self._may_leave_memory(key.lane))", ")"),
    Mutant("the cursor is not reset on release", OUTBOX,
           "        self._cursor = dict.fromkeys(Lane, 0)\n        self.news.set()", "        self.news.set()"),
    Mutant("the counts are not kept at the end", COMMITTER, "self._commit(closing=True)", "self._commit()"),
    Mutant("a head of another boot is used", RECOVERY, " or snapshot.boot_id != clock.boot_id", ""),
    Mutant("a new epoch is not begun", RECOVERY,
           '        ledger.begin_epoch(f"{origin.store_id}-{starts}", clock.boot_id)\n', ""),
    Mutant("a start does not count", RECOVERY, "starts = 1 + skip + _starts(",
           "starts = (origin.starts or 1) + 0 * _starts("),
    Mutant("what is taken in is not written to the head", INTAKE, "        self._head.keep(encode_event(event),",
           "        type(event) is Taken or self._head.keep(encode_event(event),"),
    Mutant("an acknowledgement is not written to the head", INTAKE, "        self._head.keep(encode_event(event),",
           '        type(event).__name__ == "Acknowledged" or self._head.keep(encode_event(event),'),
    Mutant("the head is thrown away although it holds something", RECOVERY, "if ledger.bytes == 0:", "if True:"),
    Mutant("a commit that failed counts as stored", COMMITTER, "Committed(stored=False)", "Committed(stored=True)"),
    Mutant("an interrupted commit never counts as stored", RECOVERY, STORED, "Committed(stored=False)"),
    Mutant("an interrupted commit always counts as stored", RECOVERY, STORED, "Committed(stored=True)"),
    Mutant("what is only late is stored twice", RECOVERY,
           "late = [key for key in ledger.volatile if key in rows]", "late = []"),
    Mutant("the row of an acknowledged segment is forgotten", COMMITTER,
           "outbox.taken.keys() | outbox.ledger.freed.keys()", "outbox.taken.keys()"),
    Mutant("what is acknowledged during its commit counts as stored", COMMITTER,
           "if key not in outbox.ledger.freed:", "if True:"),
    Mutant("what a crash found open is not sealed", RECOVERY, "    for lane in sorted(ledger.open):\n",
           "    for lane in ():\n"),
    Mutant("what is on the disk too is adopted", RESTORE, "if segment.key not in rows:", "if True:",
           notices="tests/store/test_recovery.py"),
    Mutant("what is acknowledged before its commit is over is sent", OUTBOX, " or ledger.writing.get(key)", ""),
    Mutant("a release while the disk is read is overrun", OUTBOX, "cursor[lane] = stored.row",
           "self._cursor[lane] = stored.row"),
    Mutant("acknowledged rows that stay are forgotten at the end", SEGMENTS,
           "freed = [key for key in snapshot.freed if key not in gone]", "freed = []"),
    Mutant("part of a segment is enough to free it", OUTBOX, " and segment.last <= last", ""),
    Mutant("a number is given twice", LEDGER, "self.next_seq[lane] = last + 1", "self.next_seq[lane] = last"),
    Mutant("the numbers go on from 1 after a restart of the head", RESTORE,
           "    ledger.next_seq = dict(snapshot.next_seq)\n", ""),
    Mutant("a snapshot forgets what is being written", RESTORE, "    ledger.writing = dict(snapshot.writing)\n", ""),
    Mutant("what is not committed yet is read", DATABASE,
           '        async with self._lock:\n            with _translated("read from"):',
           '        async with asyncio.Lock():\n            with _translated("read from"):', notices=DATABASE_TEST),
    Mutant("one bad write spoils the others of its group", DATABASE, "if error is None or len(group) == 1:", "if True:",
           notices=DATABASE_TEST),
    Mutant("a flipped bit in a number of a row is not noticed", SEGMENTS, "crc32(body, crc32(repr(columns).encode()))",
           "crc32(body)", notices="tests/store/test_segments.py"),
    Mutant("an id that arrives twice at once acts twice", INBOX, "async with self._admitting:",
           "async with asyncio.Lock():", notices=INBOX_TEST),
    Mutant("an admission ends with its caller", INBOX, "await asyncio.shield(self._admit(execution, events))",
           "await self._admit(execution, events)", notices=INBOX_TEST),
    Mutant("a command acts at the moment of its expiry", "gateway/core/command.py",
           "if not now_s < execution.expires_s:", "if not now_s <= execution.expires_s:",
           notices="tests/core/test_command.py"),
    Mutant("events that were never told count as told", "gateway/store/events.py", "min(last, self._offered)", "last",
           notices="tests/store/test_events.py"),
    Mutant("what was sent from memory is joined", COMMITTER, "key not in outbox.offered and ", ""),
    Mutant("what was sent from the disk is joined", OUTBOX, "        self.young.leave(key)\n", ""),
    Mutant("what an earlier run may have sent is joined", COMMITTER, " and key.epoch == outbox.ledger.epoch", ""),
    Mutant("what is being joined is sent", COMMITTER,
           "            outbox.reserved.update(key for one in joined for key in one.keys)\n", ""),
    Mutant("of what is joined only the first row goes", COMMITTER, "for one in joined for row in one.rows)",
           "for one in joined for row in one.rows[:1])"),
    Mutant("what is joined keeps its old times", "gateway/core/joining.py", "(later_ms + round(", "(round("),
    Mutant("what is joined loses the order of its series", "gateway/core/joining.py",
           "newest[name].records.append(record)", "newest[name].records.insert(0, record)"),
    Mutant("what is not in order is joined", "gateway/core/thinning.py", "and other.first == one.last + 1", ""),
    Mutant("segments on the disk are counted as before they were joined", COMMITTER,
           "outbox.stored[one.lane] -= len(one.keys) - 1", "pass"),
    Mutant("what was shed comes back by being joined", "gateway/store/quota.py",
           "            outbox.young.leave(one.key)\n", "", notices="tests/store/test_young.py"),
    Mutant("what was thinned comes back by being joined", "gateway/store/quota.py",
           "            self._outbox.young.leave(Key(*segment.key))\n", "", notices="tests/store/test_young.py"),
    Mutant("what is held is not on the disk", COMMITTER, "disk.keep_undecided(ledger.undecided())",
           "disk.keep_undecided([])"),
    Mutant("what was held is left on the disk", SEGMENTS, "[(FORGET_UNDECIDED, [()]), *", "[*"),
    Mutant("what was held is sent under other numbers than its copy has", INTAKE, "(len(before.numbers), len(before",
           "(0, len(before"),
    Mutant("a crash makes other numbers for what was held", RESTORE, "numbered = len(held.numbers)", "numbered = 0",
           notices="tests/store/test_held_on_disk.py"),
    Mutant("what is held goes to the disk under numbers that others get too", HELD,
           "self.next_seq[one.lane] = first + missing", "pass"),
    Mutant("the copy on the disk is taken up beside the head file", RECOVERY,
           " or earlier.counts_of != origin.store_id:  # A", " or True:  # A",
           notices="tests/store/test_held_on_disk.py"),
    Mutant("what is held is counted anew with every reading of a window", HELD, "len(after.fragments) - count +",
           "len(after.fragments) +"),
    Mutant("a window that goes on forgets its beginning", HELD, "before.fragments + event.fragments",
           "event.fragments"),
    Mutant("what is held never goes to the disk by itself", COMMITTER,
           "        dues += [since_ns + HELD_NS for since_ns in outbox.held_since_ns.values()]\n", "",
           notices="tests/store/test_held_on_disk.py"),
    Mutant("what is held goes to the disk again and again", COMMITTER,
           "            outbox.kept_held(since_ns, began_ns)\n", "", notices="tests/store/test_held_on_disk.py"),
    Mutant("a damaged copy of what was held is no gap", RECOVERY, "ledger.apply(Corrected({}, [Gap(one.key.epoch",
           "_ = (Corrected({}, [Gap(one.key.epoch", notices="tests/store/test_held_on_disk.py"),
    Mutant("a dead disk silences alarms", OUTBOX, "return lane is not Lane.CRITICAL or self.disk_failing",
           "return lane is not Lane.CRITICAL"),
    Mutant("a disk that works again still counts as dead", COMMITTER, "            outbox.disk_failing = False\n", ""),
    Mutant("the memory has no bound", INTAKE, "while ledger.bytes > limits.MEMORY_BYTES_MAX and self._shed_oldest():",
           "while False:", notices="tests/store/test_memory.py"),
    Mutant("the counts of a time without a store are lost", RESTORE,
           "            ledger.tally_of(series.name).add(tally)\n", "            pass\n", notices=STANDIN_TEST),
    Mutant("what was shed without a store is not told", RESTORE, "merge_gaps([*ledger.gaps, *other.gaps])",
           "merge_gaps([*ledger.gaps])", notices=STANDIN_TEST),
    Mutant("what came without a store counts twice", RESTORE, "            _uncount(ledger, segment)\n",
           "            pass\n", notices=STANDIN_TEST),
    Mutant("a killed run's counts are taken for those of no store", STANDIN,
           "    if earlier is not None and earlier.gateway == gateway:\n        return earlier\n", "",
           notices=STANDIN_TEST),
    Mutant("a stand-in keeps alarms back", STANDIN, "        outbox.fail_disk()\n", "",
           notices=STANDIN_TEST),
    Mutant("a slow link is given long segments", INTAKE, "of_fragments(opened.fragments) >= self.segment_bytes",
           "False", notices="tests/store/test_young.py"),
    Mutant("what a slow link would carry for long is joined", "gateway/core/joining.py",
           "min(max(2 * segment_bytes, BODY_BYTES_MIN), BODY_BYTES_MAX)", "BODY_BYTES_MAX",
           notices="tests/store/test_young.py"),
)
# fmt: on


def main(numbers: list[str]) -> int:
    """Run the mutants with these numbers, or all."""
    chosen = [MUTANTS[int(number) - 1] for number in numbers] or list(MUTANTS)
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy(copy)
        for mutant in chosen:
            verdict = _verdict(copy, mutant)
            survived += verdict != "caught"
            print(f"{MUTANTS.index(mutant) + 1:2} {verdict:9} {mutant.mistake}", flush=True)  # noqa: T201 - its output
    return 1 if survived else 0


def _copy(copy: Path) -> None:
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, copy / name)


def _verdict(copy: Path, mutant: Mutant) -> str:
    path = copy / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.found) != mutant.times:
        return "MISFITS"
    path.write_text(text.replace(mutant.found, mutant.planted), encoding="utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.notices.split()]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return "caught"  # It goes round and round.
    finally:
        path.write_text(text, encoding="utf-8")
    if run.returncode == 0:
        return "SURVIVED"
    return "caught" if run.returncode == 1 and "\nFAILED " in run.stdout else "BROKEN"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
