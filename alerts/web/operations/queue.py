"""`/operations/mails`: what waits and for what, what is held, what needs a person; and one mail: why it is where it is,
and what it says. Readers are named by number.

What a mail says is shown as nobody would get it: the links of the real one act in its reader's name. Of letters to
people about their own subscription neither kind nor reader is told: who asks for mails in somebody's name, and then
looked here, would learn whether that is a reader, and which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import AlertsError, InputError
from alerts.notify import why
from alerts.notify.joining.whereabouts import region_name
from alerts.notify.preview import Preview
from alerts.notify.saying import WAITS_FOR, about, mails
from alerts.readers import Person, Wishes
from alerts.store import bulletins, holds, outbox
from alerts.store import queue as store
from alerts.store.database import reading
from alerts.store.holds import Hold
from alerts.store.outbox import OutboxRow, State
from alerts.store.queue import OPEN, STUCK, Group
from alerts.template_filters import one_line
from alerts.web.operations import desk
from alerts.web.operations.desk import Case, Done
from alerts.web.public.views import options
from alerts.web.site import Web

_MOST: Final = 100
_NEEDS_ONE: Final = "needs"
_LINK: Final = re.compile(r"\S+/(?:v|unsubscribe|preferences|forget|confirm|login)/\S+")
_STATES: Final[Mapping[State, str]] = {
    "queued": "Waiting",
    "bundled": "Waits in the mail of another alert",
    "sending": "Being sent",
    "accepted": "Sent",
    "inhibited": "Not sent: covered",
    "silenced": "Not sent: silenced",
    "withdrawn": "Taken back",
    "failed": "Failed",
    "ambiguous": "Perhaps sent",
    "held": "Held back",
}


def show(request: Request) -> Response:
    """GET: the queue."""
    return _page(request)


def _page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    now = web.now()
    state = request.query_params.get("state", "") or _NEEDS_ONE
    if state != _NEEDS_ONE and state not in OPEN:
        raise InputError(f"There is no such state; it is one of {', '.join(OPEN)}.")
    wanted: Sequence[State] = STUCK if state == _NEEDS_ONE else [one for one in OPEN if one == state]
    with reading(web.engine) as conn:
        groups, counts = store.groups(conn, now), outbox.counts(conn)
        kept = [_hold(one, holds.kept(conn, one), now) for one in holds.in_force(conn)]
        rows = store.mails(conn, now, wanted, _MOST + 1)
    operating = web.operating
    rules = sorted(operating.tracker.rulebook.ruleset.by_name) if operating is not None else []
    choices = [(_NEEDS_ONE, "Needs a person"), *((one, _STATES[one]) for one in OPEN)]
    variables = {
        "here": "mails",
        "groups": [_group(one, now) for one in groups],
        "sent": counts["accepted"],
        "holds": kept,
        "all_held": any(one["kind"] == "all" for one in kept),
        "state": state,
        "states": [("state", "State", options(choices, state))],
        "mails": [_line(row, why_, now) for row, why_ in rows[:_MOST]],
        "more": len(rows) > _MOST,
        "rules": rules,
    }
    return desk.page(request, visitor, "mails", variables, status=status, problem=problem)


def _group(one: Group, now: datetime) -> dict[str, Any]:
    return {
        "mails": one.mails,
        "state": one.state,
        "word": _STATES[one.state],
        "what": WAITS_FOR[one.why or one.state],
        "oldest": desk.ago(one.oldest, now),
        "next": one.next if one.state == "queued" and one.next > now else None,
        "stuck": one.state in STUCK,
    }


def _hold(one: Hold, kept: int, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "rule": one.rule,
        "reason": desk.without_addresses(one.reason),
        "since": one.since,
        "ago": desk.ago(one.since, now),
        "kept": mails(kept),
    }


def _line(row: OutboxRow, waits: str, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "about": about(row) if row.letter is None else "a letter about a subscription",
        "alert": row.alert_id,
        "reader": row.person.id if row.letter is None else "",
        "state": row.state,
        "word": _STATES[row.state],
        "waits": WAITS_FOR.get(waits, ""),
        "ago": desk.ago(row.created, now),
        "tried": row.attempts,
        "error": desk.without_addresses(row.last_error or ""),
    }


async def act(request: Request) -> Response:
    """POST: put a hold into force, or let go what one keeps."""
    return await desk.change(request, "admin", _acted, _again)


def _again(case: Case, problem: str) -> Response:
    if "id" in case.request.path_params:
        return _mail_page(case.request, problem=problem, status=409)
    return _page(case.request, problem=problem, status=409)


def _acted(conn: Connection, case: Case) -> Done:
    return {"hold": _put, "release": _release, "drop": _drop}.get(case.fields.get("act", ""), _unknown)(conn, case)


def _unknown(conn: Connection, case: Case) -> Done:
    raise InputError("say what is to be done")


def _put(conn: Connection, case: Case) -> Done:
    """Hold all mails, or those of a rule."""
    rule, because = case.fields.get("rule", ""), _because(case)
    if rule and rule not in case.operating.tracker.rulebook.ruleset.by_name:
        raise InputError(f"there is no rule '{one_line(rule)[:60]}' in force")
    made = holds.put(conn, "rule" if rule else "all", because, case.now, rule=rule)
    if made is None:
        raise InputError("this is held already: somebody was first")
    what = f"the alerts of the rule {rule}" if rule else "all mails but operators'"
    said = f"hold {made.id} is in force: {what}; it keeps {mails(holds.kept(conn, made))}"
    return _done("hold put", f"hold {made.id}", said, case)


def _because(case: Case) -> str:
    reason = case.text("why")
    if not reason:
        raise InputError("say why, for those who will wonder")
    return f"{case.visitor.name}: {reason}"


def _in_force(conn: Connection, case: Case) -> Hold:
    number = case.number("hold")
    found = next((one for one in holds.in_force(conn) if one.id == number), None)
    if found is None:
        raise InputError(f"hold {number} is over already: somebody was first")
    return found


def _release(conn: Connection, case: Case) -> Done:
    one = _in_force(conn, case)
    kept = holds.kept(conn, one)
    holds.release(conn, one.id, case.now)
    return _done("hold released", f"hold {one.id}", f"hold {one.id} is over; {mails(kept)} can go", case)


def _drop(conn: Connection, case: Case) -> Done:
    """What was held with a rule is sent to nobody."""
    one = _in_force(conn, case)
    because = _because(case)
    gone = holds.drop(conn, one.id, case.now)
    said = f"hold {one.id} is over; taken back, and sent to nobody: {mails(gone)}"
    return _done("hold dropped", f"hold {one.id}", said, case, why=because)


def _done(action: str, subject: str, said: str, case: Case, *, goal: str = "/operations/mails", why: str = "") -> Done:
    return Done(action=action, subject=subject, said=said, goal=goal, more={"why": why or case.text("why")})


def mail(request: Request) -> Response:
    """GET `/operations/mails/{id}`: one mail."""
    return _mail_page(request)


def _mail_page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    web, visitor = desk.looker(request)
    number, now = desk.number(str(request.path_params["id"])), web.now()
    places = web.operating.tracker.gazetteer if web.operating else None
    with reading(web.engine) as conn:
        rows = outbox.some(conn, ids=[number])
        if not rows:
            desk.nothing("There is no mail of this number.")
        [lead] = rows if rows[0].lead_id is None else outbox.some(conn, ids=[rows[0].lead_id])
        named = {"named": lambda region: region_name(region, places)} if places is not None else {}
        found = why.of_mail(conn, number, **named) if lead.letter is None else []
        says = _says(web, conn, lead)
    variables = {
        "here": "mails",
        "mail": _line(lead, "", now) | {"created": lead.created, "next": lead.not_before, "finished": lead.finished},
        "lines": [
            {"alert": alert_id, "version": one.version, "said": desk.sentence(desk.without_addresses(one.said))}
            for alert_id, one in found
            if not one.told or visitor.may("analyst")  # why it was sent is what its reader asked for
        ],
        "waiting": lead.state == "queued",
        "stuck": lead.state in STUCK,
        "twice": lead.state == "ambiguous",
        "away": not lead.person.active and lead.letter is None,
        "letter": lead.letter is not None,
        "says": says,
    }
    return desk.page(request, visitor, "mail", variables, status=status, problem=problem)


def _says(web: Web, conn: Connection, lead: OutboxRow) -> dict[str, str]:
    """What the mail says: its subject and text."""
    if lead.bulletin_id is not None:
        found = bulletins.by_id(conn, [lead.bulletin_id]).get(lead.bulletin_id)
        return _shown(found.subject, found.body) if found is not None else {}
    maker = web.operating.preview if web.operating is not None else None
    if maker is None or lead.letter is not None:
        return {}
    try:
        made = message_from_bytes(_made(maker, conn, lead, web.now()), policy=default)
    except AlertsError:
        return {}
    assert isinstance(made, EmailMessage)
    body = made.get_body(("plain",))
    return _shown(str(made["Subject"] or ""), str(body.get_content()) if body is not None else "")


def _made(maker: Preview, conn: Connection, lead: OutboxRow, now: datetime) -> bytes:
    """The mail as nobody would get it, in its reader's language; as text alone, for more of it is not shown."""
    nobody = Person(id=0, wishes=Wishes(language=lead.person.language, text_only=True))
    along = [row.alert_id for row in outbox.parts(conn, [lead.id])[lead.id] if row.alert_id]
    ids = list(dict.fromkeys([lead.alert_id, *along]))
    version = lead.version if len(ids) == 1 else None
    return maker.of_alerts(conn, ids, nobody, version=version, at=now).message


def _shown(subject: str, text: str) -> dict[str, str]:
    text = "\n".join(line.rstrip() for line in _LINK.sub("(a link of its reader’s own)", text).splitlines())
    return {"subject": one_line(desk.without_addresses(subject)), "text": desk.without_addresses(text)}


async def act_on_mail(request: Request) -> Response:
    """POST: hold one mail, or let it go."""
    return await desk.change(request, "admin", _acted_on_mail, _again)


def _acted_on_mail(conn: Connection, case: Case) -> Done:
    number = desk.number(str(case.request.path_params["id"]))
    goal, subject = f"/operations/mails/{number}", f"mail {number}"
    if case.fields.get("act") == "hold":
        held = store.hold(conn, [number], _because(case), case.now)
        if not held:
            raise InputError(f"mail {number} does not wait any more, so it cannot be held")
        return _done("mail held", subject, f"mail {number} is held until somebody lets it go", case, goal=goal)
    if case.fields.get("act") != "release":
        raise InputError("say what is to be done")
    chosen = store.stuck(conn, [number])
    if any(row.state == "ambiguous" for row in chosen) and case.fields.get("twice") != "yes":
        raise InputError("its reader may have it already: say that it may come twice")
    released = outbox.release(conn, [row.id for row in chosen], case.now)
    return _done("mail released", subject, f"{mails(released)} can go", case, goal=goal)


ROUTES: Final = (
    Route("/operations/mails", show),
    Route("/operations/mails", act, methods=["POST"]),
    Route("/operations/mails/{id}", mail),
    Route("/operations/mails/{id}", act_on_mail, methods=["POST"]),
)
