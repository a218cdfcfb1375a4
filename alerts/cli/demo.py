"""`alerts demo`: the whole service on the shipped story."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from alerts.cli import common


@click.command(short_help="The whole service on a shipped story, without network or mail server.")
@click.option("--once", is_flag=True, help="End when the story is through, instead of showing the pages until Ctrl-C.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to run. [default: a new temporary folder]"
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Of the web pages; 0: any."
)
def command(once: bool, folder: Path | None, port: int) -> None:
    """Run the whole service on a shipped story: twelve weeks of six invented outlets on the Idlib offensive of
    winter 2019-20, served as feeds by a server on this machine, collected, matched, tracked, and mailed to two
    readers as .eml files. No network and no mail server is used.

    It shows what it finds as the story goes on, then where to look: the pages with the sentences that made
    each alert fire, the mails, and the commands to look further.
    """
    from alerts.demo.play import Demo
    from alerts.errors import InputError

    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty: the demo wants a folder of its own")
    place = folder or Path(tempfile.mkdtemp(prefix="alerts-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    with common.progress("making the index of places (once)") as show:
        demo = Demo(place, places=common.places_cache(), port=port, progress=show)
    try:
        asyncio.run(demo.play(stay=not once))
    except KeyboardInterrupt:
        click.echo("\nThe demo is over.")
