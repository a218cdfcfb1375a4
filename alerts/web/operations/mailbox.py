"""The mails of a service that has no mail server yet, for who tries it out: what readers would get.

They lie in the Maildir (`ways.maildir`), and hold what no page may show to others: links that act in a reader's name.
So these pages are there only while the way out is that folder, and only for who asks on this machine itself, even where
[web] operations opens the other pages of operators; and to whom a mail went is not shown.

A mail's HTML is shown as a page of its own, in a sandbox without scripts and with nothing from outside; its pictures
come as part of it.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.template_filters import one_line
from alerts.web.access.visitor import visitor_of
from alerts.web.operations import desk
from alerts.web.readers import private
from alerts.web.site import Web, web_of

_HOME: Final = "/operations/mailbox"
_PAGE: Final = 50
_MOST_PAGES: Final = 100_000
_HEAD: Final = 16 * 1024
_NAME: Final = re.compile(r"[0-9a-f]{28}")
_FILE: Final = re.compile(r"([0-9a-f]{28})\.eml(?::2,[A-Za-z]*)?")
_CID: Final = re.compile(r'src="cid:([^"]+)"')
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
_CLOSED: Final = (
    "Mails are shown only while they are files on this machine ([smtp] host is empty), and only to who asks on it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A mail in the Maildir: by the hexadecimal digits of its Message-ID."""

    name: str
    path: Path
    written: float


def mails_page(request: Request) -> Response:
    """`/operations/mailbox`: the mails, the latest first."""
    web, folder = _folder(request)
    number = _page_number(request.query_params.get("page", ""))
    found = sorted(filed(folder), key=lambda one: (-one.written, one.name))
    first = (number - 1) * _PAGE
    shown = [_line(one) for one in found[first : first + _PAGE]]
    after = f"{web.root}{_HOME}?page={number + 1}" if len(found) > first + _PAGE else ""
    before = f"{web.root}{_HOME}?page={number - 1}" if number > 1 else ""
    variables = {"mails": shown, "number": len(found), "first": first + 1, "before": before, "after": after}
    return desk.page(request, visitor_of(request), "mailbox", {"here": "mailbox", **variables})


def mail_page(request: Request) -> Response:
    """`/operations/mailbox/{name}`: one mail, as plain text; its HTML is a page of its own."""
    web, folder = _folder(request)
    one = _find(folder, str(request.path_params["name"]))
    mail = _read(one)
    text = mail.get_body(("plain",))
    variables = {
        "here": "mailbox",
        "mail": _line(one),
        "sender": one_line(str(mail["From"] or "")),
        "text": str(text.get_content()) if text is not None else "",
        "html": f"{web.root}{_HOME}/{one.name}/html" if mail.get_body(("html",)) is not None else "",
        "bytes": f"{one.path.stat().st_size:,}",
        "pictures": sum(part.get_content_maintype() == "image" for part in mail.walk()),
    }
    return desk.page(request, visitor_of(request), "mailbox_mail", variables)


def html_part(request: Request) -> Response:
    """`/operations/mailbox/{name}/html`: the HTML of one mail, as a mail program shows it."""
    _, folder = _folder(request)
    mail = _read(_find(folder, str(request.path_params["name"])))
    body = mail.get_body(("html",))
    if body is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This mail is plain text alone.")
    html = with_pictures(str(body.get_content()), _pictures(mail))
    return _private(Response(html, media_type="text/html", headers={"Content-Security-Policy": _POLICY}))


def filed(folder: Path) -> list[Filed]:
    """The mails of a Maildir, new and seen. What other programs put there is left out."""
    found = []
    for place in ("new", "cur"):
        try:
            with os.scandir(folder / place) as entries:
                for entry in entries:
                    if name := _FILE.fullmatch(entry.name):
                        written = entry.stat(follow_symlinks=False).st_mtime
                        found.append(Filed(name=name[1], path=Path(entry.path), written=written))
        except OSError:
            continue  # the folder is made with the first mail
    return found


def with_pictures(html: str, pictures: Mapping[str, str]) -> str:
    """The HTML with its inline pictures in it; one that is not there stays away."""
    return _CID.sub(lambda found: f'src="{pictures.get(found[1], "data:,")}"', html)


def _pictures(mail: EmailMessage) -> dict[str, str]:
    """The pictures of a mail as `data:` addresses, by Content-ID."""
    found = {}
    for part in mail.walk():
        if part.get_content_type() == "image/png" and part["Content-ID"]:
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            name = str(part["Content-ID"]).strip().strip("<>")
            found[name] = f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"
    return found


def _folder(request: Request) -> tuple[Web, Path]:
    web = web_of(request)
    if web.settings.mails is None or not web.shows_mails(request):
        raise HTTPException(HTTPStatus.NOT_FOUND, _CLOSED)
    return web, web.settings.mails


def _find(folder: Path, name: str) -> Filed:
    """The mail of a name; a path of a request is never put together to a path of the disk."""
    if _NAME.fullmatch(name):
        for one in filed(folder):
            if one.name == name:
                return one
    raise HTTPException(HTTPStatus.NOT_FOUND, "There is no mail of this name.")


def _read(one: Filed, most: int = -1) -> EmailMessage:
    try:
        with one.path.open("rb") as file:
            mail = message_from_bytes(file.read(most), policy=default)
    except (OSError, MessageError) as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This mail cannot be read any more.") from error
    assert isinstance(mail, EmailMessage)
    return mail


def _line(one: Filed) -> dict[str, object]:
    mail = _read(one, _HEAD)
    return {
        "name": one.name,
        "subject": one_line(str(mail["Subject"] or "")) or "(no subject)",
        "at": datetime.fromtimestamp(one.written, UTC) if mail["Date"] is None else mail["Date"].datetime,
        "bytes": f"{one.path.stat().st_size:,}",
    }


def _page_number(given: str) -> int:
    if not given:
        return 1
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= _MOST_PAGES):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "“page” is the number of a page, from 1.")
    return int(given[:9])


def _private(response: Response) -> Response:
    response.headers.update(private.HEADERS)
    return response


def moved(request: Request) -> Response:
    """The addresses of before."""
    web, _ = _folder(request)
    name = request.path_params.get("name", "")
    below = f"/{name}" if _NAME.fullmatch(name) else ""
    html = "/html" if below and request.url.path.endswith("/html") else ""
    return RedirectResponse(f"{web.root}{_HOME}{below}{html}", HTTPStatus.PERMANENT_REDIRECT, headers=private.HEADERS)


ROUTES: Final = (
    Route(_HOME, mails_page),
    Route(f"{_HOME}/{{name}}", mail_page),
    Route(f"{_HOME}/{{name}}/html", html_part),
    Route("/mails", moved),
    Route("/mails/{name}", moved),
    Route("/mails/{name}/html", moved),
)
