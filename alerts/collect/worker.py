"""Parser processes, kept by the service: started when first needed, ended when they take too long, replaced
when they die, stopped cleanly with the service.

A fresh interpreter and not a fork: the service has threads and sockets that a child must not inherit. One
process is enough for thousands of feeds, as most answers are "not modified"; its memory is told by `status`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import alerts
from alerts.collect.formats.document import FEW_BYTES, FEW_ITEMS, MOST_ITEMS
from alerts.collect.links.extracted import Extracted, Kind
from alerts.collect.outcome import Hints, Parsed
from alerts.collect.settings import MIB, CollectSettings
from alerts.errors import ParseError
from alerts.types import Entry

_MOST_ANSWER = 256 * MIB
_STOP_WAIT = 1.0
_TOO_LONG = (signal.SIGPROF, signal.SIGXCPU)
_SECOND_TRY = 0.3  # of the first try's time: with two starts of the process, a document costs half as much again
# What the parser needs of our environment; passwords and addresses of databases stay here.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")
# -P and append: the current folder must not shadow a library, and the checkout must be found in either case.
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from alerts.collect.child import main; main()"

Task = Literal["feeds", "linked"]


class _Died(Exception):
    """The process ended before it answered. `killed_by` is a signal's number, or None."""

    def __init__(self, killed_by: int | None) -> None:
        super().__init__(killed_by)
        self.killed_by = killed_by


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A parser process as `alerts status` shows it: `rss` in bytes after its last document."""

    pid: int | None
    rss: int
    documents: int
    restarts: int


class ParserPool:
    """`await pool.parse(...)` in one of a few processes; use it with `async with`, or `close` it. `task` is what they
    are made ready for: what reads web pages takes twice the memory, so it is in processes of its own."""

    def __init__(self, settings: CollectSettings, task: Task = "feeds") -> None:
        self._workers = [_Worker(settings, task) for _ in range(max(1, settings.parse_workers))]
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def __aenter__(self) -> ParserPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def parse(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        url: str = "",
        *,
        cut: bool = False,
        seen: bytes = b"",
    ) -> Parsed:
        """`parse.parse_document` in another process, under limits. Raises ParseError."""
        worker = await self._free.get()
        try:
            return await worker.parse(body, headers or {}, url, cut=cut, seen=seen)
        finally:
            self._free.put_nowait(worker)

    async def extract(
        self, kind: Kind, body: bytes, headers: Mapping[str, str], url: str = "", languages: Sequence[str] = ()
    ) -> Extracted:
        """`extracted.extract` in another process, under limits. Raises ParseError."""
        worker = await self._free.get()
        try:
            return await worker.extract(kind, body, headers, url, languages)
        finally:
            self._free.put_nowait(worker)

    def status(self) -> list[WorkerStatus]:
        """Each process, running or not yet."""
        return [worker.status() for worker in self._workers]

    async def close(self) -> None:
        """End all processes; documents being parsed are given up."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))


class _Worker:
    def __init__(self, settings: CollectSettings, task: Task) -> None:
        self._settings, self._task = settings, task
        self._process: Process | None = None
        self._started = self._documents = self._rss = 0
        self._stopped = False

    def status(self) -> WorkerStatus:
        pid = self._process.pid if self._process is not None else None
        return WorkerStatus(pid=pid, rss=self._rss, documents=self._documents, restarts=max(0, self._started - 1))

    async def parse(self, body: bytes, headers: Mapping[str, str], url: str, *, cut: bool, seen: bytes) -> Parsed:
        """Of a document that costs too much the first items may still be had."""
        request = {"kind": "feed", "headers": dict(headers), "url": url, "cut": cut, "most_items": MOST_ITEMS}
        request["seen"] = b64encode(seen).decode()
        smaller = {"cpu": self._settings.parse_cpu * _SECOND_TRY, "most_items": FEW_ITEMS}
        smaller["cut"] = cut or len(body) > FEW_BYTES
        reply = await self._reply(request, body, smaller)
        parsed = _parsed(reply, url)
        if not reply["beginning"]:
            return parsed
        # Not broken: the next answer would be as long.
        told = "takes too much time or memory to read: only its beginning was read"
        return replace(parsed, truncated=True, broken=False, warnings=(told, *parsed.warnings))

    async def extract(
        self, kind: Kind, body: bytes, headers: Mapping[str, str], url: str, languages: Sequence[str]
    ) -> Extracted:
        request = {"kind": kind, "headers": dict(headers), "url": url, "languages": list(languages)}
        text, language, nothing = _checked(await self._reply(request, body, None), url)["extracted"]
        return Extracted(text=text, language=language, nothing=nothing)

    async def _reply(self, request: dict[str, Any], body: bytes, smaller: Mapping[str, Any] | None) -> dict[str, Any]:
        """Two tries: a process that died of something else than its limits is no fault of the document. One that
        costs too much is tried again only as `smaller` says."""
        settings, url = self._settings, request["url"]
        request, less = {"cpu": settings.parse_cpu, **request}, False
        for last in (False, True):
            try:
                async with asyncio.timeout(settings.parse_wall):
                    head = json.dumps({"length": len(body), **request}).encode()
                    reply = await self._ask(head + b"\n" + body)
            except TimeoutError as error:
                await self._end()
                fault = f"the parser took more than {settings.parse_wall:g} s and was ended"
                raise ParseError(url, fault, reason="parser_killed") from error
            except _Died as death:
                too_long = death.killed_by in _TOO_LONG
                if last or (too_long and smaller is None):
                    raise ParseError(url, self._obituary(death), reason="parser_killed") from death
                if not too_long:
                    continue
            except BaseException:
                # Cancelled in the middle: the pipes hold half of an answer.
                await self._end()
                raise
            else:
                if last or smaller is None or reply.get("reason") != "parser_killed":
                    return {**reply, "beginning": less}
            if smaller is not None:
                request, body, less = {**request, **smaller}, body[:FEW_BYTES], True
        raise AssertionError("the second try returns or raises")

    async def _ask(self, data: bytes) -> dict[str, Any]:
        process = await self._running()
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(data)
            await stdin.drain()
            head = json.loads(await stdout.readuntil(b"\n"))
            if not 0 <= head["length"] <= _MOST_ANSWER:
                raise _Died(None)
            reply: dict[str, Any] = json.loads(await stdout.readexactly(head["length"]))
        except (OSError, EOFError, ValueError, KeyError, TypeError, asyncio.LimitOverrunError) as error:
            raise _Died(await self._end()) from error
        self._documents += 1
        if head["retire"]:
            await self._end(_STOP_WAIT)
        else:
            self._rss = head["rss"]
        return reply

    async def _running(self) -> Process:
        if self._stopped:
            raise _Died(None)
        if self._process is not None and self._process.returncode is not None:
            await self._end()
        if self._process is None:
            settings = self._settings
            folder = str(Path(alerts.__file__).parent.parent)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM, folder),
                *(self._task, str(settings.parse_memory)),
                stdin=PIPE,
                stdout=PIPE,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            )
            self._started += 1
        return self._process

    async def _end(self, wait: float = 0.0) -> int | None:
        """End the process; the signal that had ended it before, if one had. `wait`: seconds to go by itself."""
        process, self._process, self._rss = self._process, None, 0
        if process is None:
            return None
        assert process.stdin is not None
        process.stdin.close()
        # A process that closed its pipe is dying, but may not be dead yet: its own end is the one to report.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait or 0.5 if process.stdout and process.stdout.at_eof() else wait):
                await process.wait()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return None
        return -process.returncode if process.returncode < 0 else None

    def _obituary(self, death: _Died) -> str:
        if death.killed_by in _TOO_LONG:
            return f"the parser took more than {self._settings.parse_cpu:g} s of processor time and was ended"
        if death.killed_by is not None:
            return f"the parser was ended by {signal.Signals(death.killed_by).name}"
        return "the parser ended without an answer"

    async def stop(self) -> None:
        """End the process, for good."""
        self._stopped = True
        await self._end(_STOP_WAIT)


def _checked(reply: dict[str, Any], url: str) -> dict[str, Any]:
    if "reason" in reply:
        raise ParseError(url, reply["message"], reason=reply["reason"])
    return reply


def _parsed(reply: dict[str, Any], url: str) -> Parsed:
    values = _checked(reply, url)["parsed"]
    every = values["every"]
    return Parsed(
        entries=tuple(map(_entry, values["entries"])),
        title=values["title"],
        language=values["language"],
        version=values["version"],
        truncated=values["truncated"],
        broken=values["broken"],
        warnings=tuple(values["warnings"]),
        rung=values["rung"],
        marks=b64decode(values["marks"]),
        unchanged=values["unchanged"],
        hints=Hints(
            every=timedelta(seconds=every) if every else None,
            skip_hours=tuple(values["skip_hours"]),
            skip_days=tuple(values["skip_days"]),
        ),
        older=values["older"],
    )


def _entry(row: list[Any]) -> Entry:
    key, title, html, url, published, language, cap, *sections = row
    return Entry(
        key=key,
        title=title,
        html=html,
        url=url,
        published=datetime.fromisoformat(published) if published else None,
        language=language,
        sections=tuple(sections),
        cap=cap,
    )
