"""Mails that trip over a fault of ours. The mail server brings such a mail again for days, and nobody hears of it: so
after some attempts it is put aside (`store.aside`), operators are told, and each start of the service tries it anew.

Trouble around us, such as a full disk, is none of the mail's: then the mail server keeps it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from typing import Final

from alerts.errors import AlertsError
from alerts.notify.inbox import wire
from alerts.notify.inbox.sorting import Request
from alerts.notify.inbox.taking import Mail
from alerts.store import codec

ATTEMPTS: Final = 3
"""So often a mail has to fail before it is put aside: with Postfix that is a quarter of an hour."""
_REMEMBERED: Final = 1_000


def is_around_us(error: Exception) -> bool:
    """Whether an error says nothing of the mail."""
    return isinstance(error, AlertsError | OSError | MemoryError)


class Stumbles:
    """How often each mail failed since the start."""

    def __init__(self) -> None:
        self._failed: OrderedDict[bytes, int] = OrderedDict()

    def once_more(self, request: Request, mail: Mail) -> int:
        """Count a failure; how many this mail has now."""
        name = sha256(written(request, mail).encode()).digest()
        self._failed[name] = self._failed.pop(name, 0) + 1
        if len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)
        return self._failed[name]


def written(request: Request, mail: Mail) -> str:
    """All that is looked at when a mail is taken, as one text."""
    asks = {"kind": request.kind, "token": request.token, "wishes": codec.to_json(request.wishes)}
    content = mail.content[: wire.LONGEST].decode("latin-1")
    return json.dumps({"asks": asks, "sender": mail.sender, "content": content})


def read(text: str) -> tuple[Request, Mail]:
    """What was `written`."""
    found = json.loads(text)
    asks = found["asks"]
    request = Request(kind=asks["kind"], token=asks["token"], wishes=codec.wishes(asks["wishes"]))
    return request, Mail(sender=found["sender"], content=found["content"].encode("latin-1"))
