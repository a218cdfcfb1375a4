"""Reading pages strictly: every element closed, every id once, every label with its field."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """A page as a list of (tag, attributes), with its text; raises AssertionError where it is not well made."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._data: list[str] = []
        assert text.startswith("<!DOCTYPE html>")
        self.feed(text)
        self.close()
        assert self._open == [], f"never closed: {self._open}"
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), "an id twice"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes <{self._open[-1:]}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._data.append(data)
        if data.strip():
            self.words.append((self._open[-1] if self._open else "", " ".join(data.split())))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def runs_only_files(self) -> bool:
        """Whether all its scripts are files of ours: none stands in the page, none comes from elsewhere."""
        scripts = [one.get("src", "") for one in self.all("script")]
        return not self.inside("script") and all(re.match(r"/(desk/)?static/", one) for one in scripts)

    def inside(self, tag: str) -> list[str]:
        """The texts that stand directly in elements of this name."""
        return [text for name, text in self.words if name == tag]

    @property
    def text(self) -> str:
        """All of it, in order, with single blanks."""
        return " ".join("".join(self._data).split())
