"""What all pages share: the database, the templates, the static files, and how an answer is made.

Every answer has an ETag made from its bytes, so a reader on a bad line, or a feed reader that asks every
few minutes, gets 304 and nothing else until something has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.engine.rulebook import Rulebook
from alerts.engine.verdicts import Hearing
from alerts.errors import Fault
from alerts.read.places import Gazetteer
from alerts.render.environment import Templates
from alerts.render.pictures import Pictures
from alerts.render.view import Site
from alerts.resources import shipped
from alerts.web.access.pace import Pace
from alerts.web.access.parts import closed
from alerts.web.access.visitor import NOBODY, visitor_of
from alerts.web.data.topics import Topics
from alerts.web.fresh import Fresh
from alerts.web.operations.laboratory import Laboratory
from alerts.web.operations.metrics import Meter
from alerts.web.operations.opening import Kept, open_to
from alerts.web.operations.operating import Operating
from alerts.web.proxies import Network
from alerts.web.readers.joining import Joining

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_HTML: Final = "text/html; charset=utf-8"
_READY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`name` is shown on every page, `base_url` stands in feeds; a path in it is where a proxy mounts us.
    `templates` is the folder of the user's own. `operations`: whether the pages of operators are there; None: only for
    this machine itself, to which `host` listens. An overview of the feeds is kept for some seconds: it reads much.
    `keeps`: for how many seconds a public answer is shown to all who ask (0: each is made for itself).
    `mails`: the Maildir that mails go to, while there is no mail server. `hub` is told of news in the feeds, `rights`
    is what others may do with the data. `private` are the parts that want a
    login ([web] private); `trusted_proxies` are believed what they say of who asks."""

    name: str = "alerts"
    base_url: str = "http://127.0.0.1:8080"
    contact: str = ""
    templates: Path | None = None
    page_size: int = 25
    feed_size: int = 50
    operations: bool | None = None
    host: str = "127.0.0.1"
    overview_kept: float = 10.0
    mails: Path | None = None
    hub: str = ""
    rights: str = ""
    keeps: float = 0.0
    private: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Static:
    """One file that pages load. `tag` changes with its content."""

    content: bytes
    media_type: str
    tag: str


class Parts(TypedDict, total=False):
    """The parts of a service that a site may have: see `Web`, whose fields they are."""

    hearing: Hearing | None
    joining: Joining | None
    meter: Meter
    rulebook: Callable[[], Rulebook] | None
    places: Gazetteer | None
    operating: Operating | None
    lab: Laboratory | None
    checks: Mapping[str, Callable[[], str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """One running site. `started` stands in for the time of a feed without entries. `hearing` does what readers say by
    the links of their mails: without one they can say nothing of alerts; without `joining` nobody can become a reader
    or change what they get. `meter` has counted since the service was started. `rulebook` gives the rules in
    force at the moment, `places` knows the world's places: without one the pages say what the archive alone knows.
    Without an `operating` operators can change nothing, without a `lab` rules can be neither explained nor tried.
    `checks` say of parts of the service, by name, whether they are ready: "ok", or one word on why not."""

    engine: Engine
    site: Site
    settings: WebSettings
    templates: Templates
    static: Mapping[str, Static]
    started: datetime
    now: Callable[[], datetime]
    hearing: Hearing | None = None
    joining: Joining | None = None
    meter: Meter = field(default_factory=Meter)
    kept: Kept = field(default_factory=Kept)
    rulebook: Callable[[], Rulebook] | None = None
    places: Gazetteer | None = None
    operating: Operating | None = None
    lab: Laboratory | None = None
    checks: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    ready: Fresh[Mapping[str, str]] = field(default_factory=lambda: Fresh(_READY_S))
    pictures: Pictures = field(default_factory=Pictures)
    drawing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    downloads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    topics: Topics = field(default_factory=Topics)
    guesses: Pace = field(default_factory=Pace)

    @property
    def closed(self) -> frozenset[str]:
        """The parts that only who has logged in may see."""
        return closed(self.settings.private)

    def shows_operations(self, request: Request) -> bool:
        """Whether this request may see how the service does."""
        return self._open_to(self.settings.operations, request)

    def shows_mails(self, request: Request) -> bool:
        """Whether this request may see the mails of a service without a mail server. They hold links that act in a
        reader's name, so nobody may but who asks on this machine itself, whatever the setting for operators says."""
        return self.settings.mails is not None and self.is_here(request)

    def is_here(self, request: Request) -> bool:
        """Whether who asks is on this machine itself, and the pages of operators are not switched off."""
        return self.settings.operations is not False and self._open_to(None, request)

    def _open_to(self, setting: bool | None, request: Request) -> bool:
        own, client = self.settings, request.client
        here = client.host if client is not None else ""
        return open_to(setting, host=own.host, base_url=own.base_url, headers=request.headers, client=here)

    @property
    def root(self) -> str:
        """What stands before every path of ours: empty, or "/news" behind a proxy that mounts us there."""
        return urlsplit(self.site.base_url).path.rstrip("/")

    def page(self, request: Request, name: str, variables: Mapping[str, Any], *, status: int = 200) -> Response:
        """The page `pages/NAME.html`."""
        shared: dict[str, Any] = {"operations": self.shows_operations(request)}
        shared |= {"shows_mails": self.shows_mails(request), "path": request.scope["path"]}
        visitor = visitor_of(request)
        body = self.fragment(f"pages/{name}.html", shared | {"visitor": visitor} | dict(variables))
        cache = "no-cache" if visitor.role is None else "private, no-cache"  # it shows what is for them alone
        return answer(request, body.encode("utf-8", "replace"), _HTML, status=status, cache=cache)

    def fragment(self, name: str, variables: Mapping[str, Any]) -> str:
        """A template with the variables that all pages have."""
        files = {file: f"{self.root}/static/{file}?v={found.tag}" for file, found in self.static.items()}
        return self.templates.render(
            name,
            {"site_name": self.site.name, "contact": self.site.contact, "root": self.root, "files": files}
            | {"operations": False, "shows_mails": False, "path": "", "visitor": NOBODY}
            | {"private": bool(self.closed)}
            | {"subscribe": self.joining is not None and self.joining.desk.open, **variables},
        )


def open_web(
    engine: Engine,
    settings: WebSettings,
    *,
    now: Callable[[], datetime],
    report: Callable[[Fault], None],
    **parts: Unpack[Parts],
) -> Web:
    """A site over `engine`. `report` hears of faults in the user's templates."""
    folder = shipped("templates")
    site = Site(name=settings.name, base_url=settings.base_url.rstrip("/"), contact=settings.contact)
    return Web(
        engine=engine,
        site=site,
        settings=settings,
        templates=Templates(folder, settings.templates, report=report),
        static=dict(_static(folder, settings.templates)),
        started=now(),
        now=now,
        **parts,
    )


def _static(folder: Path, own: Path | None) -> Iterator[tuple[str, Static]]:
    """The files of `static/`, the user's in place of the shipped. Read once: no path of a request is ever
    looked up on the disk."""
    for base in (folder, own):
        for path in sorted((base / "static").glob("*")) if base is not None else ():
            if path.is_file() and path.suffix in _TYPES:
                content = path.read_bytes()
                yield path.name, Static(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])


def web_of(request: Request) -> Web:
    """The site that a request came to."""
    web = request.app.state.web
    assert isinstance(web, Web)
    return web


def joining_of(web: Web) -> Joining:
    """What the pages need by which people become readers; without it they are not there."""
    if web.joining is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return web.joining


def answer(request: Request, body: bytes, media_type: str, *, status: int = 200, cache: str = "no-cache") -> Response:
    """The answer, or 304 when the reader has these very bytes already."""
    headers = {"Cache-Control": cache if status == 200 else "no-store"}
    if status == 200:
        # Weak, because the same tag stands for the compressed form.
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        if has_tag(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def has_tag(given: str, tag: str) -> bool:
    """Whether If-None-Match names this tag; compared weakly, as RFC 9110 13.1.2 wants it."""
    tags = (one.strip().removeprefix("W/") for one in given.split(","))
    return any(one in ("*", tag.removeprefix("W/")) for one in tags)
