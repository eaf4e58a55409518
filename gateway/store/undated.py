"""Commands of which only a clock that can be trusted could say whether they are still in time."""

from __future__ import annotations

from collections.abc import Callable

from gateway.clock import NS_PER_S
from gateway.core.admit import CLOCK_SKEW_S_MAX, before_acting, is_undated
from gateway.core.command import Execution, Moment


class Undated:
    """Knows which those are, and since when they wait. They stay in the inbox, where others may take their place."""

    def __init__(self) -> None:
        self.moment: Callable[[], Moment] | None = None
        """The time, as whoever acts reads it; without it nothing is kept from acting here."""
        self._since_ns: dict[str, int] = {}
        """Since which boottime each is known to wait."""

    @property
    def waiting(self) -> bool:
        """Whether any waits, so that the clock has to be looked at again."""
        return bool(self._since_ns)

    def ready(self, execution: Execution) -> bool:
        """Whether something can be done with it now, if only to say that it has ended."""
        if self.moment is None:
            return True
        moment = self.moment()
        if moment.trusted_s is not None:
            self._since_ns.clear()
        if not is_undated(execution, moment):
            self._since_ns.pop(execution.id, None)
            return True
        self._since_ns.setdefault(execution.id, moment.boottime_ns)
        return self._outlived(execution, moment)

    def settled(self, execution: Execution) -> Execution:
        """It, ended where it has waited for longer than it was good for: then it is late by any clock."""
        if self.moment is None:
            return execution
        moment = self.moment()
        if not is_undated(execution, moment) or not self._outlived(execution, moment):
            return execution
        return before_acting(execution, moment._replace(trusted_s=execution.expires_s))

    def _outlived(self, execution: Execution, moment: Moment) -> bool:
        waited_s = (moment.boottime_ns - self._since_ns.get(execution.id, moment.boottime_ns)) / NS_PER_S
        return waited_s >= execution.expires_s - execution.issued_s + CLOCK_SKEW_S_MAX
