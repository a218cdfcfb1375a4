"""What all pages of operators share: who may see them, how a change is made, and how it is told on the next page.

A change is a POST with the session's token. It is made in one transaction with its entry in the audit log, and answered
by a redirect to a page that shows what this entry says (`?done=ID`), and only to who did it: so nothing is kept in a
cookie, nothing that stands in an address is shown as our words, and to reload the page does nothing again.

What shows more than feeds wants somebody who has logged in, or who asks on this machine itself: [web] operations opens
the pages of feeds and the numbers, not what is told to whom.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, NoReturn

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.engine.acts import Actor
from alerts.errors import InputError, TemplateError
from alerts.roles import Role
from alerts.store import audit
from alerts.store.database import reading, writing
from alerts.template_filters import one_line
from alerts.track.quiet import said
from alerts.web.access.visitor import LoginNeeded, Visitor, form_of, needs, visitor_of
from alerts.web.operations.operating import Operating
from alerts.web.readers import private
from alerts.web.site import Web, web_of

LONGEST_WHY: Final = 500
_MINUTE: Final = timedelta(minutes=1)
_TOLD_FOR: Final = timedelta(minutes=15)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_COMMAND: Final = re.compile(r"[;:,] (?:see: )?alerts [a-z]+( .*)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A change that was made: what and to what, in the words of the audit log, what came of it in a sentence, and the
    page (below the root) that tells it."""

    action: str
    subject: str
    said: str
    goal: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Somebody who wants to change something: what their form sent, and with what it is done."""

    request: Request
    web: Web
    visitor: Visitor
    sent: Sequence[tuple[str, str]]
    now: datetime

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.sent)

    @property
    def operating(self) -> Operating:
        return operating_of(self.web)

    @property
    def actor(self) -> Actor:
        """As what they do stands in the log of an alert: by their name, as somebody who works at the alerts."""
        return Actor(who=self.visitor.name)

    def every(self, name: str) -> list[str]:
        """All values of a field, once each."""
        return list(dict.fromkeys(value for key, value in self.sent if key == name and value))

    def text(self, name: str, *, longest: int = LONGEST_WHY) -> str:
        """What was typed into a field, on one line. Raises InputError for what is too long, or holds an address: it is
        kept for good, and shown."""
        words = one_line(self.fields.get(name, ""))
        if len(words) > longest:
            raise InputError(f"that is too long: write at most {longest} letters")
        if _ADDRESS.search(words):
            raise InputError("leave mail addresses out of it: what is written here is kept, and shown to others")
        return words

    def number(self, name: str) -> int:
        """A number that a button of ours sends."""
        return number(self.fields.get(name, ""))


Change = Callable[[Connection, Case], Done]
Again = Callable[[Case, str], Response]
"""The page from which a change was asked for, once more, with why it was not made."""


async def change(request: Request, role: Role, make: Change, again: Again) -> Response:
    """Make a change that who has `role` may make, and go to the page that tells of it."""
    return await run_in_threadpool(changed, await case_of(request, role), make, again)


async def case_of(request: Request, role: Role) -> Case:
    """What somebody who has `role` sent by a form of ours."""
    visitor, sent = await form_of(request, role)
    web = web_of(request)
    return Case(request=request, web=web, visitor=visitor, sent=sent, now=web.now())


def changed(case: Case, make: Change, again: Again) -> Response:
    try:
        with writing(case.web.engine) as conn:
            done = make(conn, case)
            detail = {"said": done.said, **done.more}
            entry = audit.note(conn, case.visitor, done.action, done.subject, detail, now=case.now)
    except (InputError, TemplateError) as error:  # the second: of a line in a rule
        return again(case, sentence(str(error)))
    mark = "&" if "?" in done.goal else "?"
    return redirect(f"{case.web.root}{done.goal}{mark}done={entry}")


def redirect(address: str) -> Response:
    """Go on there, by GET."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, headers=private.HEADERS)


def sentence(text: str) -> str:
    """What an error says, as a sentence for a page: without the command that a terminal would want."""
    text = _COMMAND.sub("", text.strip())
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def looker(request: Request, role: Role = "viewer") -> tuple[Web, Visitor]:
    """Who looks at a page of operators. Raises what leads to the login, or says no."""
    visitor = needs(request, role)
    if sees_feeds_only(request):
        raise LoginNeeded(request)
    return web_of(request), visitor


def sees_feeds_only(request: Request) -> bool:
    """Whether [web] operations alone lets this visitor in, who has not logged in and is not on this machine."""
    visitor = visitor_of(request)
    return visitor.person_id is None and visitor.may("viewer") and not web_of(request).is_here(request)


def page(
    case: Request, visitor: Visitor, name: str, variables: Mapping[str, Any], *, status: int = 200, problem: str = ""
) -> Response:
    """The page `pages/operations/NAME.html`: for who works here alone, and kept by no cache."""
    web = web_of(case)
    shared = {"done": "" if problem else told(case, visitor), "problem": problem, "at": web.now()}
    response = web.page(case, f"operations/{name}", shared | dict(variables), status=status)
    response.headers.update(private.HEADERS)
    if "etag" in response.headers:
        del response.headers["etag"]
    return response


def told(request: Request, visitor: Visitor) -> str:
    """What the change came to that led here, for who made it just now."""
    given = request.query_params.get("done", "")
    if not _NUMBER.fullmatch(given):
        return ""
    web = web_of(request)
    with reading(web.engine) as conn:
        entry = audit.get(conn, int(given))
    if entry is None or entry.person_id != visitor.person_id or web.now() - entry.at > _TOLD_FOR:
        return ""
    return sentence(str(entry.detail.get("said", "")))


def operating_of(web: Web) -> Operating:
    """What is acted with. Raises 404 where the pages are shown by what cannot act."""
    if web.operating is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "Nothing can be changed here: the pages run without the service.")
    return web.operating


def number(given: str, what: str = "") -> int:
    """The number in a path or a form. Raises 404 for what is none."""
    if not _NUMBER.fullmatch(given):
        raise HTTPException(HTTPStatus.NOT_FOUND, what or "There is nothing of this number.")
    return int(given)


def nothing(what: str) -> NoReturn:
    """Raise 404."""
    raise HTTPException(HTTPStatus.NOT_FOUND, what)


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago: "12 minutes"; "" for never."""
    if moment is None:
        return ""
    length = now - moment
    return said(length) if length >= timedelta(minutes=2) else "a minute" if length >= _MINUTE else "less than a minute"


def without_addresses(text: str) -> str:
    """Text in which no mail address stands."""
    return _ADDRESS.sub("(address)", text)
