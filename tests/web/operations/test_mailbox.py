"""The mails of a service without a mail server: who sees them, what they show, and what they never do."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from alerts.web.app import WebSettings, create_app
from tests.web.archive import NOW
from tests.web.client import Answer, ask
from tests.web.html import Page

HERE = {"host": "127.0.0.1:8080"}
NAMES = [f"{number:028x}" for number in range(1, 4)]
PNG = b"\x89PNG\r\n\x1a\nrest"
READER = "reader@example.org"


def put(
    folder: Path, name: str, place: str = "new", *, flags: str = "", html: str = "<p>Known</p>", picture: str = ""
) -> None:
    """A mail in the Maildir, with one picture if its Content-ID is given."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Desk <desk@alerts.example>", READER, f"Strike {name[-1]}"
    mail["Date"] = NOW
    mail.set_content("What is <known>.")
    if html:
        mail.add_alternative(html, subtype="html")
    if picture:
        _, part = mail.iter_parts()
        assert isinstance(part, EmailMessage)
        part.add_related(PNG, "image", "png", cid=f"<{picture}>")
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / place / f"{name}.eml{flags}").write_bytes(mail.as_bytes())


def application(engine: Engine, mails: Path | None, **more: object) -> Starlette:
    settings = WebSettings(name="Desk", mails=mails, **more)  # type: ignore[arg-type]
    return create_app(engine, settings, now=lambda: NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, NAMES[0])
    put(tmp_path, NAMES[1], "cur", flags=":2,S")
    return tmp_path


@pytest.fixture
def filled(engine: Engine, folder: Path) -> Starlette:
    return application(engine, folder)


def here(app: Starlette, address: str) -> Answer:
    return ask(app, address, headers=HERE)


def test_the_mails_are_listed_new_and_seen(filled: Starlette) -> None:
    page = Page(here(filled, "/operations/mailbox").text)
    assert {"/operations/mailbox/" + name for name in NAMES[:2]} <= {link["href"] for link in page.all("a")}
    assert "Strike 1" in page.text and "Strike 2" in page.text
    assert "Mailbox" in Page(here(filled, "/").text).inside("a")


def test_a_mail_is_shown_as_text_and_its_html_is_a_page_of_its_own(filled: Starlette) -> None:
    answer = here(filled, f"/operations/mailbox/{NAMES[0]}")
    page = Page(answer.text)
    assert page.inside("h1") == ["Strike 1"] and "What is <known>." in page.text
    assert {"href": f"/operations/mailbox/{NAMES[0]}/html"} in page.all("a")
    html = here(filled, f"/operations/mailbox/{NAMES[0]}/html")
    assert (html.status, html.text.strip()) == (200, "<p>Known</p>")


def test_the_html_of_a_mail_runs_nothing_and_fetches_nothing(filled: Starlette) -> None:
    policy = here(filled, f"/operations/mailbox/{NAMES[0]}/html").headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "sandbox", "img-src data:", "frame-ancestors 'none'"} <= set(policy)
    assert not any("allow" in one or "script" in one for one in policy)


def test_pictures_come_with_the_page(engine: Engine, folder: Path) -> None:
    html = '<img src="cid:map@alerts.example" alt="Map"><img src="cid:gone" alt="Gone">'
    put(folder, NAMES[2], html=html, picture="map@alerts.example")
    app = application(engine, folder)
    shown = here(app, f"/operations/mailbox/{NAMES[2]}/html").text
    assert 'src="data:image/png;base64,iVBORw0KGgpyZXN0" alt="Map"' in shown
    assert 'src="data:," alt="Gone"' in shown
    assert "1 picture." in Page(here(app, f"/operations/mailbox/{NAMES[2]}").text).text


def test_to_whom_a_mail_went_is_shown_nowhere(filled: Starlette) -> None:
    for address in (
        "/operations/mailbox",
        *(f"/operations/mailbox/{name}{part}" for name in NAMES[:2] for part in ("", "/html")),
    ):
        answer = here(filled, address)
        assert answer.status == 200
        assert READER not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]


@pytest.mark.parametrize(
    ("why", "settings", "headers"),
    [
        ("there is a mail server", {"mails": None}, HERE),
        ("it was passed on", {}, HERE | {"x-forwarded-for": "203.0.113.7"}),
        ("another name was asked for", {}, {"host": "evil.example"}),
        ("operations are open to others", {"operations": True}, {"host": "alerts.example"}),
        ("readers have an address", {"base_url": "https://alerts.example"}, HERE),
        ("operations are closed", {"operations": False}, HERE),
    ],
)
def test_nobody_sees_mails_but_who_asks_on_the_machine_itself(
    engine: Engine, folder: Path, why: str, settings: dict[str, object], headers: dict[str, str]
) -> None:
    app = application(engine, **{"mails": folder} | settings)  # type: ignore[arg-type]
    for address in ("/operations/mailbox", f"/operations/mailbox/{NAMES[0]}", f"/operations/mailbox/{NAMES[0]}/html"):
        assert ask(app, address, headers=headers).status == 404, why
    assert "/operations/mailbox" not in ask(app, "/", headers=headers).text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..%2f..%2fsecret", NAMES[2], NAMES[0].upper() + "A", f"{NAMES[0]}.eml", "%00", ""]
)
def test_only_mails_that_are_there_can_be_had(filled: Starlette, folder: Path, name: str) -> None:
    (folder / "secret").write_text("secret")
    for part in ("", "/html"):
        answer = here(filled, f"/operations/mailbox/{name}{part}")
        assert answer.status == 404
        assert "secret" not in answer.text.replace(name, "")


def test_what_other_programs_put_there_is_left_out_and_an_empty_folder_is_no_fault(
    engine: Engine, tmp_path: Path
) -> None:
    app = application(engine, tmp_path / "none")
    assert "No mail has gone out yet." in here(app, "/operations/mailbox").text
    put(tmp_path, NAMES[0])
    (tmp_path / "new" / "1234.host").write_bytes(b"From: x\n\nother")
    (tmp_path / "new" / f"{NAMES[1]}.eml").write_bytes(b"\xff\x00 not a mail at all")
    page = here(application(engine, tmp_path), "/operations/mailbox")
    assert page.status == 200 and "(no subject)" in page.text and "1234" not in page.text
    assert here(application(engine, tmp_path), f"/operations/mailbox/{NAMES[1]}").status == 200
    assert here(application(engine, tmp_path), f"/operations/mailbox/{NAMES[1]}/html").status == 404


def test_a_mail_of_plain_text_has_no_page_of_html(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, NAMES[0], html="")
    app = application(engine, tmp_path)
    assert f"{NAMES[0]}/html" not in here(app, f"/operations/mailbox/{NAMES[0]}").text
    assert "plain text alone" in here(app, f"/operations/mailbox/{NAMES[0]}/html").text


def test_many_mails_are_shown_page_by_page(engine: Engine, tmp_path: Path) -> None:
    for number in range(60):
        put(tmp_path, f"{number:028x}")
    app = application(engine, tmp_path)
    first, second = Page(here(app, "/operations/mailbox").text), Page(here(app, "/operations/mailbox?page=2").text)
    names = [
        {link["href"] for link in page.all("a") if "/operations/mailbox/" in link["href"]} for page in (first, second)
    ]
    assert [len(one) for one in names] == [50, 10] and not names[0] & names[1]
    assert "1 to 50 of 60" in first.text
    assert {here(app, f"/operations/mailbox?page={page}").status for page in ("0", "x", "-1", "9" * 30)} == {400}


def test_the_addresses_of_before_lead_there(filled: Starlette) -> None:
    for end in ("", f"/{NAMES[0]}", f"/{NAMES[0]}/html"):
        answer = here(filled, f"/mails{end}")
        assert (answer.status, answer.headers["location"]) == (308, f"/operations/mailbox{end}")
    assert ask(filled, "/mails").status == 404
