"""Every page, before the programs of others: valid HTML, and nobody kept out who sees or hears less or has no mouse.

The walk begins at the start page and follows what it finds, so that a page which something links to is looked at
without being named here; of each kind of page a few. One browser looks at all of them. (Roles that an element has by
itself are allowed: where rows are shown as blocks, browsers forget that they were a table.)
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from alerts.engine.verdicts import Hearing
from alerts.notify.joining.desk import Desk
from alerts.read.places import Gazetteer
from alerts.resources import shipped
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from alerts.web.readers.joining import Joining
from tests.engine.world import World
from tests.notify.message.tools import NODE, need, node_module
from tests.web.archive import GOMA, LEBANON, Report, Told, people, tell
from tests.web.client import Answer, ask
from tests.web.html import Page
from tests.web.test_looking import SECRET, addresses, rulebook, world

__all__ = ["rulebook", "world"]

OF_EACH_KIND = 2
BESIDE = (
    *("/nothing", "/places/nowhere", "/places?q=Idlib", "/places?q=Xyzzyx", "/places/GOM", "/rules/none"),
    *("/alerts?severity=x", "/alerts?country=LBN", "/alerts?state=cancelled"),
    *("/alerts?where=Goma", "/alerts?q=attack&rule=shelling", "/alerts?where=Xyzzyx"),
)
"""Where no link leads: what is mistyped, looked for, or not there."""
LEAST = {
    **{
        "/": 1,
        "/alerts": 2,
        "/alerts/{id}": 2,
        "/places": 3,
        "/places/{id}": 4,
        "/rules": 1,
        "/rules/{name}": 3,
        "/about": 1,
    },
    **{"/subscribe": 1, "/preferences/{token}": 1, "/unsubscribe/{token}": 1, "/v/{token}": 1},
}
"""How many pages of each kind there are at least: a walk that ends at the door finds no fault."""


@pytest.fixture
def app(world: World, gazetteer: Gazetteer) -> Starlette:
    """A site with something of everything."""
    _fill(world)
    desk = Desk(secret=SECRET, domain="alerts.example", base_url="https://alerts.example/desk")
    return create_app(
        world.engine,
        WebSettings(
            base_url="https://alerts.example/desk", contact="desk@alerts.example", page_size=3, operations=False
        ),
        now=lambda: world.now,
        hearing=Hearing(
            rulebook=lambda: world.rulebook,
            outbox=world.tracker.outbox,
            domain="alerts.example",
            secret=SECRET,
            second_look=50,
        ),
        joining=Joining(desk=desk, places=gazetteer, events=lambda: ("attack", "siege"), answer_s=0),
        rulebook=lambda: world.rulebook,
        places=gazetteer,
    )


def _fill(world: World) -> None:
    world.hear("The army and the rebels agreed to a truce in Burkina Faso.")
    world.hear("Gunmen besieged Djibo.")
    copied = (Report(source="أخبار", title="قصف على جيبو"), Report(source="Copying Times", copies=0, hours=1))
    toll = tuple(Told(why="more victims", changes=("12 → 45 killed",), hours=hours) for hours in (3, 6))
    begin = world.now
    with writing(world.engine) as conn:
        tell(
            conn, *copied, versions=(Told(), *toll), severity="extreme", start=begin, numbers={"killed": people(45, 60)}
        )
        tell(
            conn,
            Report(counts=False),
            place=LEBANON,
            severity="moderate",
            state="ended",
            start=begin,
            told={"denied_by": ["Radio"]},
        )
        tell(conn, place=GOMA, severity="minor", state="cancelled", start=begin, versions=(Told(), Told(kind="cancel")))
        tell(conn, place=None, state="closed", start=begin, versions=(Told(), Told(kind="close")))


def pages(app: Starlette, world: World) -> dict[str, str]:
    """Pages by their addresses: the walk from the start, what the links of mails lead to, and what no link names."""
    found: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    todo = ["/", *BESIDE, *(one for one in addresses(app, world) if "operations" not in one)]
    seen = set(todo)
    while todo:
        address = todo.pop(0)
        if address not in BESIDE and kinds[_kind(app, address)] >= OF_EACH_KIND:
            continue
        answer = ask(app, address)
        assert answer.status < 500, address
        kinds[_kind(app, address)] += address not in BESIDE
        if _is_page(answer) and (answer.status == 200 or address in BESIDE):
            found[address] = answer.text
            links = [one["href"].removeprefix("/desk") for one in Page(answer.text).all("a") if "href" in one]
            new = [one.partition("#")[0] for one in links if one.startswith("/")]
            todo += [one for one in dict.fromkeys(new) if one and one not in seen]
            seen |= set(new)
    return found


def _kind(app: Starlette, address: str) -> str:
    path = address.partition("?")[0]
    routes: Any = app.routes
    return next((str(one.path) for one in routes if one.path_regex.match(path)), "")


def _is_page(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html") and bool(answer.body)


def test_every_page_is_valid_and_keeps_nobody_out(app: Starlette, world: World, tmp_path: Path) -> None:
    validate, browser = need("html-validate", others=[str(NODE / ".bin")]), need("chromium")
    axe = node_module("axe-core/axe.min.js")
    found = pages(app, world)
    kinds = Counter(_kind(app, address) for address in found)
    assert all(kinds[path] >= number for path, number in LEAST.items()), kinds
    with _validating(validate, found, tmp_path / "pages") as validating:
        faults = _seen(browser, axe, found, tmp_path)
        said, _ = validating.communicate(timeout=200)
    invalid = said[:4000] if validating.returncode else ""
    assert set(faults) == set(found)
    assert (invalid, {address: one for address, one in faults.items() if one}) == ("", {})


def _validating(program: str, found: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    """It works while the browser does."""
    folder.mkdir()
    for number, (address, text) in enumerate(found.items()):
        name = re.sub(r"[^a-z0-9]+", "_", address, flags=re.IGNORECASE)
        (folder / f"{number}{name[:60]}.html").write_text(text, encoding="utf-8")
    settings = Path(__file__).with_name("html-validate.json")
    command = [program, "--config", str(settings), *map(str, sorted(folder.glob("*.html")))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _seen(browser: str, axe: Path, found: dict[str, str], folder: Path) -> dict[str, list[list[str]]]:
    """What axe-core finds that is serious, by page: every other page by day, the others at night."""
    (folder / "axe.js").write_bytes(axe.read_bytes())
    shown = {address: _by_itself(text, night=number % 2 == 1) for number, (address, text) in enumerate(found.items())}
    (folder / "all.html").write_text(_LOOK % json.dumps(shown).replace("<", "\\u003c"), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=500,900",
        "--virtual-time-budget=60000",
        "--dump-dom",
    ]
    command = [browser, *options, f"--user-data-dir={folder / 'profile'}", (folder / "all.html").as_uri()]
    ran = subprocess.run(command, capture_output=True, timeout=200, check=False, env=os.environ | {"HOME": str(folder)})
    said = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout.decode(errors="replace"), re.DOTALL)
    assert said is not None, (ran.stdout + ran.stderr).decode(errors="replace")[-2000:]
    faults = json.loads(unescape(said[1]))
    assert isinstance(faults, dict)
    return faults


def _by_itself(text: str, *, night: bool) -> str:
    """A page with its styles in it, as a screen in the dark shows it or not."""
    for name in re.findall(r'<link rel="stylesheet" href="/desk/static/([\w/.-]+\.css)', text):
        style = (shipped("templates") / "static" / name).read_text(encoding="utf-8")
        style = style.replace("(prefers-color-scheme: dark)", "all" if night else "not all")
        text = text.replace("</head>", f"<style>{style}</style></head>")
    return text


_LOOK = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><script src="axe.js"></script><script>
const pages = %s, found = {}, root = document.documentElement;
async function look() {
  root.style.width = "360px";
  for (const [address, html] of Object.entries(pages)) {
    const page = new DOMParser().parseFromString(html, "text/html");
    root.lang = page.documentElement.lang;
    document.head.innerHTML = page.head.innerHTML;
    document.body.innerHTML = page.body.innerHTML;
    const result = await axe.run(document, {resultTypes: ["violations"]});
    const grave = result.violations.filter(one => one.impact === "serious" || one.impact === "critical");
    found[address] = grave.map(one => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]);
    if (document.body.scrollWidth > 360)
      found[address].push(["wider than the screen of a phone", document.body.scrollWidth + " px"]);
  }
  document.head.innerHTML = "";
  document.body.innerHTML = '<pre id="found"></pre>';
  document.getElementById("found").textContent = JSON.stringify(found);
}
look();
</script></body></html>"""
