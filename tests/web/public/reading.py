"""A page of the public, as a reader has it before them."""

from __future__ import annotations

from starlette.applications import Starlette

from tests.web.client import ask
from tests.web.html import Page


def page(app: Starlette, address: str, status: int = 200) -> Page:
    answer = ask(app, address)
    assert answer.status == status
    return Page(answer.text)


def links(page: Page) -> list[str]:
    return [one["href"] for one in page.all("a")]
