"""Whole answers in memory, as they are and compressed: what is kept, for how long, and within which bound."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Message, Send

from alerts.web.encodings import VARY, Encoding, compressed, pays
from alerts.web.site import has_tag

MOST_BYTES: Final = 48 * 1024 * 1024
LARGEST: Final = 2 * 1024 * 1024
_OVERHEAD: Final = 3_000  # of the objects around an answer
_MAX_AGE: Final = re.compile(r"\bmax-age=([0-9]{1,8})\b")
_OF_THE_BODY: Final = (b"content-type", b"content-length", b"content-encoding")

Key = tuple[str, bytes]
"""The path and the query of an address."""
_Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True, kw_only=True)
class Answer:
    """One answer. By the monotonic clock: `begun` to be made, known to be right at `right_at`, and not looked at again
    before `fresh_until`. `stamp`: that of the alerts it was made of, where it is their list. `lasts`: it never changes,
    so it is worth the longest compressing."""

    status: int
    headers: _Headers
    body: bytes
    begun: float = 0.0
    right_at: float = 0.0
    fresh_until: float = 0.0
    stamp: str | None = None
    tag: str = ""
    lasts: bool = False
    kept: bool = False
    _pays: bool = False
    _forms: dict[Encoding, tuple[Message, Message]] = field(default_factory=dict)

    @classmethod
    def of(cls, start: Message, body: bytes, *, begun: float, keeps: float, stamp: str | None = None) -> Answer | None:
        """What an application answered; None where it is not for everybody. It is fresh for `keeps` seconds, or for
        longer if it says so itself."""
        names = {name: value.decode("latin-1") for name, value in start["headers"]}
        rules = names.get(b"cache-control", "").lower()
        if b"set-cookie" in names or "private" in rules or b"content-encoding" in names:
            return None
        age = _MAX_AGE.search(rules)
        status, worth = start["status"], pays(names.get(b"content-type", ""), len(body))
        return cls(
            status=status,
            headers=[(name, value) for name, value in start["headers"] if name != b"content-length"]
            + ([(b"vary", VARY.encode())] if worth and b"vary" not in names else []),
            body=body,
            begun=begun,
            right_at=begun,
            stamp=stamp,
            fresh_until=begun + max(keeps, int(age[1]) if age and status == 200 else 0),
            tag=names.get(b"etag", "") if status == 200 else "",
            lasts="immutable" in rules,
            kept=status == 200 and "no-store" not in rules and len(body) <= LARGEST,
            _pays=worth,
        )

    async def form(self, encoding: Encoding) -> tuple[Message, Message]:
        """Head and body in this encoding; made once."""
        encoding = encoding if self._pays else ""
        if (found := self._forms.get(encoding)) is not None:
            return found
        body = await compressed(self.body, encoding, thorough=self.lasts) if encoding else self.body
        added = [(b"content-length", b"%d" % len(body))]
        if encoding:
            added.append((b"content-encoding", encoding.encode()))
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers + added}
        self._forms[encoding] = made = (start, {"type": "http.response.body", "body": body})
        return made

    async def send(self, send: Send, encoding: Encoding, *, tags: str, whole: bool) -> None:
        """Answer with it: with 304 who has it already by its tag, else `whole` or its head alone."""
        if tags and self.tag and has_tag(tags, self.tag):
            headers = [header for header in self.headers if header[0] not in _OF_THE_BODY]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send(_NOTHING)
            return
        start, body = await self.form(encoding)
        await send(start)
        await send(body if whole else _NOTHING)

    def take_forms(self, other: Answer) -> None:
        """Use what was compressed of the same bytes."""
        if other.body == self.body and other.headers == self.headers:
            self._forms = other._forms


_NOTHING: Final[Message] = {"type": "http.response.body", "body": b""}


@dataclass(slots=True)
class Answers:
    """Those kept: when they are more than `most` bytes, those asked for longest ago go. `made` and `shown` count."""

    most: int = MOST_BYTES
    bytes: int = 0
    made: int = 0
    shown: int = 0
    _found: OrderedDict[Key, Answer] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> Answer | None:
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
        return found

    def put(self, key: Key, answer: Answer) -> None:
        """Keep it, if it may be kept, in place of the one before."""
        if not answer.kept:
            return
        before = self._found.pop(key, None)
        if before is not None:
            answer.take_forms(before)
            self.bytes -= _size(key, before)
        self._found[key] = answer
        self.bytes += _size(key, answer)
        while self.bytes > self.most:
            self.bytes -= _size(*self._found.popitem(last=False))

    def __len__(self) -> int:
        return len(self._found)


def _size(key: Key, answer: Answer) -> int:
    """What an answer may come to with all its forms, in bytes."""
    return _OVERHEAD + len(key[0]) * 4 + len(key[1]) + 2 * len(answer.body)
