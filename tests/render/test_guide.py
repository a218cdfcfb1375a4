"""The guide to templates names every file, every sample, and what each file can use: no more, no less."""

from __future__ import annotations

import re

import pytest
from jinja2 import FileSystemLoader, nodes
from jinja2.meta import find_undeclared_variables

from alerts.notify.preview import SAMPLES
from alerts.render.environment import page_environment
from alerts.render.letters import letter_view, samples
from alerts.render.mail import bulletin_variables, digest_variables, mail_variables
from alerts.render.samples import sample_notices
from alerts.render.view import Site
from alerts.resources import shipped

FOLDER = shipped("templates")
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".html", ".txt"))
SHARED = {
    "site_name",
    "contact",
    "root",
    "files",
    "subscribe",
    "operations",
    "shows_mails",
    "path",
    "visitor",
    "private",
}
PIECES = {file for file in FILES if file.startswith("pages/") and "/_" in file}


def section(title: str) -> str:
    """What stands under a heading of the guide."""
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the tables in a part of the guide, by their first cell: what stands in backquotes in the others."""
    found = {}
    for line in text.splitlines():
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        if line.startswith("| `") and len(cells) > 1:
            found[cells[0].strip()] = re.findall(r"`([^`]+)`", cells[-1])
    return found


def names(text: str) -> set[str]:
    """The names in the first cells of the tables in a part of the guide."""
    return {name for first in rows(text) for name in re.findall(r"`(\w+)`", first)}


def test_every_file_is_named() -> None:
    assert {file for file in FILES if f"`{file}`" not in GUIDE} == set()
    named = set(re.findall(r"`((?:mail|pages|feeds)/(?:operations/)?\w+\.(?:html|txt))`", GUIDE))
    assert named <= set(FILES)


def test_every_sample_is_named_beside_the_file_that_it_tries() -> None:
    table = rows(section("Which file makes which mail"))
    assert sorted(name for found in table.values() for name in found) == sorted(SAMPLES)
    for first, found in table.items():
        for kind in found if "letter_" in first else ():
            assert f"mail/letter_{kind}." in first


PAGES = {
    first.strip("`"): set(found) for first, found in rows(section("The pages and the feed")).items() if ".html" in first
}


def test_every_page_has_its_row() -> None:
    assert set(PAGES) == {file for file in FILES if file.startswith(("pages/", "feeds/"))} - PIECES


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_can_use_is_what_the_shipped_one_uses(page: str) -> None:
    environment = page_environment(FileSystemLoader(FOLDER))
    tree = environment.parse((FOLDER / page).read_text(encoding="utf-8"))
    used = set(find_undeclared_variables(tree)) - set(environment.globals) - SHARED
    used -= {macro.name for macro in tree.find_all(nodes.Macro)}
    used -= {one.target for one in tree.find_all(nodes.Import)}
    for one in tree.find_all(nodes.FromImport):
        used -= {name if isinstance(name, str) else name[1] for name in one.names}
    assert used == PAGES[page]


SITE = Site(base_url="https://alerts.example")


@pytest.mark.parametrize(
    ("title", "view"),
    [
        ("What `mail/alert.*` can use", mail_variables(next(iter(sample_notices())), SITE)),
        ("What `mail/bulletin.*` can use", bulletin_variables(SITE)),
        ("What `mail/letter_*` can use", letter_view(samples()[0], SITE)),
    ],
)
def test_what_a_mail_can_use_is_what_it_is_given(title: str, view: dict[str, object]) -> None:
    assert names(section(title)) == set(view)


def test_what_a_letter_has_links_and_addresses_for_is_named() -> None:
    view = letter_view(samples()[0], SITE)
    text = section("What `mail/letter_*` can use")
    for thing in ("links", "mails"):
        parts = view[thing]
        assert isinstance(parts, dict)
        line = next(line for line in text.splitlines() if line.startswith(f"| `{thing}`"))
        assert set(re.findall(r"`\.(\w+)`", line)) == set(parts)


def test_what_a_digest_can_use_is_named() -> None:
    from datetime import date

    from alerts.render.digest import Digest

    notices = tuple(sample_notices())
    digest = Digest(notices=notices, count=9, extreme=0, severe=1, first=date.min, last=date.max)
    assert names(section("What `mail/digest.*` can use")) == set(digest_variables(digest, SITE))
