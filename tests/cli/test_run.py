"""What `alerts run` says at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.cli.common import load_config
from alerts.cli.run import try_trail
from tests.cli.conftest import World
from tests.fakes.ports import free_port
from tests.fakes.smtp import FakeSmtp

POSTFIX = '[smtp]\nhost = "127.0.0.1"\nport = {port}\npostqueue = "true"\npostfix_log = "mail.log"\n'


async def test_a_postfix_that_cannot_tell_what_became_of_mails_is_warned_of_at_the_start(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeSmtp() as server:
        world.configure(POSTFIX.format(port=server.port))
        await try_trail(load_config(Path("config.toml")))
    assert "smtp.postfix_log: what became of a mail cannot be looked up: there is no file" in caplog.text


async def test_a_mail_server_that_is_away_at_the_start_stops_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.configure(POSTFIX.format(port=free_port()))
    await try_trail(load_config(Path("config.toml")))
    assert "smtp.postfix_log: the mail server cannot be visited to try it: " in caplog.text
