"""A reading and the words that go with it. Frozen from the moment a device has stamped it."""

from __future__ import annotations

import enum

import msgspec

Value = float | bool | str
"""What a channel can hold; an `int` is accepted wherever a `float` is."""


class Lane(enum.IntEnum):
    """The traffic class of a reading: a lower number is sent first and dropped last."""

    CRITICAL = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3

    @property
    def label(self) -> str:
        """The word on the wire and in the configuration."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Lane:
        """The lane that `label` names.

        Raises:
            ValueError: no lane has that name.
        """
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"unknown lane {label!r}; lanes are {', '.join(lane.label for lane in cls)}") from None


class Quality(enum.StrEnum):
    """How far a value can be trusted (the three classes of OPC UA Part 8)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Reason(enum.StrEnum):
    """Why a value is not GOOD."""

    NONE = ""
    RANGE = "range"
    """Outside what the part can measure, or what there can be at its place."""
    FAULT_VALUE = "fault_value"
    """One of the numbers by which the part says that it has none."""
    RATE = "rate"
    """It changed faster than what is measured can."""
    STUCK = "stuck"
    """It has not changed for longer than what is measured stays the same."""
    NOT_A_NUMBER = "not_a_number"
    CLOCK = "clock"
    """The time of the reading is only bounded, not known."""


class ClockState(enum.StrEnum):
    """What was known of the wall clock when a reading was taken."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"


class Series(msgspec.Struct, frozen=True):
    """The history of a channel: its name, `device/channel`, and its SenML unit (empty for booleans and texts)."""

    name: str
    unit: str = ""


class Reading(msgspec.Struct, frozen=True):
    """One value of a series at one time.

    `boottime_ns` is CLOCK_BOOTTIME, which never jumps, and orders readings; `wall_ns` is the wall clock at that moment,
    right or wrong.
    """

    series: str
    value: Value
    boottime_ns: int
    wall_ns: int
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE
