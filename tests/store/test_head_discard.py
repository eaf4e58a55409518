"""The end of a head file, on a disk that does not let it go."""

from __future__ import annotations

from gateway.store.head import Head


def test_a_head_file_that_cannot_be_removed_does_not_spoil_an_orderly_stop(tmp_path):
    """All that it holds is on the disk; the next start reads it and finds nothing new."""
    path = tmp_path / "outbox.head"
    with Head(path) as head:
        head.begin(b"all is committed")
        path.rename(tmp_path / "kept")
        path.mkdir()  # Which unlink(2) refuses for everybody, root too.
        head.discard()
