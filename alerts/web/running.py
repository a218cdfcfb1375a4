"""The pages of a running service: what it is called, and who hears what readers say by the links of their mails."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from prometheus_client.metrics_core import Metric
from starlette.applications import Starlette

from alerts.configured import collect_settings, desk_of, sender_of, site_of
from alerts.engine.verdicts import Hearing
from alerts.errors import Fault
from alerts.notify.joining.whereabouts import region_name
from alerts.notify.message import pgp
from alerts.notify.message.mime import domain_of
from alerts.notify.preview import Preview
from alerts.render.mail import MailRenderer, mail_renderer
from alerts.render.pictures import Pictures
from alerts.resources import shipped
from alerts.service import Service
from alerts.store import jobs, machines
from alerts.store.database import reading
from alerts.web.app import create_app
from alerts.web.data.websub import Announcer
from alerts.web.fresh import Fresh
from alerts.web.operations.gauges import families_of_cluster, families_of_machine, families_of_rules
from alerts.web.operations.laboratory import laboratory
from alerts.web.operations.metrics import Meter
from alerts.web.operations.operating import Operating, TemplateFaults
from alerts.web.readers.joining import Joining
from alerts.web.site import WebSettings

KEEPS_S: Final = 1.0
_CLUSTER_S: Final = 4.0
_Told = TypeVar("_Told")


def pages_of(service: Service, *, keeps: float = KEEPS_S) -> Starlette:
    """The application of a prepared service. An answer that everybody gets alike is shown for `keeps` seconds."""
    config = service.config
    settings = WebSettings(
        name=config.service.name,
        base_url=config.web.base_url,
        contact=config.service.contact,
        templates=service.in_force.templates.folder,
        operations=config.web.operations,
        host=config.web.host,
        mails=None if config.smtp.host else config.mail_folder,
        hub=config.web.hub,
        rights=config.web.rights,
        keeps=keeps,
        private=config.web.private,
        trusted_proxies=config.web.trusted_proxies,
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
        languages=lambda: languages(service.in_force.templates.folder),
        check_key=(lambda key: pgp.usual_form(key, now=service.clock())) if pgp.available() else None,
    )
    meter = meter_of(service)
    operating = operating_of(service)

    def report(fault: Fault) -> None:
        logging.getLogger("alerts.web").warning("%s", fault)
        operating.faults.add(fault, service.clock())

    return create_app(
        service.engine,
        settings,
        now=service.clock,
        report=report,
        hearing=hearing,
        joining=joining,
        meter=meter,
        rulebook=lambda: service.rulebook,
        places=service.gazetteer,
        operating=operating,
        lab=laboratory(
            config,
            sources=service.sources,
            book=lambda: service.rulebook,
            places=service.gazetteer,
            now=service.clock,
            barred=service.keeper.barred,
        ),
        checks=checks_of(service),
    )


def checks_of(service: Service) -> dict[str, Callable[[], str]]:
    """Of which parts of this service `/readyz` tells, beside its database."""
    checks: dict[str, Callable[[], str]] = {
        "rules": lambda: "ok" if service.rulebook.ruleset.rules else "none",
        "stages": lambda: "starting" if service.watchdog is None else service.watchdog.state,
    }
    if (heart := service.heart) is not None:
        checks["cluster"] = lambda: "cut" if heart.is_cut else "ok"
    return checks


async def beside(service: Service, pages: Starlette) -> None:
    """What runs as long as the pages are served: measuring, and telling a hub of news."""
    web = pages.state.web
    await asyncio.gather(web.meter.watch_loop(), Announcer(web, collect_settings(service.config)).run())


def operating_of(service: Service) -> Operating:
    """What operators act with: the service's own parts. From now on it hears of faults of the templates of mails."""
    config, before, faults, pictures = service.config, service.watch.fault, TemplateFaults(), Pictures()

    def renderer() -> MailRenderer:
        return mail_renderer(
            site_of(config),
            own=service.in_force.templates.folder,
            report=lambda fault: faults.add(fault, service.clock()),
            named=lambda region: region_name(region, service.gazetteer),
            pictures=pictures,
        )

    def heard(fault: Fault) -> None:
        faults.add(fault, service.clock())
        before(fault)

    service.watch.fault = heard
    preview = Preview(renderer=renderer, sender=sender_of(config, service.secret))
    return Operating(tracker=service.tracker, preview=preview, faults=faults)


def languages(own: Path | None) -> tuple[str, ...]:
    """The languages in which there are mails now."""
    found = {name for folder in (shipped("templates"), own) if folder is not None for name in _folders(folder / "mail")}
    return ("en", *sorted(found - {"en"}))


def _folders(mail: Path) -> list[str]:
    try:
        return [path.name for path in mail.iterdir() if path.name.replace("-", "").isalnum() and path.is_dir()]
    except OSError:  # there is none, or it cannot be read
        return []


def meter_of(service: Service) -> Meter:
    """Counts what a service does from now on, beside whoever is told of it."""
    meter, watch = Meter(), service.watch
    watch.polled = _both(meter.polled, watch.polled)
    watch.analysed = _both(meter.analysed, watch.analysed)
    watch.mailed = _both(meter.mailed, watch.mailed)
    service.pulse.ran = meter.ran
    meter.add(lambda: families_of_rules(service.rulebook))
    meter.add(lambda: _machine(service))
    if service.heart is not None:
        shared: Fresh[list[Metric]] = Fresh(_CLUSTER_S)
        meter.add(lambda: shared.get(lambda: _cluster(service)))
    return meter


def _both(one: Callable[[_Told], None], other: Callable[[_Told], None]) -> Callable[[_Told], None]:
    def both(told: _Told) -> None:
        one(told)
        other(told)

    return both


def _cluster(service: Service) -> list[Metric]:
    with reading(service.engine) as conn:
        return list(families_of_cluster(machines.every(conn), jobs.counts(conn), service.clock()))


def _machine(service: Service) -> Iterator[Metric]:
    try:
        free = shutil.disk_usage(service.config.service.data).free
    except OSError:
        free = None
    return families_of_machine(stuck=len(service.watchdog.reasons) if service.watchdog else 0, disk_free=free)
