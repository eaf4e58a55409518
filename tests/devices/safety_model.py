"""What is true of the pump and the valves of a test, whatever the gateway believes: the pins and the time."""

from __future__ import annotations

from gateway.core.settings_safety import (
    Boot,
    ConditionSettings,
    InterlockSettings,
    LinkLossSettings,
    SafetySettings,
)

PUMP, VALVE_A, VALVE_B = "pump/on", "valve_a/on", "valve_b/on"
LEVEL = "tank/level"
MIN_OFF_S, MIN_ON_S, MAX_ON_S, REST_S, LINK_S, STALE_S = 30.0, 5.0, 60.0, 45.0, 40.0, 25.0
RATE, RATE_S = 3, 100.0
SETTINGS = {
    PUMP: (
        False,
        SafetySettings(
            min_off_s=MIN_OFF_S,
            min_on_s=MIN_ON_S,
            max_on_s=MAX_ON_S,
            rest_s=REST_S,
            rate=f"{RATE} per {RATE_S:g}s",
            on_link_loss=LinkLossSettings(after_s=LINK_S),
            interlock=(InterlockSettings(unless=ConditionSettings(channel=LEVEL, below=90.0, stale_after_s=STALE_S)),),
        ),
    ),
    VALVE_A: (False, SafetySettings(exclusive=(VALVE_A, VALVE_B))),
    VALVE_B: (False, SafetySettings(boot=Boot.LAST)),
}
EPSILON_S = 1e-6


class Truth:
    """The pins as the water sees them. Every write is checked against what is forbidden."""

    def __init__(self):
        self.now_s = 0.0
        self.on = dict.fromkeys(SETTINGS, False)
        self.since_s = dict.fromkeys(SETTINGS, 0.0)
        self.used_s = 0.0
        self.changes = []
        self.level = None
        """The latest good reading: value and time; None after a bad one."""
        self.lost_s = 0.0
        """Since when the link is lost; None while it is up."""
        self.started = False
        """Whether everything has been made safe since the last start; before that anything may be driven off."""

    def full(self):
        """Whether the pump has to be off for the tank's sake."""
        return self.level is None or self.level[0] >= 90 or self.now_s - self.level[1] >= STALE_S - EPSILON_S

    def alone(self):
        """Whether nobody has watched over the pump for too long."""
        return self.lost_s is not None and self.now_s - self.lost_s >= LINK_S

    def tired(self):
        return self.used_s + (self.now_s - self.since_s[PUMP]) >= MAX_ON_S - EPSILON_S

    def written(self, channel, value):
        """A pin was driven."""
        if value:
            self._may_go_on(channel)
        elif channel == PUMP and self.on[PUMP] and self.started:
            long_enough = self.now_s - self.since_s[PUMP] >= MIN_ON_S - EPSILON_S
            assert long_enough or self.full() or self.alone() or self.tired(), "off too early, and nobody demanded it"
        self.set(channel, value)

    def set(self, channel, value):
        """It is so, whoever did that."""
        if value == self.on[channel]:
            return
        if channel == PUMP:
            passed_s = self.now_s - self.since_s[PUMP]
            self.used_s = self.used_s + passed_s if self.on[PUMP] else 0.0 if passed_s >= REST_S else self.used_s
            self.changes.append(self.now_s)
        self.on[channel], self.since_s[channel] = value, self.now_s

    def _may_go_on(self, channel):
        if channel != PUMP:
            other = VALVE_A if channel == VALVE_B else VALVE_B
            assert not self.on[other], "both valves are open"
        elif not self.on[PUMP]:
            passed_s = self.now_s - self.since_s[PUMP]
            assert passed_s >= MIN_OFF_S - EPSILON_S, f"on again after {passed_s} s"
            assert passed_s >= REST_S - EPSILON_S or self.used_s < MAX_ON_S, "it had to rest"
            recent = [one for one in self.changes if one > self.now_s - RATE_S + EPSILON_S]
            assert len(recent) < RATE, "too many changes"
        if channel == PUMP:
            assert not self.full(), "the tank is full, or nobody knows"
            assert not self.alone(), "the link has been lost for too long"

    def settled(self):
        """Nothing is left to do for the gateway: what has to be off is off."""
        if self.on[PUMP]:
            assert not self.full()
            assert not self.alone()
            assert not self.tired()
        assert not (self.on[VALVE_A] and self.on[VALVE_B])
