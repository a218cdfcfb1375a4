"""Mail fetched from a mailbox (IMAP), for who has no mail server of their own: all our addresses lead into one mailbox.

Each mail is taken once. Which was the last is written in the transaction that does what the mail asks; the flag \\Seen
comes after that, for people. A mail that we cannot take for a fault of our own is put aside (`stumbling`), stays unseen
in the mailbox, and keeps no other back.
"""

from __future__ import annotations

import asyncio
import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Engine

from alerts.errors import AlertsError, InputError, StoreError
from alerts.notify.inbox import wire
from alerts.notify.inbox.guard import named
from alerts.notify.inbox.saying import said
from alerts.notify.inbox.sorting import House, Request, request_of
from alerts.notify.inbox.taking import Mail, Outcome
from alerts.store import meta
from alerts.store.database import vault_of, writing

_log = logging.getLogger(__name__)
_TIMEOUT_S: Final = 30.0
_A_ROUND: Final = 100
_MOST_REQUESTS: Final = 5
_LAST: Final = "last mail of the mailbox"
# Where a mail server writes whom a mail was for; To and Cc are the sender's words.
_DELIVERED: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_ADDRESS: Final = re.compile(r"""[^\s<>"(),:;]+@[^\s<>"(),:;]+""")
_MOST_FIELDS: Final = 10
_LONGEST_FIELD: Final = 1_000
_UNKNOWN: Final = "unknown"
_NUMBER: Final = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox, and how to get at it. Always encrypted; `tls` is only for certificates of one's own."""

    host: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    port: int = 993
    folder: str = "INBOX"
    every_s: float = 60.0
    tls: ssl.SSLContext | None = None


Put = Callable[[Connection, Request, Mail], Outcome]
Note = Callable[[Request, Outcome], None]
PutAside = Callable[[Connection, Request, Mail, Exception], bool]


class Poller:
    """New -> start -> stop; `fetch` is one round. `put` does what a mail asks, `put_aside` keeps one that trips over a
    fault of ours, `note` hears of each when that is committed. `ours`: whether it is for this machine to look."""

    def __init__(
        self,
        mailbox: Mailbox,
        house: House,
        engine: Engine,
        *,
        put: Put,
        put_aside: PutAside,
        note: Note,
        ours: Callable[[], bool] = lambda: True,
    ) -> None:
        self._ours = ours
        self._box, self._house, self._engine = mailbox, house, engine
        self._put, self._put_aside, self._note = put, put_aside, note
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look into the mailbox from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                if self._ours():
                    await asyncio.to_thread(self.fetch)
            except Exception as error:
                _log.error("the mailbox cannot be read: %s", said(error))
            await asyncio.sleep(self._box.every_s)

    def fetch(self) -> int:
        """Take what came; how many mails. Raises StoreError, and what the connection raises; nothing is lost then."""
        with _opened(self._box) as (imap, validity):
            with writing(self._engine) as conn:
                name = vault_of(conn).mark(f"{self._box.host}\x1f{self._box.username}\x1f{self._box.folder}")
                known = meta.get(conn, _LAST) or {}
            last = known["uid"] if (known.get("box"), known.get("validity")) == (name, validity) else None
            taken = 0
            for uid in _waiting(imap, last)[:_A_ROUND]:
                state = {"box": name, "validity": validity, "uid": max(uid, last or 0)}
                if self._take(_content(imap, uid), uid, state):
                    imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
                taken += 1
            return taken

    def _take(self, content: bytes, uid: int, state: dict[str, Any]) -> bool:
        try:
            with writing(self._engine) as conn:
                asked = list(asked_by(content, self._house))
                came_of = [(request, self._put(conn, request, mail)) for request, mail in asked]
                meta.put(conn, _LAST, state)
        except StoreError:
            raise
        except Exception as error:
            _log.error("mail %d of the mailbox cannot be taken, and stays there: %s", uid, said(error))
            self._leave(content, state, error)
            return False
        for request, outcome in came_of:
            self._note(request, outcome)
        return True

    def _leave(self, content: bytes, state: dict[str, Any], error: Exception) -> None:
        """Go on with the next mail."""
        asked: list[tuple[Request, Mail]] = []
        with suppress(Exception):  # perhaps this is what it trips over
            asked = list(asked_by(content, self._house))
        with writing(self._engine) as conn:
            kept = [request for request, mail in asked if self._put_aside(conn, request, mail, error)]
            meta.put(conn, _LAST, state)
        for request in kept:
            self._note(request, "set aside")


def asked_by(content: bytes, house: House) -> Iterator[tuple[Request, Mail]]:
    """What a mail without its envelope asks: its receivers and its sender stand in its fields. Without a word about the
    envelope's sender it is not the empty one: only a mail server may say that a mail came back."""
    fields = wire.taken_apart(content).fields
    paths = fields.all("return-path")
    sender = paths[0].strip().strip("<>") if paths else (named(fields.get("from")) or _UNKNOWN)
    delivered = list(_requests((value for name in _DELIVERED for value in fields.all(name)), house))
    written = (value for name in ("to", "cc") for value in fields.all(name))
    for request in (delivered or list(_requests(written, house)))[:_MOST_REQUESTS]:
        yield request, Mail(sender=sender, content=content)


def _requests(values: Iterable[str], house: House) -> Iterator[Request]:
    seen = []
    some = (value[:_LONGEST_FIELD] for value in islice(values, _MOST_FIELDS))
    for address in dict.fromkeys(one.casefold() for value in some for one in _ADDRESS.findall(value)):
        try:
            found = request_of(address, house)
        except InputError:
            continue
        if found is not None and found not in seen:
            seen.append(found)
            yield found


@contextmanager
def _opened(box: Mailbox) -> Iterator[tuple[imaplib.IMAP4_SSL, int]]:
    """The folder, with the number that says whether its mails' numbers still mean the same mails."""
    tls = box.tls or ssl.create_default_context()
    try:
        imap = imaplib.IMAP4_SSL(box.host, box.port, ssl_context=tls, timeout=_TIMEOUT_S)
    except OSError as error:
        raise AlertsError(f"{box.host}:{box.port}: {error.strerror or type(error).__name__}") from None
    try:
        try:
            imap.login(box.username, box.password)
        except imaplib.IMAP4.error:
            raise AlertsError(f"{box.host}: the user name or the password is refused") from None
        folder = '"' + box.folder.replace("\\", r"\\").replace('"', r"\"") + '"'
        if imap.select(folder)[0] != "OK":
            raise AlertsError(f"{box.host}: there is no folder {box.folder}")
        found = imap.response("UIDVALIDITY")[1]
        yield imap, int(found[0]) if found and found[0] else 0
    finally:
        imap.shutdown()


def _waiting(imap: imaplib.IMAP4, last: int | None) -> list[int]:
    """The numbers of the mails that came after `last`; of all that nobody has seen, when nothing was taken before."""
    criterion = ("UNSEEN",) if last is None else ("UID", f"{last + 1}:*")
    data = imap.uid("SEARCH", *criterion)[1]
    found = sorted(int(number) for line in data if isinstance(line, bytes) for number in _NUMBER.findall(line))
    return [uid for uid in found if last is None or uid > last]


def _content(imap: imaplib.IMAP4, uid: int) -> bytes:
    """The beginning of a mail; as much of it as is looked at."""
    data = imap.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{wire.LONGEST}>)")[1]
    return next((one[1] for one in data if isinstance(one, tuple)), b"")
