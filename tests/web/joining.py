"""An application with a reader and a stranger, and the links of their mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from alerts.notify.joining.desk import Desk
from alerts.notify.joining.limits import Limits
from alerts.read.places import Gazetteer
from alerts.readers import ALL, Wishes
from alerts.web.app import WebSettings, create_app
from alerts.web.readers.joining import Joining
from tests.notify.joining.world import SECRET, World
from tests.web.client import FORM, Answer, ask

BASE = "https://alerts.example/desk"
EVENTS = ("attack", "displacement", "siege")


@dataclass(slots=True)
class Pages:
    """The pages of a service over `world`, as a browser on one machine asks for them."""

    world: World
    places: Gazetteer
    settings: Mapping[str, Any] = field(default_factory=dict)
    joining: Joining = field(init=False)
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        limits = Limits(address=1, network=1000, in_all=1000)
        self.open(Desk(secret=SECRET, domain="alerts.example", base_url=BASE, limits=limits))

    def open(self, desk: Desk, **more: Any) -> None:
        self.world.desk = desk
        usual = Joining(
            desk=desk,
            places=self.places,
            events=lambda: EVENTS,
            languages=lambda: ("en", "fr"),
            check_key=str,
            answer_s=0,
        )
        self.joining = replace(usual, **more)
        settings = WebSettings(
            **{"name": "Northern Desk", "base_url": BASE, "contact": "ops@alerts.example", **self.settings}
        )
        self.app = create_app(self.world.engine, settings, now=lambda: self.world.now, joining=self.joining)

    def see(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return ask(self.app, path, method=method, headers=headers)

    def send(
        self, path: str, fields: Sequence[tuple[str, str]] = (), *, host: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """As a browser sends a form."""
        given = {"Content-Type": FORM, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return ask(self.app, path, method="POST", headers=given, body=urlencode(fields).encode(), host=host)

    def reader(self, address: str = "ana@example.org", wishes: Wishes = ALL) -> None:
        self.world.reader(address, wishes)

    def link(self, page: str, address: str = "ana@example.org") -> str:
        purpose = {"/confirm": "confirm", "/unsubscribe": "unsubscribe"}.get(page, "preferences")
        return f"{page}/{self.world.token(purpose, address)}"  # type: ignore[arg-type]
