"""Databases as they are named on the command line, and whether a service is at work on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.errors import InputError, StoreError

if TYPE_CHECKING:
    from alerts.config import Config


def address(given: str, config: Config) -> str:
    """The address of a database: of the one in the data folder ("sqlite", as in the configuration), of a file by its
    path, or as it stands; with the password that the configuration has for it."""
    if given == "sqlite":
        return f"sqlite:///{config.service.data / 'alerts.db'}"
    if given == config.service.database:
        return config.database_url
    return given if "://" in given else f"sqlite:///{Path(given).absolute()}"


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for another."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    return Path(parsed.database).absolute() if parsed.get_backend_name() == "sqlite" and parsed.database else None


def shown(url: str) -> str:
    """An address for people, without a password."""
    from sqlalchemy import make_url

    return str(file_of(url) or make_url(url).render_as_string(hide_password=True))


def secret_path(config: Config) -> Path:
    """Where the installation's secret lies."""
    from alerts.vault import secret_file

    return secret_file(config.service.data, config.service.secret_file).path


@contextmanager
def at_rest(url: str, config: Config, *, advice: str) -> Iterator[None]:
    """No service runs on this database, as far as it can be known here: none on its folder, nor on the data folder of a
    configuration that names it (while this lasts), and no machine says there that it lives. Raises InputError with
    `advice` where one does."""
    from alerts.engine.single import SingleService

    file = file_of(url)
    folders = {file.parent} if file else set()
    if config.database_url == url:
        folders.add(config.service.data.absolute())
    if file is None and (names := _machines(url)):
        raise InputError(f"the service runs on {', '.join(names)}: {advice}")
    with ExitStack() as stack:
        for folder in sorted(folders):
            lock = SingleService(folder)
            if not lock.path.exists():
                continue  # no service ever ran there
            try:
                lock.take()
            except StoreError as error:
                if error.reason != "locked":
                    raise
                raise InputError(f"the service runs on {folder}: {advice}") from None
            stack.callback(lock.release)
        yield


def _machines(url: str) -> list[str]:
    """The machines of a service that share this database and live."""
    from alerts.store import machines
    from alerts.store.database import open_database, reading

    engine = open_database(url)
    try:
        with reading(engine) as conn:
            return [one.name for one in machines.living(conn, machines.database_time(conn))]
    except StoreError as error:
        if error.reason == "schema":
            return []  # of an older version, or empty
        raise
    finally:
        engine.dispose()
