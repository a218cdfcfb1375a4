"""No page of operators shows an address of the database, whoever looks; and looking changes nothing."""

from __future__ import annotations

from sqlalchemy import select, update

from alerts.store import acts, people, suppression
from alerts.store.database import reading, writing
from alerts.store.judgements import judge
from alerts.store.schema import outbox, person
from tests.web.client import ask
from tests.web.operations.office import Clerk, Office

DEEP = (
    *(f"/operations/alerts/{number}{more}" for number in (1, 2, 4) for more in ("", "/mails")),
    *(f"/operations/mails/{number}" for number in range(1, 5)),
    *(
        "/operations/mails?state=queued",
        "/operations/mails?state=failed",
        "/operations/silences/1",
        "/operations/feeds/1",
    ),
)


def test_no_page_shows_an_address_and_looking_changes_nothing(office: Office, admin: Clerk) -> None:
    with writing(office.world.engine) as conn:
        suppression.suppress(conn, people.mark_of(conn, "rim@readers.example"), "bounce", office.world.now, "5.1.1")
        said = "550 5.1.1 <rim@readers.example>: no such user"
        judge(conn, "1", "right", who="root", why="rim@readers.example saw it", now=office.world.now)
        acts.put(conn, "1", "retitle", version=1, who="root", why="says rim@readers.example", now=office.world.now)
        conn.execute(update(outbox).where(outbox.c.id == 2).values(state="failed", last_error=said))
    with reading(office.world.engine) as conn:
        known = people.addresses(conn, list(conn.execute(select(person.c.id)).scalars()))
    assert len(known) >= 4
    before = office.dump()
    seen, todo = set(), ["/operations", *DEEP]
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = ask(office.app, path, headers=admin.headers)
        for address in known.values():
            assert address not in answer.text and address.partition("@")[0] + "@" not in answer.text, path
        if answer.status == 200:
            assert answer.headers["cache-control"] == "no-store", path
            links = {part.partition('"')[0] for part in answer.text.split('href="/desk')[1:]}
            todo += {one for one in links if one.startswith("/operations")} - seen - set(todo)
    assert len(seen) > 20 and office.dump() == before
