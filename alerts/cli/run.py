"""`alerts run`: the daemon."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli.common import config_option, load_config

if TYPE_CHECKING:
    from alerts.service import Service
    from alerts.web.serve import WebServer

_log = logging.getLogger(__name__)


@click.command(
    short_help="Run the service: collect, read, match, track, mail, web.",
    epilog="Stops cleanly on SIGTERM and Ctrl-C. After a crash or a power cut it goes on where it was: no article "
    "is lost, no mail is sent twice.",
)
@config_option
@click.option("--no-web", is_flag=True, help="Do not serve the web pages.")
def command(config_path: Path, no_web: bool) -> None:
    """Run the service until it is told to stop.

    Until a mail server is configured ([smtp] host), mails are put into the folder data/mail, where any mail
    program that reads a Maildir shows them.
    """
    from alerts import log
    from alerts.cli.common import progress

    config = load_config(config_path)  # before what takes its time: faults are told at once
    from alerts.service import Service

    log.configure(config.service.log)
    service = Service(config)
    with progress("making the index of places (once)") as show:
        service.prepare(show)
    _settle_memory()
    asyncio.run(_run(service, web=not no_web))


def _settle_memory() -> None:
    """Rules and places are a quarter of a million objects that stay: to look through them for garbage again and again
    would hold up everything for a tenth of a second each time."""
    gc.collect()
    gc.freeze()


async def _run(service: Service, *, web: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pages = await start_web(service) if web else None
    try:
        await service.start()
        _log.info("running: %d rules in force", len(service.rulebook.ruleset.rules))
        await stop.wait()
        _log.info("stopping")
        await service.stop()
    finally:
        if pages is not None:
            await pages.stop()


async def start_web(service: Service) -> WebServer:
    """Serve the pages of a prepared service. Raises WebError when the port cannot be had."""
    from alerts.web.running import pages_of
    from alerts.web.serve import WebServer

    config = service.config
    pages = pages_of(service)
    beside = pages.state.web.meter.watch_loop
    server = WebServer(pages, host=config.web.host, port=config.web.port, beside=beside)
    port = await server.start()
    _log.info("web pages at http://%s:%d", config.web.host, port)
    return server
