"""A slow link between an uplink and its twin: bytes leave one after the other, and everything takes its time."""

from __future__ import annotations

from collections import Counter

from gateway.core.senml import decode_pack
from tests.cloud.rig import GATEWAY, TOPIC

STEP_S = 0.25
HEADER_BYTES = 40


class SlowLink:
    """Carries what the uplink of a rig sends, step by step of the rig's clock, and lets the twin acknowledge it."""

    def __init__(self, rig, rate, round_trip_s):
        self.rig, self.rate, self.round_trip_s = rig, rate, round_trip_s
        self.arrived = []
        """(lane label, series, seconds from being read to the twin) of every reading that arrived."""
        self.bytes = Counter()
        """Of the batches that were sent, by the series of their first reading."""
        self._free_s = self._seen = 0
        self._on_their_way = []

    @property
    def _now_s(self):
        return self.rig.clock.boottime_ns() / 1e9

    async def pass_step(self):
        """Let a step of time pass."""
        rig = self.rig
        await rig.pass_time(STEP_S)
        for payload in rig.session.on(TOPIC)[self._seen :]:
            self._seen += 1
            self._free_s = max(self._free_s, self._now_s) + (len(payload) + HEADER_BYTES) / self.rate
            segments = decode_pack(payload, GATEWAY)
            self.bytes[segments[0].records[0].series] += len(payload)
            self._on_their_way.append((self._free_s, segments))
        while self._on_their_way and self._on_their_way[0][0] + self.round_trip_s <= self._now_s:
            sent_s, segments = self._on_their_way.pop(0)
            at_twin_s = rig.clock.wall_ns() / 1e9 - self._now_s + sent_s + self.round_trip_s / 2
            for segment in segments:
                self.arrived += [(segment.lane.label, one.series, at_twin_s - one.time_s) for one in segment.records]
            await rig.acknowledge(*segments)

    def delays_s(self, name):
        """How long the readings of a lane or of a series took, in the order in which they arrived."""
        return [delay_s for label, series, delay_s in self.arrived if name in (label, series)]
