"""What every answer has and none ever has: headers, tags, errors, hostile input, broken templates."""

from __future__ import annotations

import gzip
import re
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.errors import Fault
from alerts.resources import shipped
from alerts.store import people
from alerts.store.database import writing
from alerts.web.app import WebSettings, create_app
from tests.web.archive import NOW, Report, tell
from tests.web.client import ask
from tests.web.html import Page

EVERYWHERE = (
    *("/", "/alerts/1", "/alerts.atom", "/healthz", "/nothing", "/alerts", "/?state=x", "/static/style.css"),
    *("/feeds", "/feeds/1", "/metrics", "/mails", f"/mails/{'0' * 28}", f"/mails/{'0' * 28}/html"),
)


@pytest.fixture
def filled(app: Starlette, engine: Engine) -> Starlette:
    with writing(engine) as conn:
        tell(conn)
    return app


def test_every_answer_forbids_scripts_of_others_framing_sniffing_and_referrers_and_sets_no_cookie(
    filled: Starlette,
) -> None:
    for path, method in product(EVERYWHERE, ("GET", "HEAD", "POST")):
        headers = ask(filled, path, method=method).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
        assert "script-src 'self';" in policy and "connect-src 'self';" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers


def test_pages_have_no_script_or_style_in_them_and_nothing_from_another_host(filled: Starlette) -> None:
    for path in ("/", "/alerts/1", "/nothing"):
        page = Page(ask(filled, path).text)
        assert page.runs_only_files and not page.all("style") and not page.all("iframe")
        assert not any("style" in attributes for _, attributes in page.elements)
        loaded = [link["href"] for link in page.all("link")]
        assert loaded and all(address.startswith("/desk/") for address in loaded)


def test_pages_can_be_read_by_ear_and_walked_by_keyboard(filled: Starlette) -> None:
    for path in ("/", "/alerts/1", "/nothing"):
        page = Page(ask(filled, path).text)
        assert page.all("html") == [{"lang": "en"}]
        assert len(page.all("h1")) == len(page.all("main")) == 1
        assert page.all("a")[0] == {"class": "skip", "href": "#main"}
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
        ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
        named = [attributes for _, attributes in page.elements if "aria-labelledby" in attributes]
        assert {attributes["aria-labelledby"] for attributes in named} <= ids
        shown = [field for field in page.all("select") + page.all("input") if field.get("type") != "hidden"]
        assert {label["for"] for label in page.all("label")} == {field["id"] for field in shown}


def test_who_has_the_page_already_gets_304_until_something_changes(filled: Starlette, engine: Engine) -> None:
    for path in ("/", "/alerts/1", "/alerts.atom", "/static/style.css"):
        tag = ask(filled, path).headers["etag"]
        for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            again = ask(filled, path, headers={"If-None-Match": given})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert ask(filled, path, headers={"If-None-Match": '"other"'}).status == 200
    before = ask(filled, "/").headers["etag"]
    with writing(engine) as conn:
        tell(conn, title="Another")
    assert ask(filled, "/", headers={"If-None-Match": before}).status == 200


def test_head_answers_as_get_without_the_body(filled: Starlette) -> None:
    for path in EVERYWHERE:
        get, head = ask(filled, path), ask(filled, path, method="HEAD")
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers == get.headers


def test_only_reading_is_possible_and_reading_changes_nothing(filled: Starlette, engine: Engine) -> None:
    def dump() -> list[object]:
        with engine.connect() as conn:
            raw = conn.connection.driver_connection
            assert raw is not None
            return list(raw.iterdump())

    before = dump()
    for path, method in product(EVERYWHERE, ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")):
        answer = ask(filled, path, method=method)
        assert answer.status < 500
        if method not in ("GET", "HEAD"):
            assert answer.status in (404, 405)
    assert dump() == before


def test_a_refused_method_is_told_what_is_allowed(filled: Starlette) -> None:
    answer = ask(filled, "/", method="POST")
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
    assert "can only be read" in Page(answer.text).text


def test_a_long_page_is_compressed_for_who_asks(filled: Starlette) -> None:
    answer = ask(filled, "/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == ask(filled, "/").body


ODD = (
    "%00", "%ff%fe", "%F0%9F%92%A9", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", "%3Cscript%3E", "{{7*7}}",
    "%0d%0aX:1", "a" * 3000, "-1", "1" * 400, "%E2%80%AE", "+", "&&==;;", "[]", "٣",
)  # fmt: skip


def test_odd_input_never_makes_a_fault_nor_comes_back_as_markup(filled: Starlette) -> None:
    queries = [f"?{name}={odd}" for name, odd in product(("event", "country", "severity", "state", "before", "x"), ODD)]
    paths = [f"/{folder}{odd}" for folder, odd in product(("", "alerts/", "static/", "alerts.atom/", "//"), ODD)]
    for address in [*(f"/{query}" for query in queries), *(f"/alerts.atom{query}" for query in queries), *paths]:
        answer = ask(filled, address)
        assert answer.status in (200, 400, 404), address
        assert "<script" not in answer.text.replace('<script src="/desk/static/', ""), address
        assert "location" not in answer.headers
        assert "x" not in answer.headers


@pytest.mark.parametrize("name", ["../pages/list.html", "..%2fpages%2flist.html", "%2e%2e/README.md", "none.css", ""])
def test_only_the_static_files_can_be_had(filled: Starlette, name: str) -> None:
    assert ask(filled, f"/static/{name}").status == 404


def test_pages_name_the_style_sheet_by_its_content_so_it_may_be_kept(filled: Starlette) -> None:
    address = Page(ask(filled, "/").text).all("link")[0]["href"].removeprefix("/desk")
    assert "immutable" in ask(filled, address).headers["cache-control"]
    assert "immutable" not in ask(filled, "/static/style.css?v=old").headers["cache-control"]


def test_the_list_of_an_address_cut_short_is_the_list(filled: Starlette) -> None:
    answer = ask(filled, "/alerts", headers={"Host": "evil.example"})
    assert answer.status == 200
    assert 'href="/desk/alerts/1"' in answer.text


def test_no_reader_is_ever_named(filled: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        people.add_person(conn, "secret.reader@example.org", now=NOW)
    for path in EVERYWHERE:
        assert "secret.reader" not in ask(filled, path).text


def test_a_fault_of_ours_is_a_page_with_all_headers_and_is_raised_for_the_log(
    filled: Starlette, engine: Engine
) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alert SET place = '{\"id\": 1'")
    answer = ask(filled, "/")
    assert answer.status == 500
    assert answer.raised is not None
    assert "The fault is ours" in Page(answer.text).text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_broken_page_template_of_the_user_is_reported_and_the_shipped_one_used(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "error.html").write_text("<!DOCTYPE html>\n<p>{{ massage }}</p>")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "style.css").write_text("body { color: red }")
    faults: list[Fault] = []
    app = create_app(engine, WebSettings(templates=tmp_path), now=lambda: NOW, report=faults.append)
    assert "There is nothing here" in ask(app, "/nothing").text
    [fault] = faults
    assert fault.file.endswith("pages/error.html") and fault.line == 2
    assert "did you mean 'message'?" in fault.message
    assert ask(app, "/static/style.css").text == "body { color: red }"


def test_the_start_page_is_small(app: Starlette, engine: Engine) -> None:
    with writing(engine) as conn:
        for number in range(25):
            tell(conn, Report(), title=f"Attack {number}")
    big = create_app(engine, WebSettings(page_size=25), now=lambda: NOW)
    style = (shipped("templates") / "static" / "style.css").read_bytes()
    assert len(ask(big, "/").body) + len(style) < 100_000
