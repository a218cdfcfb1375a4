"""`alerts run`: the daemon."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.cli.common import config_option, load_config
from alerts.errors import AlertsError

if TYPE_CHECKING:
    from alerts.config import Config
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
    from alerts.interpreter import settle
    from alerts.systemd import take_notifier

    faulthandler.enable()  # when the watchdog ends us, the log says where each thread was
    notifier = take_notifier()
    config = load_config(config_path)  # before what takes its time: faults are told at once
    from alerts.service import Service

    log.configure(config.service.log)
    service = Service(config, notifier=notifier)
    notifier.status("opening the database, the index of places and the rules")
    with progress("getting ready (once)") as show:
        service.prepare(show)
    settle()
    asyncio.run(run(service, web=not no_web))


async def run(service: Service, *, web: bool) -> None:
    """Run a prepared service until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pages = await start_web(service) if web and "web" in service.config.service.roles else None
    try:
        await service.start()
        service.notifier.started()
        _log.info("running: %d rules in force", len(service.rulebook.ruleset.rules))
        doubting = asyncio.create_task(try_trail(service.config))
        await stop.wait()
        _log.info("stopping")
        service.notifier.stopping()
        doubting.cancel()
        await service.stop()
    finally:
        if pages is not None:
            await pages.stop()


async def try_trail(config: Config) -> None:
    """Say at once what else shows only after a crash: that our own Postfix cannot tell what became of mails."""
    from alerts.configured import trail_of, transport_of
    from alerts.notify.ways.doubts import doubts
    from alerts.notify.ways.smtp import Smtp

    trail, transport = trail_of(config), transport_of(config)
    if trail is None or not isinstance(transport, Smtp):
        return
    try:
        for one in await doubts(trail, transport.check):
            _log.warning("smtp.%s: %s", one.setting, one.message)
    except (AlertsError, OSError) as error:
        _log.warning("smtp.postfix_log: the mail server cannot be visited to try it: %s", error)
    finally:
        await transport.close()


async def start_web(service: Service) -> WebServer:
    """Serve the pages of a prepared service. Raises WebError when the port cannot be had."""
    from alerts.web.running import beside, pages_of
    from alerts.web.serve import WebServer

    config = service.config
    pages = pages_of(service)
    server = WebServer(pages, host=config.web.host, port=config.web.port, beside=lambda: beside(service, pages))
    port = await server.start()
    _log.info("web pages at http://%s:%d", config.web.host, port)
    return server
