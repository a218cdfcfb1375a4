"""What [inbox] in the configuration stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.config import read
from alerts.configured import inbox_of
from alerts.errors import ConfigError
from alerts.listening import Listen
from alerts.notify.inbox.stage import InboxSettings
from alerts.toml_lines import Document


def _settings(text: str, folder: Path) -> InboxSettings | None:
    config = read(Document(f'[notify]\nfrom = "News.Desk@alerts.example"\n[inbox]\n{text}', "c"), base=folder)
    return inbox_of(config, events=tuple, country_of=lambda name: None)


def test_no_mail_comes_in_unless_it_is_said_where(tmp_path: Path) -> None:
    assert _settings("", tmp_path) is None


def test_a_door_has_the_addresses_of_the_domain_that_mails_come_from(tmp_path: Path) -> None:
    settings = _settings('listen = "127.0.0.1:8024"', tmp_path)
    assert settings is not None and settings.mailbox is None
    assert settings.listen == Listen(host="127.0.0.1", port=8024)
    assert (settings.house.own, settings.house.domain) == ("News.Desk", "alerts.example")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('listen = "0.0.0.0:24"', "c:4: error: inbox.listen: write an address of this machine itself"),
        ("listen = 24", 'c:4: error: inbox.listen: write "127.0.0.1:8024" or the path'),
        ('imap_host = "imap.example"', "c:4: error: inbox.imap_host: needs imap_username and imap_password_file"),
        ('imap_folder = ""', "c:4: error: inbox.imap_folder"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _settings(text, tmp_path)
    assert says in str(caught.value)


def test_a_mailbox_is_opened_with_the_password_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    lines = 'imap_host = "imap.example"\nimap_username = "desk"\nimap_password_file = "password"\n'
    settings = _settings(lines + 'imap_every = "30 seconds"', tmp_path)
    assert settings is not None and settings.listen is None and settings.mailbox is not None
    box = settings.mailbox
    assert (box.host, box.port, box.username, box.password) == ("imap.example", 993, "desk", "s3cret")
    assert (box.folder, box.every_s) == ("INBOX", 30.0)
