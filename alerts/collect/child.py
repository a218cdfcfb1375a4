"""The parser's own process: reads documents from its standard input, writes entries to its standard output.

A hostile document must not hurt the service, so it meets feedparser here, under limits of processor time and
memory, without files to write and without the service's environment. Frames are a line of JSON and as many
bytes as it says; answers are JSON too, as nothing that comes out of this process may be trusted as code.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import signal
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from alerts.collect.links.extracted import extract
from alerts.collect.outcome import Parsed
from alerts.errors import ParseError

# A process that has grown to this (bytes) ends after its answer, and a fresh one takes over.
RETIRE_AT = 96 * 1024 * 1024
_CIRCLES = 50_000  # objects that come before it is looked for those that hold each other


def encode(parsed: Parsed) -> dict[str, Any]:
    """`parsed` as JSON values."""
    return {
        "entries": [
            [e.key, e.title, e.html, e.url, e.published and e.published.isoformat(), e.language, e.cap, *e.sections]
            for e in parsed.entries
        ],
        "title": parsed.title,
        "language": parsed.language,
        "version": parsed.version,
        "truncated": parsed.truncated,
        "broken": parsed.broken,
        "warnings": parsed.warnings,
        "rung": parsed.rung,
        "marks": b64encode(parsed.marks).decode(),
        "unchanged": parsed.unchanged,
        "every": parsed.hints.every and parsed.hints.every.total_seconds(),
        "skip_hours": parsed.hints.skip_hours,
        "skip_days": parsed.hints.skip_days,
        "older": parsed.older,
    }


def answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The answer to one request: `parsed` or `extracted`, or `reason` and `message`."""
    try:
        return _feed(request, body) if request["kind"] == "feed" else _linked(request, body)
    except ParseError as error:
        return {"reason": error.reason, "message": str(error).removeprefix(f"{error.url}: ")}
    except RecursionError:
        return {"reason": "hostile", "message": "nested too deeply"}
    except MemoryError:
        return {"reason": "parser_killed", "message": "took too much memory", "retire": True}


def _feed(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    from alerts.collect.formats.parse import parse_document

    parsed = parse_document(
        body,
        request["headers"],
        request["url"],
        cut=request["cut"],
        most_items=request["most_items"],
        seen=b64decode(request["seen"]),
    )
    return {"parsed": encode(parsed)}


def _linked(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    found = extract(request["kind"], body, request["headers"], request["url"], request["languages"])
    return {"extracted": [found.text, found.language, found.nothing]}


def serve(requests: BinaryIO, answers: BinaryIO, limit: Callable[[float], None]) -> None:
    """Answer until the other side closes, or until this process should be replaced."""
    while line := requests.readline():
        request = json.loads(line)
        body = requests.read(request["length"])
        limit(request["cpu"])
        reply = answer(request, body)
        del body
        limit(0)
        used = resident()
        retire = bool(reply.pop("retire", False)) or used > RETIRE_AT
        data = json.dumps(reply).encode()
        head = json.dumps({"length": len(data), "rss": used, "retire": retire}).encode()
        answers.write(head + b"\n" + data)
        answers.flush()
        if retire:
            return


def resident() -> int:
    """Bytes of memory in use (the peak where the system does not tell the present)."""
    with suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reserved() -> int:
    """Bytes of address space in use already; RLIMIT_AS counts them too."""
    with suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 256 * 1024 * 1024


def limit_cpu(seconds: float) -> None:
    """Allow `seconds` more of processor time, then the process is ended (SIGPROF); 0: without limit again.

    The limit proper counts in whole seconds, so the timer comes first and it stands behind.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(time.process_time() + seconds) + 2 if seconds else hard
    with suppress(ValueError, OSError):  # a lower hard limit is there already
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _load(task: str) -> None:
    """Import what reads the documents before the limits, and before the first one waits."""
    if task == "feeds":
        from alerts.collect.formats import xmlfeed  # noqa: F401
    else:
        from alerts.collect.links import capxml  # noqa: F401

        with suppress(ImportError):  # full text is an extra
            import trafilatura  # noqa: F401


def main() -> None:
    """Entry point of the process; its last arguments are what it is to read ("feeds" or "linked") and how many bytes of
    memory it may come to use."""
    # The service ends us by closing our input; signals meant for it must not cut an answer short.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.disable()  # libraries complain of what documents are like, to the service's own output
    _load(sys.argv[-2])
    # Documents leave no circles behind: to look for them costs a tenth of the work. Those of odd ones are found late.
    gc.freeze()
    gc.set_threshold(_CIRCLES)
    memory = int(sys.argv[-1])
    for name, most in (("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_AS", reserved() + memory)):
        with suppress(ValueError, OSError):  # a lower hard limit is there already, or the system has no such limit
            resource.setrlimit(getattr(resource, name), (most, most))
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer, limit_cpu)


if __name__ == "__main__":
    main()
