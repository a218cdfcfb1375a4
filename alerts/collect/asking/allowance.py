"""How many pages a host may be asked for: some at once, then one every few seconds. A feed of fifty articles must not
send fifty requests to a server that was never told of us.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Allowance:
    """`at_once` requests for each host, and one more each `every` seconds. Times are of any clock that only goes on."""

    at_once: int = 10
    every: float = 10.0
    _full_at: dict[str, float] = field(default_factory=dict)  # when a host may be asked `at_once` times again

    def use(self, host: str, now: float) -> None:
        """A request goes to `host`."""
        self._full_at[host] = max(self._full_at.get(host, now), now) + self.every

    def spent(self, now: float) -> frozenset[str]:
        """The hosts that may not be asked now; those that nothing is held against are forgotten."""
        self._full_at = {host: at for host, at in self._full_at.items() if at > now}
        most = now + self.every * (self.at_once - 1)
        return frozenset(host for host, at in self._full_at.items() if at > most)
