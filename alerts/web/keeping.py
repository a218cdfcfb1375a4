"""Answers that everybody gets alike are made once a second at most, however many ask; lists of alerts only when an
alert has changed, or after five minutes.

On a day when everybody looks, thousands ask for the same few pages. What is kept here was made for nobody: the
application gets the address alone, without a cookie, a host or any other word of who asked first, so no answer to one
can hold what is meant for another. Pages of operators and of readers, and the links of mails, never come here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.web.changes import Changes
from alerts.web.encodings import Encoding, chosen
from alerts.web.kept import Answer, Answers, Key
from alerts.web.operations.opening import open_to
from alerts.web.security import headers_of
from alerts.web.site import WebSettings

SHOWN_S: Final = 3.0  # so old may an answer be while a newer one is made
BUSY_SHOWN_S: Final = 15.0  # and so old while more wait to be made than soon can be: to wait would be no better
BUSY: Final = 10
OLDEST_S: Final = 60.0  # and so old rather than to send anybody away
LASTS_S: Final = 300.0  # a list of alerts that have not changed: there may be something of which nobody here thinks
MOST_MADE: Final = 100  # waiting to be made: whoever asks for yet another page then is asked to come again
AT_ONCE: Final = 2  # more threads would only keep each other, and what is answered from here, from the interpreter

_PAGES: Final = re.compile(r"/(?:(?:alerts|places|rules|data|about)(?:[/.].*)?)?", re.DOTALL)
_LISTS: Final = re.compile(r"/alerts(?:\.[a-z.]+)?")
_PICTURES: Final = (".svg", ".png")  # these have turns of their own
_STREAMED: Final = ("/alerts.csv",)
_FILES: Final = ("/static/", "/land/")
_TELLING: Final = (b"cookie", b"authorization")


class Keeping:
    """ASGI middleware. An answer is fresh for `settings.keeps` seconds; 0 keeps none."""

    def __init__(self, app: ASGIApp, settings: WebSettings, answers: Answers, changes: Changes) -> None:
        self._app, self._settings, self._answers, self._changes = app, settings, answers, changes
        self._turns = CapacityLimiter(AT_ONCE)
        self._making: dict[Key, asyncio.Task[Answer | None]] = {}
        # What everybody sees depends on who asks where operators need no login, and where parts are private.
        self._open = settings.operations is not True and not settings.private
        self._local = _may_be_here(settings, {"host": "localhost"}, "127.0.0.1")
        self._busy = _busy(settings.base_url)
        base = urlsplit(settings.base_url)
        self._scheme, self._headers = base.scheme, [(b"host", base.netloc.encode()), (b"via", b"1.1 alerts")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_kept(scope):
            await self._app(scope, receive, send)
            return
        accepted, tags = _asked(scope)
        encoding = chosen(accepted)
        answer = await self._answer(scope, encoding)
        if answer is None:
            await self._app(scope, receive, send)
        else:
            await answer.send(send, encoding, tags=tags, whole=scope["method"] == "GET")

    def _is_kept(self, scope: Scope) -> bool:
        if not self._settings.keeps or scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return False
        path: str = scope["path"]
        if path.startswith(_FILES):
            return True
        if not self._open or not _PAGES.fullmatch(path) or path in _STREAMED:
            return False
        if any(name in _TELLING for name, _ in scope["headers"]):
            return False
        return not (self._local and _may_be_here(self._settings, _named(scope), (scope.get("client") or ("",))[0]))

    async def _answer(self, scope: Scope, encoding: Encoding) -> Answer | None:
        """The answer as it is known, or as it is made now; None where it is not for everybody."""
        key = (scope["path"], scope["query_string"])
        found, now = self._answers.get(key), self._changes.clock()
        if found is not None:
            fresh = now < found.fresh_until or await self._still_right(found, now)
            if not fresh:
                self._begin(key, scope, encoding)
            shown = SHOWN_S if len(self._making) < BUSY else BUSY_SHOWN_S
            if fresh or now < found.right_at + shown:
                self._answers.shown += 1
                return found
        making = self._begin(key, scope, encoding)
        if making is not None:
            return await asyncio.shield(making)
        return found if found is not None and now < found.right_at + OLDEST_S else self._busy

    async def _still_right(self, answer: Answer, now: float) -> bool:
        """Whether no alert has changed since it was made; then it is fresh again."""
        if answer.stamp is None or now > answer.begun + LASTS_S:
            return False
        seen = await self._changes.seen()
        if seen.stamp != answer.stamp:
            return False
        answer.right_at = max(answer.right_at, seen.at)
        answer.fresh_until = max(answer.fresh_until, seen.at + self._settings.keeps)
        return True

    def _begin(self, key: Key, scope: Scope, encoding: Encoding) -> asyncio.Task[Answer | None] | None:
        """The one task that makes this answer; None where too many are made. It goes on if who asked first leaves."""
        task = self._making.get(key)
        if task is None and len(self._making) < MOST_MADE:
            task = self._making[key] = asyncio.create_task(self._make(key, scope, encoding))
            task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def _forget(self, key: Key, task: asyncio.Task[Answer | None]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # whoever waits for the answer gets it; if nobody does, the next who asks

    async def _make(self, key: Key, scope: Scope, encoding: Encoding) -> Answer | None:
        stamp = (await self._changes.seen()).stamp if _LISTS.fullmatch(scope["path"]) else None
        async with nullcontext() if scope["path"].endswith(_PICTURES) else self._turns:
            begun = self._changes.clock()
            start, body = await self._made_alone(scope)
        self._answers.made += 1
        answer = Answer.of(start, body, begun=begun, keeps=self._settings.keeps, stamp=stamp)
        if answer is not None:
            self._answers.put(key, answer)
            await answer.form(encoding)
        return answer

    async def _made_alone(self, scope: Scope) -> tuple[Message, bytes]:
        """What the application answers to this address, told nothing of who asks."""
        alone = {**scope, "method": "GET", "headers": list(self._headers), "scheme": self._scheme, "client": None}
        start: Message = {}
        body: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.append(message.get("body", b""))

        await self._app({**alone, "state": {}}, _Receiver(), collect)
        return start, b"".join(body)


class _Receiver:
    """A request without a body, of a client that stays."""

    def __init__(self) -> None:
        self._asked = False

    async def __call__(self) -> Message:
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}


def _asked(scope: Scope) -> tuple[str, str]:
    """Accept-Encoding and If-None-Match."""
    accepted = tags = ""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = f"{accepted},{value.decode('latin-1')}"
        elif name == b"if-none-match":
            tags = f"{tags},{value.decode('latin-1')}"
    return accepted, tags


def _named(scope: Scope) -> Mapping[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _may_be_here(settings: WebSettings, headers: Mapping[str, str], client: str) -> bool:
    """Whether a request with these headers may come from this machine itself, whose user sees more than others."""
    return settings.operations is not False and open_to(
        None, host=settings.host, base_url=settings.base_url, headers=headers, client=client
    )


def _busy(base_url: str) -> Answer:
    return Answer(
        status=503,
        headers=[
            *((name.lower().encode(), value.encode()) for name, value in headers_of(base_url).items()),
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"retry-after", b"5"),
        ],
        body=b"Too many pages are asked for just now. Please try again in some seconds.\n",
    )
