"""`alerts status`: what the service is doing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.store.status import Status


@click.command(short_help="What the service is doing: feeds, queues, last alerts.")
@common.config_option
@common.json_option
def command(config_path: Path, as_json: bool) -> None:
    """What the service is doing, from its database: feeds, articles waiting, alerts, mails, and what does not go on as
    it should. A watch from outside asks for `last_look` (with --json): it is minutes old while the service runs."""
    from alerts.store.database import reading
    from alerts.store.status import status

    with common.store(common.load_config(config_path)) as engine, reading(engine) as conn:
        now = status(conn, common.now())
    if as_json:
        common.print_json([asdict(now)])
        return
    at = now.at
    opened = sum(now.alerts_open.values())
    waiting = f", the oldest since {common.ago(now.oldest_waiting, at)}" if now.waiting else ""
    queued = now.outbox["queued"] + now.outbox["sending"]
    aside = f"; {now.faulty} set aside: they cannot be read (see the log)" if now.faulty else ""
    lines = [
        ("feeds", f"{now.feeds}: {now.failing} failing, {now.overdue} overdue, {now.unpolled} not polled yet"),
        ("polled", f"{common.ago(now.last_poll, at)}; next: {common.ago(now.next_poll, at)}"),
        ("polls", f"{now.polls_lately} in the last 15 minutes, {now.polls_failed} failed; {_behind(now)}"),
        (
            "articles",
            f"{now.articles}, {now.articles_today} in the last day; {now.waiting} wait to be read{waiting}{aside}",
        ),
        ("alerts", f"{opened} open, {now.alerts_today} new in the last day; last: {common.ago(now.last_alert, at)}"),
        ("readers", str(now.people)),
        ("mails", f"{queued} waiting, {now.outbox['accepted']} sent; last: {common.ago(now.last_mail, at)}"),
    ]
    if now.outage_since:
        lines.insert(0, ("network", f"nothing can be fetched; our own went out {common.ago(now.outage_since, at)}"))
    lines += [*_stuck(now), *_coming(now), *_machines(now)]
    hid = f", hid {now.silenced_today} today" if now.silences or now.silenced_today else ""
    lines.append(("silences", f"{now.silences or 'none'} in force{hid}"))
    if now.rules_trouble:
        lines.append(("rules", f"trouble, first seen {common.ago(now.rules_trouble_since, at)}: {now.rules_trouble}"))
    lines += [
        ("rules", f"{one.rule} fell to test {common.ago(one.at, at)}: {one.why}; alerts rules promote {one.rule}")
        for one in now.rules_fallen
    ]
    if now.hub_trouble:
        since = common.ago(now.hub_trouble.since, at)
        lines.append(("hub", f"cannot be told of news, first seen {since}: {now.hub_trouble.text}"))
    lines.append(("watched", f"{common.ago(now.last_look, at)}; canary came out: {common.ago(now.last_canary, at)}"))
    lines += [("notice", one.text) for one in now.notices]
    for name, text in lines:
        click.echo(f"{name:9} {text}")


def _stuck(now: Status) -> list[tuple[str, str]]:
    """The mails that need a person."""
    from alerts.cli.mail.saying import held
    from alerts.store.suppression import SAID

    found = []
    if stuck := {state: now.outbox[state] for state in ("failed", "ambiguous", "held") if now.outbox[state]}:
        count = ", ".join(f"{number} {state}" for state, number in stuck.items())
        found.append(("", f"{count}; see: alerts mail queue"))
    if now.suppressed:
        gone = "; ".join(f"{number}: {SAID[reason]}" for reason, number in now.suppressed.items())
        found.append(("", f"addresses that nothing is sent to: {gone}"))
    return found + [("held", f"{held(one, now.at)}; alerts mail release --hold {one.id}") for one in now.holds]


def _machines(now: Status) -> list[tuple[str, str]]:
    """Those that share the work, and what is wrong on each."""
    found = []
    for one in now.machines:
        edition = (
            f"edition {one.edition}" if one.edition else "no edition yet: the first machine that starts publishes one"
        )
        behind = f" ({now.edition} is in force)" if one.edition != now.edition else ""
        found.append(
            ("machine", f"{one.name}: {', '.join(one.roles)}; seen {common.ago(one.seen, now.at)}; {edition}{behind}")
        )
        found += [("", f"  {line.strip()}") for line in (one.trouble or "").splitlines()]
    return found


def _coming(now: Status) -> list[tuple[str, str]]:
    """What came in today, and what went, where anything did."""
    found = []
    if now.mails_in or now.mails_aside:
        aside = f"; {now.mails_aside} set aside: they trip over a fault of this program" if now.mails_aside else ""
        found.append(("mail in", f"today {_listed(now.mails_in)}{aside}"))
    if now.sign_ups:
        found.append(("sign-ups", f"today {_listed(now.sign_ups)}"))
    if now.forgotten:
        found.append(("forgotten", f"today {_listed(now.forgotten)}; alerts db size"))
    return found


def _listed(numbers: dict[str, int]) -> str:
    """What most came to, first."""
    ordered = sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{number} {what}" for what, number in ordered) or "none"


def _behind(now: Status) -> str:
    found = f"{now.silent} silent, {now.late} late"
    return f"{found}; see: alerts feeds health" if now.silent or now.late or now.failing else found
