"""The pages of a running service: what it is called, and who hears what readers say by the links of their mails."""

from __future__ import annotations

from starlette.applications import Starlette

from alerts.engine.collecting import Polled
from alerts.engine.verdicts import Hearing
from alerts.notify.message.mime import domain_of
from alerts.service import Service, Watch
from alerts.web.app import create_app
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
    )
    hearing = Hearing(
        rulebook=lambda: service.rulebook,  # whatever is in force when somebody speaks
        outbox=service.tracker.outbox,
        domain=domain_of(config.notify.sender),
        secret=service.secret,
        second_look=config.verdicts.second_look,
    )
    return create_app(service.engine, settings, now=service.clock, hearing=hearing, meter=meter_of(service.watch))


def meter_of(watch: Watch) -> Meter:
    """Counts the polls of a service from now on, beside whoever is told of them."""
    meter, before = Meter(), watch.polled

    def polled(one: Polled) -> None:
        meter.polled(one)
        before(one)

    watch.polled = polled
    return meter
