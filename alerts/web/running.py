"""The pages of a running service: what it is called, and who hears what readers say by the links of their mails."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette

from alerts.configured import desk_of
from alerts.engine.collecting import Polled
from alerts.engine.verdicts import Hearing
from alerts.notify.message import pgp
from alerts.notify.message.mime import domain_of
from alerts.notify.message.pgp import check_key
from alerts.resources import shipped
from alerts.service import Service, Watch
from alerts.web.app import create_app
from alerts.web.joining import Joining
from alerts.web.metrics import Meter
from alerts.web.site import WebSettings


def pages_of(service: Service) -> Starlette:
    """The application of a prepared service."""
    config = service.config
    settings = WebSettings(
        name=config.service.name,
        base_url=config.web.base_url,
        contact=config.service.contact,
        templates=config.templates.folder,
        operations=config.web.operations,
        host=config.web.host,
        mails=None if config.smtp.host else config.mail_folder,
    )
    hearing = Hearing(
        rulebook=lambda: service.rulebook,  # whatever is in force when somebody speaks
        outbox=service.tracker.outbox,
        domain=domain_of(config.notify.sender),
        secret=service.secret,
        second_look=config.verdicts.second_look,
    )
    joining = Joining(
        desk=desk_of(config, service.secret),
        places=service.gazetteer,
        events=lambda: service.rulebook.events,
        languages=_languages(config.templates.folder),
        check_key=(lambda key: pgp.usual_form(key, now=service.clock())) if pgp.available() else None,
    )
    meter = meter_of(service.watch)
    return create_app(service.engine, settings, now=service.clock, hearing=hearing, joining=joining, meter=meter)


def _checked(key: str, now: datetime) -> str:
    """A reader's OpenPGP key as it is kept. Raises InputError."""
    check_key(key, now=now)
    return key.strip() + "\n"


def _languages(own: Path | None) -> tuple[str, ...]:
    """The languages in which there are mails."""
    folders = [folder / "mail" for folder in (shipped("templates"), own) if folder is not None]
    found = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
    return ("en", *sorted(found - {"en"}))


def meter_of(watch: Watch) -> Meter:
    """Counts the polls of a service from now on, beside whoever is told of them."""
    meter, before = Meter(), watch.polled

    def polled(one: Polled) -> None:
        meter.polled(one)
        before(one)

    watch.polled = polled
    return meter
