"""The board: the latest of every series, told to whoever listens."""

from __future__ import annotations

from gateway.core.reading import Reading
from gateway.devices.board import Board


def test_the_latest_reading_of_every_series_is_kept():
    board = Board()
    for number in range(3):
        for series in ("a/x", "b/y"):
            board.post(Reading(series, float(number), number, number))
    assert {series: reading.value for series, reading in board.latest.items()} == {"a/x": 2.0, "b/y": 2.0}


def test_every_listener_hears_every_reading_after_it_is_on_the_board():
    board, heard = Board(), []
    for name in ("one", "two"):
        board.listen(lambda reading, name=name: heard.append((name, reading.value, board.latest[reading.series].value)))
    board.post(Reading("a/x", 1.0, 0, 0))
    board.post(Reading("a/x", 2.0, 0, 0))
    assert heard == [("one", 1.0, 1.0), ("two", 1.0, 1.0), ("one", 2.0, 2.0), ("two", 2.0, 2.0)]
