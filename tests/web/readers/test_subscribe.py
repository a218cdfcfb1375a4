"""People subscribe, confirm and leave by pages; nobody else can do it for them, and nobody learns who did."""

from __future__ import annotations

import re
import time

import pytest
from sqlalchemy import Engine

from alerts.notify.joining.desk import Desk
from alerts.notify.message import passes
from alerts.read.places import Gazetteer
from alerts.store import people, suppression
from alerts.web.app import WebSettings, create_app
from tests.notify.joining.world import SECRET, SYRIA, World
from tests.web.archive import NOW
from tests.web.client import FORM, Answer, ask
from tests.web.html import Page
from tests.web.joining import Pages

ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def pages(engine: Engine, gazetteer: Gazetteer) -> Pages:
    return Pages(World(engine=engine), gazetteer)


def fields(address: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("address", address), ("website", ""), ("severity", "severe"), *more]


def gets_mails(pages: Pages, address: str = "ana@example.org") -> bool:
    who = pages.world.person(address)
    return who is not None and who.active


# Asking


def test_the_page_is_named_at_the_top_of_all_pages(pages: Pages) -> None:
    assert "/desk/subscribe" in [one["href"] for one in Page(pages.see("/").text).all("a")]


def test_who_asks_is_asked_in_turn_and_told_where_to_look(pages: Pages) -> None:
    answer = pages.send("/subscribe", fields("ana@example.org", ("event", "attack"), ("name-0", "Syria")))
    page = Page(answer.text)
    assert answer.status == 200 and "ana@example.org" in page.text and "within 48 hours" in page.text
    assert "alerts about attack in Syria, severe or worse, at once" in page.text
    assert pages.world.letters() == ["confirm"]
    assert "alerts about attack in Syria, severe or worse, at once" in " ".join(pages.world.text().split())


def test_the_answer_is_the_same_whoever_it_is(pages: Pages) -> None:
    """Known, unknown, a stranger, one who left, one who complained, one over the limit."""
    world = pages.world
    for address in ("known@example.org", "left@example.org", "hates@example.org"):
        pages.reader(address)
    world.leave(world.token("unsubscribe", "left@example.org"))
    hates = world.person("hates@example.org")
    assert hates is not None
    with world.writing() as conn:
        people.set_active(conn, hates.id, False)
        suppression.suppress(conn, people.marks(conn, [hates.id])[hates.id], "complaint", world.now)
    asked = ("known", "new", "left", "hates", "often", "often")
    answers = [pages.send("/subscribe", fields(f"{name}@example.org")) for name in asked]
    said = {answer.text.replace(f"{name}@", "X@") for name, answer in zip(asked, answers, strict=True)}
    assert len(said) == 1 and {answer.status for answer in answers} == {200}
    assert len({frozenset(answer.headers.items() - sized(answer)) for answer in answers}) == 1
    assert [world.letters(f"{name}@example.org") for name in asked[:5]] == [
        ["already"],
        ["confirm"],
        ["goodbye", "confirm"],
        [],
        ["confirm"],
    ]


def sized(answer: Answer) -> set[tuple[str, str]]:
    return {("content-length", answer.headers.get("content-length", ""))}


def test_the_answer_comes_after_the_same_time_whoever_it_is(pages: Pages) -> None:
    pages.reader("known@example.org")
    pages.open(pages.joining.desk, answer_s=0.3)
    for address in ("known@example.org", "new@example.org"):
        began = time.monotonic()
        pages.send("/subscribe", fields(address))
        assert time.monotonic() - began >= 0.3


def test_a_slip_loses_nothing_that_was_written(pages: Pages) -> None:
    answer = pages.send(
        "/subscribe",
        fields("ana@", ("event", "siege"), ("name-0", "Tripoli"), ("km-0", "30"), ("name-1", "Nowhereville")),
    )
    page = Page(answer.text)
    assert answer.status == 422 and pages.world.count() == 0
    values = {
        one["name"]: one.get("value", "") for one in page.all("input") if one.get("type") not in ("checkbox", "radio")
    }
    assert values["address"] == "ana@" and values["name-0"] == "Tripoli" and values["km-0"] == "30"
    assert values["name-1"] == "Nowhereville"
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["siege"]
    assert [one["value"] for one in page.all("option") if "selected" in one] == ["severe"]


def test_faults_stand_at_the_top_and_by_their_fields(pages: Pages) -> None:
    page = Page(pages.send("/subscribe", fields("ana@", ("name-0", "Nowhereville"))).text)
    assert any(one.get("role") == "alert" for one in page.all("div"))
    links = [one["href"] for one in page.all("a") if one["href"].startswith("#") and one["href"] != "#main"]
    ids = {attributes["id"]: attributes for _, attributes in page.elements if "id" in attributes}
    assert links == ["#address", "#place-0"]
    for link in links:
        described = ids[link[1:]]["aria-describedby"].split()
        assert (
            ids[link[1:]]["aria-invalid"] == "true" and f"{link[1:]}-fault" in described and set(described) <= set(ids)
        )


def test_a_place_of_several_names_is_chosen_and_then_it_goes_on(pages: Pages) -> None:
    page = Page(pages.send("/subscribe", fields("ana@example.org", ("name-0", "Tripoli"))).text)
    [pick] = [one for one in page.all("input") if one.get("name") == "pick-0"][:1]
    answer = pages.send("/subscribe", fields("ana@example.org", ("name-0", "Tripoli"), ("pick-0", pick["value"])))
    assert answer.status == 200 and "within 50 km of Tripoli, Lebanon" in answer.text


def test_who_fills_in_what_nobody_sees_is_told_to_leave_it(pages: Pages) -> None:
    answer = pages.send("/subscribe", [("address", "ana@example.org"), ("website", "https://spam.example")])
    assert answer.status == 422 and "Leave this field empty" in answer.text and pages.world.count() == 0


def test_a_flood_from_one_network_is_answered_alike_and_writes_five_letters(pages: Pages) -> None:
    pages.open(Desk(secret=SECRET, domain="alerts.example", base_url=""))
    for number in range(9):
        answer = pages.send("/subscribe", fields(f"r{number}@example.org"), host="203.0.113.9")
        assert answer.status == 200 and "on its way" in answer.text
    assert pages.world.count() == 5


def test_where_only_operators_add_readers_the_pages_say_so(pages: Pages) -> None:
    pages.open(Desk(secret=SECRET, domain="alerts.example", base_url="", open=False, contact="ops@alerts.example"))
    answer = pages.see("/subscribe")
    assert answer.status == 200 and "ops@alerts.example" in answer.text and not Page(answer.text).all("form")
    answer = pages.send("/subscribe", fields("ana@example.org"))
    assert answer.status == 403 and "ops@alerts.example" in answer.text
    assert "/desk/subscribe" not in pages.see("/").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://alerts.example"}, 200),
        ({"Origin": "null"}, 200),  # what a browser says of pages that tell nobody where they are, as ours
    ],
)
def test_another_sites_page_cannot_have_its_visitors_ask(pages: Pages, headers: dict[str, str], status: int) -> None:
    answer = pages.send("/subscribe", fields("ana@example.org"), **headers)
    assert answer.status == status and "link" not in "".join(Page(answer.text).inside("h1"))
    assert pages.world.count() == (status == 200)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        (FORM, b"address=%ff", 400),
        (FORM, "address=é".encode(), 400),
        (FORM, b"a&" * 500, 400),
        (FORM, b"x=" + b"y" * 20_000, 413),
    ],
)
def test_what_no_form_of_ours_sends_is_refused(pages: Pages, kind: str, body: bytes, status: int) -> None:
    answer = ask(pages.app, "/subscribe", method="POST", headers={"Content-Type": kind}, body=body)
    assert answer.status == status and pages.world.count() == 0


# Confirming


def test_looking_at_the_link_confirms_nothing_and_the_button_does(pages: Pages) -> None:
    pages.world.ask(wishes=SYRIA)
    link = pages.link("/confirm")
    page = Page(pages.see(link).text)
    assert "alerts in Syria" in page.text.replace("all alerts", "alerts") and not gets_mails(pages)
    [form] = page.all("form")
    assert (form["method"], form["action"]) == ("post", f"/desk{link}")
    answer = pages.send(link)
    assert answer.status == 200 and gets_mails(pages)
    [preferences] = re.findall(r'href="/desk(/preferences/[^"]+)"', answer.text)
    assert pages.see(preferences).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_cannot_be_used_is_refused(pages: Pages, method: str) -> None:
    pages.world.ask()
    used = pages.link("/confirm")
    pages.send(used)
    before = pages.world.dump()
    other = passes.make(SECRET, "unsubscribe", 1)
    for link in (used, f"{used}x", "/confirm/x", "/confirm/%00", f"/confirm/{other}", f"/confirm/{'9' * 3000}"):
        answer = ask(pages.app, link, method=method, headers={"Content-Type": FORM})
        assert answer.status == 403 and Page(answer.text).inside("h1") == ["This link cannot be used"]
        assert answer.headers["cache-control"] == "no-store"
    assert pages.world.dump() == before


# Leaving


def test_the_button_ends_the_mails_and_looking_does_not(pages: Pages) -> None:
    pages.reader()
    link = pages.link("/unsubscribe")
    page = Page(pages.see(link).text)
    assert gets_mails(pages) and [one["action"] for one in page.all("form")] == [f"/desk{link}"]
    hidden = [(one["name"], one["value"]) for one in page.all("input")]
    answer = pages.send(link, hidden)
    assert answer.status == 200 and not gets_mails(pages)


def test_the_link_to_leave_opens_nothing_else(pages: Pages) -> None:
    """It never grows old, and stands in headers that mail servers read."""
    pages.reader(wishes=SYRIA)
    link = pages.link("/unsubscribe")
    for answer in (pages.see(link), pages.send(link, [("leave", "yes")]), pages.see(link)):
        assert not re.search("/(preferences|forget)/", answer.text)
        assert "ana@" not in answer.text and "Syria" not in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, ONE_CLICK),
        (f"{FORM}; charset=utf-8", ONE_CLICK),
        (
            "multipart/form-data; boundary=xyz",
            b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n',
        ),
        (
            'Multipart/Form-Data; boundary="x y"',
            b"--x y\r\ncontent-type: text/plain\r\ncontent-disposition: form-data;name=list-unsubscribe\r\n\r\n"
            b"One-Click\r\n--x y--",
        ),
    ],
)
def test_one_click_of_a_mail_program_needs_nothing_else_and_never_grows_old(
    pages: Pages, kind: str, body: bytes
) -> None:
    pages.reader()
    link = pages.link("/unsubscribe")
    pages.world.wait(days=3000)
    headers = {"Content-Type": kind, "Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):
        assert ask(pages.app, link, method="POST", headers=headers, body=body).status == 200
        assert not gets_mails(pages)
    assert pages.world.letters() == ["goodbye"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"", 400),
        (FORM, b"leave=no", 400),
        (FORM, b"List-Unsubscribe=Two-Clicks", 400),
        ("", ONE_CLICK, 415),
        ("multipart/form-data; boundary=xyz", b"--xyz--", 415),
        ("multipart/form-data", b"List-Unsubscribe=One-Click", 415),
        (
            "multipart/form-data; boundary=a",
            b'--a\nContent-Disposition: x; filename="List-Unsubscribe"\n\nOne-Click',
            415,
        ),
    ],
)
def test_what_is_neither_a_click_nor_the_button_ends_nothing(pages: Pages, kind: str, body: bytes, status: int) -> None:
    pages.reader()
    answer = ask(pages.app, pages.link("/unsubscribe"), method="POST", headers={"Content-Type": kind}, body=body)
    assert answer.status == status and gets_mails(pages)


@pytest.mark.parametrize(
    "body",
    [
        b"".join(b"--%x\nContent-Type:multipart/a;boundary=%x\n\n" % (number, number + 1) for number in range(370)),
        b"--0\n\n\n" * 2500,
        b"--0\ncontent-disposition: " + b"(" * 16_000 + b"\n\nx\n--0--",
    ],
    ids=["parts in parts", "many parts", "many brackets"],
)
def test_a_body_that_is_made_to_keep_us_busy_does_not(pages: Pages, body: bytes) -> None:
    pages.reader()
    link, began = pages.link("/unsubscribe"), time.process_time()
    answer = ask(pages.app, link, method="POST", headers={"Content-Type": "multipart/form-data; boundary=0"}, body=body)
    assert answer.status == 415 and time.process_time() - began < 0.3


def test_one_click_by_a_forged_link_ends_nothing(pages: Pages) -> None:
    pages.reader()
    forged = passes.make(b"o" * 32, "unsubscribe", 1)
    answer = ask(pages.app, f"/unsubscribe/{forged}", method="POST", headers={"Content-Type": FORM}, body=ONE_CLICK)
    assert answer.status == 403 and gets_mails(pages)


def test_who_was_erased_has_nothing_left_to_end(pages: Pages) -> None:
    pages.reader()
    link = pages.link("/unsubscribe")
    with pages.world.writing() as conn:
        people.remove_person(conn, 1)
    assert "erased" in pages.see(link).text
    assert ask(pages.app, link, method="POST", headers={"Content-Type": FORM}, body=ONE_CLICK).status == 200


def test_without_joining_the_pages_are_not_there(engine: Engine) -> None:
    app = create_app(engine, WebSettings(), now=lambda: NOW)
    for path in ("/subscribe", "/confirm/x", "/unsubscribe/x", "/preferences/x", "/forget/x"):
        for method in ("GET", "POST"):
            if path != "/subscribe" or method == "GET":
                assert ask(app, path, method=method, headers={"Content-Type": FORM}).status == 404
