"""What is the article on a page, and when it may take the place of what the feed gave."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.collect.links import fulltext
from alerts.errors import ParseError
from tests.fakes.linked import COOKIES, OTHERS, PARAGRAPHS, page, story_page

URL = "https://news.example/1"
TITLE = "Shells kill eleven in Taiz"
SUMMARY = "Shells fell on the market of Taiz, killing eleven people."
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
LINKS = "".join(f"<li><a href='/{number}'>{title}</a></li>" for number, title in enumerate(OTHERS))
CARDS = "".join(
    f"<div class='card'><h3><a href='/{number}'>{title}</a></h3><p>{title}, officials in the capital said.</p></div>"
    for number, title in enumerate(OTHERS)
)
BESIDE = {
    "a list of links": f"<aside><h3>Most read</h3><ul>{LINKS}</ul></aside>",
    "related stories": f"<div class='related'><h2>Related</h2><ul>{LINKS}</ul></div>",
    "teasers": f"<div class='teasers'>{CARDS}</div>",
    "a link in between": f"<p><strong>READ MORE:</strong> <a href='/2'>{OTHERS[2]}</a></p>",
    "a paragraph that is a link": f"<p><a href='/1'>{OTHERS[1]}</a></p>",
    "a caption": f"<figure><img src='a.jpg'><figcaption>File photo. {OTHERS[1]}.</figcaption></figure>",
    "a table": f"<table><tr><th>Day</th><th>What</th></tr><tr><td>3 May</td><td>{OTHERS[1]}</td></tr></table>",
    "comments": f"<div class='comments' id='comments'><h3>Comments</h3><p>User7: {OTHERS[1]}, but who tells?</p></div>",
    "a discussion": f"<div class='discussion-thread'><h3>Readers</h3><p>User7: {OTHERS[1]}, but who tells?</p></div>",
    "the next article": f"</article><article><h1>{OTHERS[1]}</h1><p>{OTHERS[1]}, officials in the capital said.</p>",
}


def text_of(body: str) -> str:
    return fulltext.read(page(body), {"content-type": "text/html; charset=utf-8"}, URL).text


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("where", ["inside", "after"])
def test_the_article_is_taken_and_nothing_of_what_stands_beside_it(where: str, beside: str) -> None:
    inside, after = (beside, "") if where == "inside" else ("", beside)
    text = text_of(f"<main><article><h1>{TITLE}</h1>{BODY}{inside}</article>{after}</main>")
    assert [paragraph for paragraph in PARAGRAPHS if paragraph not in text] == []
    assert [word for word in ("Westville", "Southport", "Hilltown", "Footertown", "User7") if word in text] == []


@pytest.mark.parametrize(
    "body",
    [
        f"<div class='content'><h1>{TITLE}</h1><div class='story-body'>{BODY}</div></div>",
        f"<h1>{TITLE}</h1>{BODY}<ul>{LINKS}</ul>",
        f"<div class='text'>{'<br><br>'.join(PARAGRAPHS)}</div>",
    ],
)
def test_pages_need_not_say_where_their_article_is(body: str) -> None:
    assert [paragraph for paragraph in PARAGRAPHS if paragraph not in text_of(body)] == []


def test_points_of_a_list_are_part_of_the_article() -> None:
    assert "Thirty people were wounded" in text_of(
        f"<article><h1>{TITLE}</h1><p>{PARAGRAPHS[0]}</p><ul><li>Eleven people were killed in the market</li>"
        f"<li>Thirty people were wounded there</li></ul><p>{PARAGRAPHS[1]}</p></article>"
    )


def test_the_encoding_is_that_of_the_pages_head() -> None:
    body = page(f"<article><h1>x</h1><p>Évacuation à Tombouctou. {PARAGRAPHS[0]}</p></article>").decode()
    sent = body.replace("charset='utf-8'", "charset='windows-1252'").encode("cp1252")
    assert "Évacuation à Tombouctou." in fulltext.read(sent, {"content-type": "text/html"}, URL).text


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\x00" * 1000, b"<" * 1000, b"<article><p>" + b"&" * 1000])
def test_a_page_without_an_article_has_no_text_worth_having(body: bytes) -> None:
    assert fulltext.fuller(TITLE, SUMMARY, fulltext.read(body, {}, URL).text) is None


@pytest.mark.parametrize("kind", ["application/pdf", "image/jpeg", "audio/mpeg"])
def test_what_is_no_page_is_refused(kind: str) -> None:
    with pytest.raises(ParseError) as caught:
        fulltext.read(b"%PDF-1.7", {"content-type": kind}, URL)
    assert caught.value.reason == "not_a_page"


def test_a_page_of_tags_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        fulltext.read(b"<p>a" * 61_000, {}, URL)
    assert caught.value.reason == "hostile"


def test_a_page_that_has_the_summary_and_says_more_takes_its_place() -> None:
    text = fulltext.read(story_page(), {}, URL).text
    summary = PARAGRAPHS[0].replace(" ", "\n ") + " It was the heaviest shelling since..."
    assert fulltext.fuller(TITLE, summary, text) == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "summary",
    [
        SUMMARY,
        "The market of Taiz was shelled on Monday. At least 14 people are missing in the ruins, neighbours say.",
        PARAGRAPHS[0].replace("eleven", "12"),
        f"{PARAGRAPHS[0]} It was the heaviest shell...",
    ],
)
def test_what_the_summary_says_in_other_words_stays_in_front_as_an_alert_may_rest_on_it(summary: str) -> None:
    assert fulltext.fuller(TITLE, summary, "\n".join(PARAGRAPHS)) == f"{summary}\n\n" + "\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "body",
    [
        COOKIES,
        "<main><h1>Log in</h1><p>Please log in to read this article. Forgot your password? New here? Make an account"
        " for free, it takes a minute. You can read three articles a month.</p></main>",
        "<noscript><p>You need to enable JavaScript to run this app.</p></noscript><div id='root'></div>",
        f"<article>{'<p>Siege of Westville begins, the army said on Sunday in the capital.</p>' * 5}</article>",
    ],
    ids=["cookies", "login", "script", "another article"],
)
def test_a_wall_is_not_taken_for_the_article(body: str) -> None:
    assert fulltext.fuller(TITLE, SUMMARY, text_of(body)) is None


def test_a_page_that_says_less_than_the_feed_is_not_taken() -> None:
    assert fulltext.fuller(TITLE, "\n".join(PARAGRAPHS), PARAGRAPHS[0]) is None


def test_without_a_summary_the_title_says_what_the_page_should_be_about() -> None:
    assert fulltext.fuller(TITLE, "", "\n".join(PARAGRAPHS)) == "\n".join(PARAGRAPHS)
    assert fulltext.fuller("Flood in Southport kills dozens", "", "\n".join(PARAGRAPHS)) is None


def test_scripts_that_do_not_part_words_are_compared_too() -> None:
    page_text = "周一上午,炮弹落在塔伊兹市场,造成十一人死亡,三十人受伤,省长说。" * 3
    assert fulltext.fuller("塔伊兹市场遭炮击", "炮弹落在塔伊兹市场,造成十一人死亡", page_text) is not None
    assert (
        fulltext.fuller("塔伊兹市场遭炮击", "炮弹落在塔伊兹市场", "请先登录后再阅读本文,注册账户是免费的" * 5) is None
    )


@settings(max_examples=40)
@given(given=st.text(max_size=200), text=st.text(max_size=400), title=st.text(max_size=40))
def test_no_word_of_the_feed_is_ever_lost(title: str, given: str, text: str) -> None:
    found = fulltext.fuller(title, given, f"{text}\n{title} {given} {'word ' * 20}")
    assert found is None or set(given.casefold().split()) <= set(found.casefold().split())


@pytest.mark.parametrize(
    ("asked", "answered", "away"),
    [
        ("https://news.example/1", "https://news.example/", True),
        ("https://news.example/1", "https://www.news.example", True),
        ("https://news.example/1", "https://news.example/1?from=feed", False),
        ("https://news.example/?p=1", "https://news.example/?p=1", False),
    ],
)
def test_the_front_page_is_not_the_article(asked: str, answered: str, away: bool) -> None:
    assert fulltext.elsewhere(asked, answered) is away


def test_where_the_library_is_missing_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fulltext.missing() is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert 'pip install "alerts[fulltext]"' in str(fulltext.missing())
