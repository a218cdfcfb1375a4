"""The server of `web.py`, as a process of its own. Says its port; says in a line of JSON what it has done so far
whenever it gets a line; ends when it gets no more.

    python -m tests.bench.web_service pages CONFIG     the service's pages, prepared as `alerts run` does, and no more
    python -m tests.bench.web_service unkept CONFIG    the same, and every answer is made for who asks
    python -m tests.bench.web_service bytes FILE       Starlette and uvicorn, which answer with these bytes
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts import log
from alerts.config import load
from alerts.interpreter import settle
from alerts.service import Service
from alerts.web.kept import Answers
from alerts.web.running import pages_of
from alerts.web.serve import WebServer


def _pages(path: str, *, kept: bool) -> Starlette:
    log.configure("console")
    service = Service(load(Path(path)))
    service.prepare()
    return pages_of(service) if kept else pages_of(service, keeps=0.0)


def _bytes(path: str) -> Starlette:
    body, headers = Path(path).read_bytes(), {"ETag": '"one"', "Cache-Control": "no-cache"}

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/html", headers=headers)

    return Starlette(routes=[Route("/{path:path}", page)])


async def _serve(app: Starlette, told: Callable[[], dict[str, float]]) -> None:
    server = WebServer(app, host="127.0.0.1", port=0)
    _say(await server.start())
    while await asyncio.to_thread(sys.stdin.readline):
        _say(told())
    await server.stop()


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    kind, path = sys.argv[1:3]
    app = _bytes(path) if kind == "bytes" else _pages(path, kept=kind == "pages")
    answers = getattr(app.state, "answers", Answers())
    settle()
    asyncio.run(_serve(app, lambda: {"cpu": time.process_time(), "made": answers.made, "shown": answers.shown}))


if __name__ == "__main__":
    main()
