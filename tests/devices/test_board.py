"""The board: the latest of every series, told to whoever listens."""

from __future__ import annotations

from types import SimpleNamespace

from gateway.app.hand import current_of
from gateway.core.reading import Quality, Reading
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


def test_what_was_driven_is_so_until_it_is_read_again():
    board = Board()
    assert board.value_of("a/on") is None
    board.post(Reading("a/on", True, 10, 10))
    board.drove("a/on", False, 10)
    assert board.value_of("a/on") is False
    board.post(Reading("a/on", True, 11, 11))
    assert board.value_of("a/on") is True


def test_what_could_not_be_driven_is_what_it_is_read_as():
    board = Board()
    board.drove("a/on", True, 5)
    board.doubts("a/on")
    assert board.value_of("a/on") is None
    board.post(Reading("a/on", False, 6, 6, Quality.BAD))
    assert board.value_of("a/on") is None


def test_in_the_middle_of_an_operation_nothing_is_so_that_is_to_last():
    board, operating = Board(), {"a": 5}
    current = current_of(board, {}, SimpleNamespace(busy=operating))
    board.drove("a/on", True, 5)
    assert current("a/on") is None
    operating.clear()
    assert current("a/on") is True
