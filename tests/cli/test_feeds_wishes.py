"""`alerts feeds set`, `remove`, `list` and `documents`: what an operator wants of feeds, and gets back of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.cli import common
from alerts.cli.feeds.wishes import obstacles
from alerts.collect.outcome import Document
from alerts.store import articles, documents
from alerts.store.database import writing
from alerts.types import Entry
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.fakes.feeds import rss, story

pytestmark = pytest.mark.usefixtures("ready")

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


LIST = """<opml><body>
<outline text="Example News" xmlUrl="https://example.org/a" category="wire"/>
<outline text="B" xmlUrl="https://news.example.org/b" category="wire" alerts:critical="yes"/>
<outline text="C" xmlUrl="https://desk:secret@example.net/c" category="camps"/>
</body></opml>"""


@pytest.fixture
def three(world: World) -> World:
    """Feeds 1 and 2 with the tag wire, 2 critical; 3 with a login."""
    world.configure('[owners]\nState = ["Example News"]\n')
    assert alerts("feeds", "import", "-", stdin=LIST).out == "added 3 feeds\n"
    return world


def _row(number: int) -> dict[str, object]:
    return next(row for row in alerts("feeds", "list", "--json").rows if row["id"] == number)


def _ids(*args: str) -> list[int]:
    return sorted(row["id"] for row in alerts("feeds", "list", "--json", *args).rows)


def test_the_list_is_narrowed_by_tag_host_and_kind(three: World) -> None:
    assert _ids() == [1, 2, 3]
    assert _ids("--tag", "WIRE") == _ids("--host", "example.org") == [1, 2]
    assert _ids("--tag", "wire", "--critical") == [2]
    assert _ids("--failing") == []
    assert alerts("feeds", "list", "--failing").out == "no failing feeds\n"
    shown = alerts("feeds", "list")
    assert "secret" not in shown.out + alerts("feeds", "list", "--json").out
    assert "new, critical" in shown.out
    wrong = alerts("feeds", "list", "--tag", "wyre")
    assert (wrong.code, wrong.err) == (1, "alerts: no feed has the tag 'wyre'; did you mean 'wire'?\n")
    assert "did you mean 'example.net'?" in alerts("feeds", "list", "--host", "exampel.net").err


def test_wishes_are_changed_and_taken_back(three: World) -> None:
    wishes = ("--owner", "UN", "--tier", "1", "--every", "5 minutes", "--max-body", "20 MiB", "--full-text")
    assert alerts("feeds", "set", "1", *wishes).out == "changed feed 1, from 'Example News'\n"
    names = ("owner", "own_owner", "tier", "own_tier", "own_interval_s", "max_body", "full_text", "country")
    assert [_row(1)[name] for name in names] == ["UN", "UN", 1, 1, 300.0, 20 * 2**20, True, None]
    back = ("--owner", "usual", "--tier", "usual", "--every", "usual", "--max-body", "usual", "--no-full-text")
    assert alerts("feeds", "set", "1", *back, "--country", "Syria").code == 0
    assert [_row(1)[name] for name in names] == ["State", None, 2, None, None, None, False, "SYR"]
    assert alerts("feeds", "set", "1", *back).out == "nothing to change: so it is already\n"


def test_norway_and_norwegian_can_be_wished_for(three: World) -> None:
    assert alerts("feeds", "set", "1", "--country", "NO", "--language", "no").code == 0
    assert (_row(1)["country"], _row(1)["language"]) == ("NOR", "no")
    assert alerts("feeds", "set", "1", "--country", "usual", "--language", "usual").code == 0
    assert (_row(1)["country"], _row(1)["language"]) == (None, None)


def test_feeds_with_a_tag_are_changed_together(three: World) -> None:
    ran = alerts("feeds", "set", "--tag", "wire", "--critical", "--add-tag", "night", "--drop-tag", "Wire")
    assert ran.out == "changed 2 feeds\n"
    assert [_row(number)["tags"] for number in (1, 2, 3)] == [["night"], ["night"], ["camps"]]
    assert alerts("feeds", "set", "--all", "--critical").out == "changed feed 3, from 'C'\n"
    assert _ids("--critical") == [1, 2, 3]


WRONG = [
    (["--critical"], 2, "name the feeds: by their ids, by --tag TAG, or --all"),
    (["1", "--all", "--critical"], 2, "name the feeds"),
    (["1"], 2, "name what to change"),
    (["1", "8", "9", "--critical"], 1, "there are no feeds 8, 9; see: alerts feeds list"),
    (["1", "2", "--url", "https://example.org/x"], 1, "--url moves one feed"),
    (["1", "--url", "https://news.example.org/b"], 1, "feed 2 has this address already"),
    (["1", "--url", "example.org"], 1, "did you mean https://example.org?"),
    (["1", "--tier", "6"], 2, "a tier is a number from 1 (most trusted) to 5; or 'usual'"),
    (["1", "--max-body", "5"], 2, "write a whole number and KiB, MiB or GiB"),
    (["1", "--max-body", "2 GiB"], 2, "at most 256 MiB"),
    (["1", "--every", "0 minutes"], 2, "is no time to wait"),
    (["1", "--country", "Syra"], 1, "'Syra' is no country"),
    (["1", "--source", " "], 2, "a name has 1 to 200 letters"),
    (["--tag", " ", "--critical"], 2, "a tag has 1 to 60 letters"),
]


def test_a_wish_that_cannot_be_is_told_and_nothing_changed(three: World) -> None:
    before = alerts("feeds", "list", "--json").out
    for args, code, says in WRONG:
        ran = alerts("feeds", "set", *args)
        assert (ran.code, ran.out) == (code, ""), args
        assert says in ran.err
    assert alerts("feeds", "list", "--json").out == before


def test_full_text_without_its_library_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    config = common.load_config(world.folder / "config.toml")
    assert list(obstacles(config, "https://example.org/a", full_text=True)) == []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    [said] = obstacles(config, "https://example.org/a", full_text=True)
    assert said.startswith("--full-text has no effect yet: ")


def test_a_feed_is_moved_by_hand(three: World) -> None:
    assert alerts("feeds", "set", "3", "--url", "feed:HTTPS://New.example.net/c#top").code == 0
    assert (_row(3)["url"], _row(3)["source"], _row(3)["tags"]) == ("https://new.example.net/c", "C", ["camps"])
    assert _ids("--host", "new.example.net") == [3]


def test_a_removed_feed_is_shown_nowhere_and_its_articles_stay(three: World) -> None:
    _bring(three, 1)
    asked = alerts("feeds", "remove", "1", "3", stdin="n\n")
    assert (asked.code, asked.out) == (1, "")
    assert "1  Example News  https://example.org/a\n3  C  https://example.net/c\n" in asked.err
    assert "nothing was removed; --yes removes without asking" in asked.err
    assert _ids() == [1, 2, 3]
    assert alerts("feeds", "remove", "1", stdin="y\n").out == "removed feed 1; its articles stay\n"
    assert alerts("feeds", "remove", "3", "--yes").out == "removed feed 3\n"
    assert _ids() == [2]
    assert alerts("status", "--json").rows[0]["articles"] == 1
    for command in (["poll", "1"], ["set", "1", "--on"], ["remove", "1", "--yes"], ["documents", "1"]):
        ran = alerts("feeds", *command)
        assert (ran.code, ran.err) == (1, "alerts: there is no feed 1; see: alerts feeds list\n")
    assert alerts("feeds", "add", "https://example.org/a").out == "added as feed 1, from 'example.org'\n"


def _bring(world: World, feed_id: int) -> None:
    """Let the feed have brought an article."""
    entry = Entry(key="g-1", title="Flight", html="<p>Families fled.</p>", url="", published=NOW)
    with common.store(common.load_config(world.folder / "config.toml")) as engine, writing(engine) as conn:
        articles.store(conn, feed_id, articles.drafts([entry], seen=NOW), now=NOW)


def test_a_feed_that_is_off_is_not_polled(three: World) -> None:
    assert alerts("feeds", "set", "--all", "--off").out == "changed 3 feeds\n"
    assert "alerts feeds add URL" in alerts("feeds", "poll").out
    assert [row["active"] for row in alerts("feeds", "list", "--json").rows] == [False] * 3
    assert alerts("feeds", "set", "2", "--on").code == 0
    assert _row(2)["active"] is True


def test_the_documents_kept_of_a_feed_are_given_out_to_be_read_again(three: World) -> None:
    assert alerts("feeds", "documents", "3").out == "no documents are kept of this feed yet\n"
    url, feed, page = "https://desk:secret@example.net/c", rss(story(2)), b"\n<!DOCTYPE HTML><p>Sorry</p>"
    with common.store(common.load_config(three.folder / "config.toml")) as engine, writing(engine) as conn:
        for body, status in ((feed, "ok"), (page, "html")):
            document = Document(url=url, content_type="text/xml", body=body)
            documents.put(conn, [(3, document, status)], now=NOW)
    ran = alerts("feeds", "documents", "3")
    assert "secret" not in ran.out
    assert [line.split()[:4] for line in ran.out.splitlines()[1:]] == [
        ["2", "2026-01-31", "12:00:00", "html"], ["1", "2026-01-31", "12:00:00", "ok"],
    ]  # fmt: skip
    rows = alerts("feeds", "documents", "3", "--write", "saved", "--json").rows
    assert [row["file"] for row in rows] == [
        "saved/feed-3-20260131-120000-html-2.html", "saved/feed-3-20260131-120000-ok-1.xml",
    ]  # fmt: skip
    assert [(three.folder / row["file"]).read_bytes() for row in rows] == [page, feed]
    read = alerts("detect", "saved/feed-3-20260131-120000-ok-1.xml")
    assert (read.code, len(read.rows)) == (0, 2)
