"""What collecting costs, beside two other readers of feeds: `./dev bench collect [--feeds N] [--rounds N]`.

reader and rss2email come from the package index, and all three ask the same loopback server for the same documents in
the same run: all of them for the first time, again when none has changed, and again when one in ten has two new items.
Counted is the processor time of each client's process and of those it started; then what each has kept. A machine may
be twice as slow as it was a minute ago, which adds to a run and never takes from it: so each is repeated, every time
with what it costs merely to be started, and the least of each counts.
"""

from __future__ import annotations

import argparse
import json
import mailbox
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from compileall import compile_dir
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from html import escape, unescape
from pathlib import Path
from typing import Final, Protocol

from rich.console import Console
from rich.table import Table

from tests.bench.feed_server import ROOT, Plan, Served, many_files
from tests.bench.made_feeds import AWKWARD
from tests.bench.peers import Peers, installed

_BESIDE: Final = Path(__file__).parent
ROUNDS: Final = ("first run", "all 304", "10 % changed")
_REPEATS: Final = (1, 7, 7)  # of the rounds: the first cannot be repeated
_BARS: Final = (2, 3, 10)  # so many times less than reader
PEERS: Final = ("reader", "rss2email")
Titles = dict[str, list[str]]


class Client(Protocol):
    """Something that reads feeds, in a folder of its own. `update` is the command that reads them once more; it is
    told how many times that was done before."""

    def add(self, urls: Sequence[str]) -> None: ...
    def update(self, before: int) -> list[str]: ...
    def stored(self) -> Titles: ...


@dataclass(slots=True)
class Ours:
    folder: Path
    hosts: list[str]
    profile: bool = False

    def add(self, urls: Sequence[str]) -> None:
        _run(self._command("add"), "\n".join(urls))

    def update(self, before: int) -> list[str]:
        kept = [str(Path(tempfile.gettempdir(), f"collect-{before}.prof"))] if self.profile else []
        hours_ahead = str(before)
        return [*self._command("update"), json.dumps(self.hosts), hours_ahead, *kept]

    def stored(self) -> Titles:
        return _titles(_run(self._command("stored")))

    def _command(self, what: str) -> list[str]:
        return [sys.executable, "-m", "tests.bench.collect_run", what, str(self.folder / "alerts.db")]


@dataclass(slots=True)
class Reader:
    folder: Path
    peers: Peers

    def add(self, urls: Sequence[str]) -> None:
        _run(self._command("add"), "\n".join(urls))

    def update(self, before: int) -> list[str]:
        return self._command("update")

    def stored(self) -> Titles:
        return _titles(_run(self._command("stored")))

    def _command(self, what: str) -> list[str]:
        return [str(self.peers.python), str(_BESIDE / "peer_reader.py"), what, str(self.folder / "reader.db")]


@dataclass(slots=True)
class Rss2email:
    """Into a Maildir, so that no mail server has a part in it, and as HTML, which spares it the way to plain text."""

    folder: Path
    peers: Peers

    def add(self, urls: Sequence[str]) -> None:
        (self.folder / "Maildir").mkdir()
        (self.folder / "rss2email.cfg").write_text(
            "[DEFAULT]\nto = desk@example.org\nemail-protocol = maildir\nmaildir-mailbox = news\nhtml-mail = True\n"
            f"maildir-path = {self.folder / 'Maildir'}\nverbose = error\n"
        )
        outlines = "".join(f'<outline type="rss" text="f{at}" xmlUrl="{escape(url)}"/>' for at, url in enumerate(urls))
        (self.folder / "feeds.opml").write_text(f'<opml version="1.0"><body>{outlines}</body></opml>')
        _run([*self._command("opmlimport"), str(self.folder / "feeds.opml")])

    def update(self, before: int) -> list[str]:
        return self._command("run")

    def stored(self) -> Titles:
        titles: Titles = {}
        for message in mailbox.Maildir(self.folder / "Maildir" / "news"):
            title = str(make_header(decode_header(str(message["Subject"]))))
            titles.setdefault(str(message["X-RSS-Feed"]), []).append(title)
        return titles

    def _command(self, what: str) -> list[str]:
        return [*self.peers.r2e, "-c", str(self.folder / "rss2email.cfg"), "-d", str(self.folder / "data.json"), what]


@dataclass(slots=True, kw_only=True)
class Measured:
    """Processor seconds of a client by round, what it was answered, and what was published by then. `seconds` are
    pairs: of a run, and of another installation's run right after it, with one feed of one short item.
    The awkward feeds are read `beside`, and not timed: some clients read them again and again, as they keep nothing."""

    name: str
    folder: Path
    maker: Callable[[Path], Client]
    urls: Sequence[str]
    client: Client
    beside: Client
    seconds: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    answers: dict[int, Counter[str]] = field(default_factory=dict)
    published: dict[int, set[str]] = field(default_factory=dict)

    def run(self, turn: int, before: int, served: Served, titles: dict[int, list[str]]) -> Counter[str]:
        """Once more; returns what was answered."""
        took = _seconds(self.client.update(before))
        self.answers[turn] = served.counts()
        pairs = self.seconds.setdefault(turn, [])
        pairs.append((took, self._start(f"{turn}-{len(pairs)}", same=turn == 1)))
        _seconds(self.beside.update(before))
        served.counts()
        for number, there in titles.items():
            self.published.setdefault(number, set()).update(there)
        return self.answers[turn]

    @property
    def slow(self) -> bool:
        """Has no part in repetitions."""
        return self.name == "rss2email"

    def _start(self, which: str, *, same: bool) -> float:
        """What it costs to be started and to read one short item, or, if `same`, to be told that nothing changed: not
        every client starts all it has when nothing is new."""
        client = _made(self.maker, self.folder / f"{self.name}-alone-{which}")
        client.add(self.urls[-1:])
        new = _seconds(client.update(0))
        return _seconds(client.update(1)) if same else new

    def whole(self, turn: int) -> float:
        """The least of all runs."""
        return min(took for took, _ in self.seconds[turn])

    def work(self, turn: int) -> float:
        """The least of all runs, without the least of all starts."""
        return self.whole(turn) - min(start for _, start in self.seconds[turn])


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    many_files()
    console = Console(width=120, highlight=False)
    peers = installed(options.python)
    compile_dir(ROOT / "alerts", quiet=2)  # as pip does with what it installs
    now = datetime.now(UTC) - timedelta(hours=1)
    plan = Plan(feeds=options.feeds, hosts=min(50, options.feeds), awkward=4 * len(AWKWARD), now=now.isoformat())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alerts-bench-")))
        served = stack.enter_context(Served(plan))
        measured = _clients(folder, served, peers, profile=options.profile, without=options.without)
        _rounds(measured, served, options.rounds, console)
        console.print(_times(measured, options.rounds, f"{plan.feeds} feeds, client processor time; {peers.about}"))
        console.print(_kept(measured, served))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench collect", description=__doc__)
    parser.add_argument("--feeds", type=int, default=500, help="how many feeds of about 94 KiB")
    parser.add_argument("--rounds", type=int, default=3, choices=(1, 2, 3), help="how many of the rounds")
    parser.add_argument("--python", type=Path, help="the Python for reader, 3.12 or newer; default: one found here")
    parser.add_argument("--without", nargs="*", default=(), choices=PEERS, help="peers that are left out")
    parser.add_argument("--profile", action="store_true", help="write profiles of our rounds (slower: ratios are void)")
    return parser.parse_args(arguments)


def _clients(folder: Path, served: Served, peers: Peers, *, profile: bool, without: Sequence[str]) -> list[Measured]:
    """Each with its feeds added."""
    makers: dict[str, Callable[[Path], Client]] = {
        "alerts": lambda where: Ours(where, served.hosts, profile and where.name.endswith("feeds")),
        "reader": lambda where: Reader(where, peers),
        "rss2email": lambda where: Rss2email(where, peers),
    }
    urls, feeds = served.urls, served.plan.feeds
    measured = []
    for name, maker in makers.items():
        if name in without:
            continue
        client, beside = (_made(maker, folder / f"{name}-{what}") for what in ("feeds", "awkward"))
        client.add(urls[:feeds])
        beside.add(urls[feeds:-1])
        measured.append(Measured(name=name, folder=folder, maker=maker, client=client, beside=beside, urls=urls))
    served.counts()
    return measured


def _made(maker: Callable[[Path], Client], folder: Path) -> Client:
    folder.mkdir()
    return maker(folder)


def _rounds(measured: Sequence[Measured], served: Served, rounds: int, console: Console) -> None:
    """Run all. Says when a client did not ask for the same."""
    ran = 0
    for turn in range(rounds):
        for again in range(_REPEATS[turn]):
            if turn == 2:
                served.change(max(1, served.plan.feeds // 10))
            titles = served.titles()
            running = [one for one in measured if not (again and one.slow)]
            answers = [one.run(turn, ran, served, titles) for one in running]
            if any(answer != answers[0] for answer in answers):
                console.print(f"NOT THE SAME WORK, {ROUNDS[turn]}:", *map(dict, answers))
            ran += 1


def _times(measured: Sequence[Measured], rounds: int, title: str) -> Table:
    table = Table("", *ROUNDS[:rounds], title=title)
    for one in measured:
        shown = (f"{one.whole(turn):.2f} s, work {one.work(turn):.2f} s" for turn in range(rounds))
        table.add_row(one.name, *shown)
    table.add_section()
    ours, *others = measured
    for one in others:
        shown = (
            _times_less(one.whole(turn) / ours.whole(turn), one.work(turn) / ours.work(turn)) for turn in range(rounds)
        )
        table.add_row(f"{one.name} costs", *shown)
    if others and others[0].name == "reader":
        ratios = [others[0].work(turn) / ours.work(turn) for turn in range(rounds)]
        bars = (f">= {least}: {_met(ratio >= least)}" for least, ratio in zip(_BARS, ratios, strict=False))
        table.add_row("bar (work, reader)", *bars)
    answers = (
        ", ".join(f"{n} of {status}" for status, n in sorted(ours.answers[turn].items())) for turn in range(rounds)
    )
    table.add_row("answers to each", *answers)
    return table


def _times_less(whole: float, work: float) -> str:
    return f"{whole:.1f} times, work {work:.1f} times"


def _kept(measured: Sequence[Measured], served: Served) -> Table:
    """Who kept how many of the items that were published when it last looked, by kind of feed."""
    table = Table("feeds", *(one.name for one in measured), title="items kept")
    urls, plan = served.urls, served.plan
    stored = [one.client.stored() | one.beside.stored() for one in measured]
    kinds: dict[str, list[int]] = {"ordinary": list(range(plan.feeds))}
    for number in range(plan.feeds, plan.last):
        kinds.setdefault(AWKWARD[number % len(AWKWARD)], []).append(number)
    for kind, numbers in kinds.items():
        row = []
        for one, titles in zip(measured, stored, strict=True):
            there = [titles.get(urls[number], []) for number in numbers]
            row.append(_share(there, [one.published[number] for number in numbers]))
        table.add_row(kind, *row)
    return table


def _share(stored: Sequence[Sequence[str]], published: Sequence[set[str]]) -> str:
    """How many of the published titles are there, and what is there besides."""
    kept = extra = 0
    for there, titles in zip(stored, published, strict=True):
        found = {" ".join(unescape(title).split()) for title in there}
        kept += len(found & titles)
        extra += len(there) - len(found & titles)
    return f"{kept:,} of {sum(map(len, published)):,}" + (f", and {extra} besides" if extra else "")


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


def _seconds(command: Sequence[str]) -> float:
    """Processor seconds of a program and of all that it started."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: {said.read().decode(errors='replace')[-2_000:]}")
    return usage.ru_utime + usage.ru_stime


def _run(command: Sequence[str], given: str = "") -> str:
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout


def _titles(told: str) -> Titles:
    titles: Titles = json.loads(told)
    return titles


if __name__ == "__main__":
    main()
