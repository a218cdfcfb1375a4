"""What sending costs: `./dev bench mail [--mails N] [--rounds N]`.

From rows in the outbox to mails that the server has answered for, with all commits in between, into Postfix's smtp-sink
and into a Postfix of our own; beside it smtp-source, which sends one ready text over the same number of connections and
keeps no account. A machine may be twice as slow as it was a minute ago, so both are run in turn and compared in pairs.
Then: what making a mail costs, and how long a severe alert takes that comes while a digest to everybody goes out.
Needs Debian's package postfix, and root to start a Postfix of our own.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert, select, update

from alerts.interpreter import settle
from alerts.notify.courier import Courier
from alerts.notify.message import compose
from alerts.notify.ways.smtp import Smtp, SmtpSettings
from alerts.store import outbox as outbox_store
from alerts.store import people
from alerts.store.database import reading, writing
from alerts.store.schema import outbox
from tests.fakes.ports import free_port
from tests.fakes.postfix import PrivatePostfix, lacking
from tests.notify.world import SENDER, START, Clock, new_database, populate, renderer

CONNECTIONS: Final = 4
RATE: Final = 1_000
SHARE: Final = 0.6
MAKING_US: Final = 250
URGENT_S: Final = 5.0
MAILMAN: Final = 47
_URGENT: Final = 100


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if why := lacking():
        raise SystemExit(f"./dev bench mail: {why}")
    settle()
    console = Console(width=120, highlight=False)
    with tempfile.TemporaryDirectory(prefix="alerts-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        table = Table("", "measured", "bar", "", title=f"{options.mails:,} mails, {CONNECTIONS} connections")
        _making(folder, options.mails, table)
        for what in ("smtp-sink", "Postfix"):
            with _server(what, folder) as port:
                _rates(what, folder, port, options, table)
        with _server("smtp-sink", folder) as port:
            _urgent(folder, port, options.digest, table)
        console.print(table)
        console.print(f"Mailman 3 was measured at {MAILMAN} personalised mails a second, on another such machine.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench mail", description=__doc__)
    parser.add_argument("--mails", type=int, default=5_000, help="how many mails in each run")
    parser.add_argument("--rounds", type=int, default=3, help="how many pairs of runs")
    parser.add_argument("--digest", type=int, default=10_000, help="how many mails an urgent one has to overtake")
    parser.add_argument("--profile", type=Path, help="write a profile of our runs there (slower: rates are void)")
    return parser.parse_args(arguments)


def _making(folder: Path, mails: int, table: Table) -> None:
    """From rows to bytes, without the database: rendered once, spliced and encoded for each reader."""
    engine = _filled(folder / "making", mails)
    with writing(engine) as conn:
        rows = outbox_store.lease(conn, START, "bench", mails, 600)
    with reading(engine) as conn:
        material = compose.gather(conn, rows)
    made = renderer()
    begin = time.process_time()
    for row in rows:
        compose.envelope(row, material, renderer=made, sender=SENDER)
    took = (time.process_time() - begin) / len(rows) * 1e6
    table.add_row("making a mail", f"{took:.0f} us", f"<= {MAKING_US} us", _met(took <= MAKING_US))
    engine.dispose()


def _rates(what: str, folder: Path, port: int, options: argparse.Namespace, table: Table) -> None:
    ours, theirs = [], []
    size = 0
    for number in range(options.rounds):
        engine = _filled(folder / f"{what}-{number}", options.mails)
        size = size or _size(engine)
        theirs.append(_smtp_source(port, options.mails, size))
        ours.append(_ours(engine, port, options.mails, options.profile))
        engine.dispose()
    share = median(mine / other for mine, other in zip(ours, theirs, strict=True))
    bar = what == "smtp-sink"
    least = RATE if bar else 10 * MAILMAN
    table.add_row(f"alerts into {what}", f"{median(ours):,.0f}/s", f">= {least:,}/s", _met(median(ours) >= least))
    table.add_row(f"smtp-source into {what}, {size:,} bytes", f"{median(theirs):,.0f}/s", "", "")
    bars = ("", "") if bar else (f">= {SHARE:.0%}", _met(share >= SHARE))
    table.add_row(f"alerts : smtp-source, {what}", f"{share:.0%}", *bars)


def _urgent(folder: Path, port: int, digest: int, table: Table) -> None:
    """Severe alerts to one reader each, coming in while a digest to all goes out."""
    took = asyncio.run(_overtaking(_filled(folder / "urgent", digest, severity="minor"), port))
    p99 = quantiles(took, n=100, method="inclusive")[98]
    what = f"urgent mails behind a digest of {digest:,}: p99 of {len(took)}"
    table.add_row(what, f"{p99:.2f} s", f"< {URGENT_S:g} s", _met(p99 < URGENT_S))


async def _overtaking(engine: Engine, port: int) -> list[float]:
    courier = _courier(engine, port, clock=lambda: datetime.now(UTC))
    with reading(engine) as conn:
        readers = [person.id for person in people.active_people(conn)]
    sending = asyncio.create_task(courier.deliver_all())
    for number in range(_URGENT):
        await asyncio.sleep(0.05)
        assert not sending.done(), "the digest was gone before all urgent mails came"
        await asyncio.to_thread(_enqueue_urgent, engine, readers[-1 - number], number)
    await sending
    await courier.close()
    with reading(engine) as conn:
        rows = conn.execute(select(outbox.c.created, outbox.c.finished).where(outbox.c.round == 1)).all()
    engine.dispose()
    return [(finished - created).total_seconds() for created, finished in rows]


def _enqueue_urgent(engine: Engine, person_id: int, number: int) -> None:
    """As a reminder of the same alert, which goes by itself."""
    now = datetime.now(UTC)
    with writing(engine) as conn:
        row = outbox_store.list_rows(conn, limit=1)[0]
        values = {
            "alert_id": int(row.alert_id), "version": row.version, "round": 1, "person_id": person_id,
            "channel": "mail", "state": "queued", "urgency": 2, "message_id": f"<{number:028x}@alerts.example>",
            "created": now, "not_before": now, "expires": now + timedelta(days=1),
        }  # fmt: skip
        conn.execute(insert(outbox).values(values))


def _filled(folder: Path, mails: int, *, severity: str = "severe") -> Engine:
    """A database with so many mails that are due."""
    folder.mkdir()
    engine = new_database(folder)
    populate(engine, readers=mails, severity="minor" if severity == "minor" else "severe")
    with writing(engine) as conn:
        late = {"expires": datetime.now(UTC) + timedelta(days=1)}
        conn.execute(update(outbox).values(late))
    return engine


def _size(engine: Engine) -> int:
    with writing(engine) as conn:
        rows = outbox_store.lease(conn, START, "size", 1, 0)
    with reading(engine) as conn:
        material = compose.gather(conn, rows)
    with writing(engine) as conn:
        outbox_store.give_back(conn, "size")
    return len(compose.envelope(rows[0], material, renderer=renderer(), sender=SENDER).message)


def _courier(engine: Engine, port: int, *, clock: Callable[[], datetime] | None = None) -> Courier:
    transport = Smtp(SmtpSettings(host="127.0.0.1", port=port, connections=CONNECTIONS))
    return Courier(engine=engine, transport=transport, renderer=renderer(), sender=SENDER, clock=clock or Clock(START))


def _ours(engine: Engine, port: int, mails: int, profile: Path | None) -> float:
    """Mails a second, from the start of a run to its end."""

    async def run() -> float:
        courier = _courier(engine, port)
        begin = time.monotonic()
        tally = await courier.deliver_all()
        took = time.monotonic() - begin
        await courier.close()
        assert tally.accepted == mails, tally
        return mails / took

    if profile is None:
        return asyncio.run(run())
    with cProfile.Profile() as watched:
        rate = asyncio.run(run())
    watched.dump_stats(profile)
    return rate


def _smtp_source(port: int, mails: int, size: int) -> float:
    options = ("-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(mails))
    people = ("-f", SENDER.address, "-t", "reader@example.com")
    begin = time.monotonic()
    subprocess.run(("/usr/sbin/smtp-source", *options, *people, f"127.0.0.1:{port}"), check=True)
    return mails / (time.monotonic() - begin)


@contextmanager
def _server(what: str, folder: Path) -> Iterator[int]:
    if what == "Postfix":
        with PrivatePostfix(folder=folder / "postfix", delivery="discard") as server:
            yield server.port
        return
    port = free_port()
    with subprocess.Popen(("/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "100")) as sink:
        time.sleep(0.5)
        try:
            yield port
        finally:
            sink.terminate()


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


if __name__ == "__main__":
    main()
