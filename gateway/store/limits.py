"""What the outbox may hold, each with its reason."""

from __future__ import annotations

SEGMENT_READINGS_MAX = 500
"""A segment is what is sent, acknowledged or lost as a whole; more than this in one would make retries expensive."""
COMMIT_BYTES = 196_608
"""So much in memory is committed before its time, so that a burst does not meet a full head file."""
MEMORY_BYTES_MAX = 786_432
"""Three quarters of half a head file: a snapshot of everything always fits."""
MEMORY_FULL = "memory_full"
"""The disk took nothing for so long that the memory was full."""
DELETE_ROWS = 256
"""So many acknowledged rows are deleted without waiting for a commit of something else."""
FREED_MAX = 2048
"""With so many acknowledged rows that the disk does not let go of, no more are taken from it: their keys lie in the
head file, which has to hold them."""
NOTES_MAX = 1000
"""Events that wait for a commit; more only come while the disk takes nothing for days."""
HELD_NS = 60_000_000_000
"""So long something may wait for the decision whether it is sent before it goes to the disk by a commit of its own, and
again while it waits. No window of the default length does."""
