"""Why a feed cannot be read, in words for who has to do something about it: what is the matter, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

# Nobody answers; somebody answers and says no; the server is faulty; a web page instead of a feed; a document that
# cannot be read; an address that may not be asked.
Way = Literal["unreachable", "refused", "faulty", "page", "broken", "not allowed"]


@dataclass(frozen=True, slots=True)
class Failing:
    """One way of failing: `what` goes after "the feed", `do` is a sentence of advice."""

    way: Way
    what: str
    do: str


_MOVED: Final = "Has it moved? Try the publisher's site: alerts feeds check URL finds the feed of a page."
_WAIT: Final = "It is asked again by itself; if this lasts for days, tell the publisher, or look for another feed."
_LOOK: Final = "What came is kept: alerts feeds documents ID. It is asked again by itself."
FAILING: Final[Mapping[str, Failing]] = {
    "dns": Failing("unreachable", "has a host name that is not known", f"Is its name gone? {_MOVED}"),
    "connect": Failing("unreachable", "is on a server that takes no connection", _WAIT),
    "timeout": Failing("unreachable", "is on a server that takes too long to answer", _WAIT),
    "protocol": Failing("unreachable", "is on a server whose answer breaks off or is none", _WAIT),
    "tls": Failing(
        "unreachable",
        "is on a server whose certificate is not valid",
        "It is not asked without: tell the publisher, who has to renew it.",
    ),
    "throttled": Failing(
        "refused",
        "is on a server that asks us to come less often",
        "It is asked as rarely as the server wants. If that is too rare, give its feeds a longer interval.",
    ),
    "denied": Failing(
        "refused",
        "is on a server that refuses us",
        "Does it want a login, or block machines? Ask who runs it; [service] contact tells them who you are.",
    ),
    "gone": Failing("refused", "was taken away for good, says its server", f"{_MOVED} Else remove it."),
    "http_client": Failing("refused", "is not known to its server any more", _MOVED),
    "http_server": Failing("faulty", "is on a server that has a fault of its own", _WAIT),
    "redirects": Failing("faulty", "is sent on and on by its server, to nowhere", _MOVED),
    "html": Failing(
        "page",
        "gives a web page in place of a feed",
        "Has it moved, or does the server want a person to click? If the page names its feed, alerts feeds check URL "
        "finds it.",
    ),
    "empty": Failing("broken", "gives nothing at all", _WAIT),
    "not_a_feed": Failing("broken", "gives a document that is no feed", f"{_MOVED} {_LOOK}"),
    "unreadable": Failing("broken", "gives a document that cannot be read", _LOOK),
    "hostile": Failing("broken", "gives a document that would cost too much to read", _LOOK),
    "parser_killed": Failing("broken", "gives a document that took too much time or memory to read", _LOOK),
    "bad_url": Failing(
        "not allowed",
        "has an address that cannot be asked",
        "Is there a mistake in it, or a port that [collect] allow_ports does not name?",
    ),
    "forbidden_address": Failing(
        "not allowed",
        "is on no public host",
        "If it is yours, name the host in [collect] allow_hosts; else somebody may want to reach into your network.",
    ),
}  # fmt: skip
_UNKNOWN: Final = Failing("faulty", "cannot be read", _WAIT)


def failing(status: str) -> Failing:
    """A status of a poll that failed."""
    return FAILING.get(status, _UNKNOWN)


def advice(status: str, feed_id: int) -> str:
    """What to do about a feed that failed so."""
    return failing(status).do.replace("documents ID", f"documents {feed_id}")
