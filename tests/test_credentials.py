"""Secrets come from files, where systemd may have put them; what is wrong with one names the file alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.config import Config, read
from alerts.credentials import path_of, read_password
from alerts.errors import AlertsError, ConfigError
from alerts.toml_lines import Document

POSTGRES = 'database = "postgresql+psycopg://alerts@db.example.org/alerts"'


def config(text: str, base: Path) -> Config:
    return read(Document(text, "config.toml"), base=base)


def test_every_file_with_a_secret_can_be_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/other.service")
    found = config(
        f"""
        [service]
        secret_file = "credential:secret"
        {POSTGRES}
        database_password_file = "credential:db"
        [smtp]
        username = "alerts"
        host = "localhost"
        password_file = "credential:smtp"
        [inbox]
        imap_host = "mail.example.org"
        imap_username = "alerts"
        imap_password_file = "credential:imap"
        [dkim]
        key_file = "credential:dkim"
        """,
        tmp_path,
    )
    files = [found.service.secret_file, found.service.database_password_file, found.smtp.password_file]
    assert [str(path) for path in (*files, found.inbox.imap_password_file, found.dkim.key_file)] == [
        f"/run/credentials/other.service/{name}" for name in ("secret", "db", "smtp", "imap", "dkim")
    ]


def test_a_command_given_by_hand_looks_where_the_unit_has_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert path_of("credential:alerts-smtp") == "/run/credentials/alerts.service/alerts-smtp"
    assert path_of("smtp-password") == "smtp-password"


@pytest.mark.parametrize("name", ["", "../secret", "/etc/shadow", ".hidden"])
def test_a_credential_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"config.toml:2: .*no name of a credential"):
        config(f'[service]\nsecret_file = "credential:{name}"', tmp_path)


def test_the_password_of_the_database_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "db-password").write_text("p@ss:w/rd%\n", encoding="utf-8")
    found = config(f'[service]\n{POSTGRES}\ndatabase_password_file = "db-password"', tmp_path)
    assert found.database_url == "postgresql+psycopg://alerts:p%40ss%3Aw%2Frd%25@db.example.org/alerts"
    assert "p@ss" not in repr(found) and "p%40ss" not in repr(found)
    (tmp_path / "db-password").unlink()
    with pytest.raises(AlertsError, match="db-password: the database's password cannot be read: No such file"):
        _ = found.database_url


@pytest.mark.parametrize(
    "database",
    [
        "sqlite",
        "postgresql+psycopg://db.example.org/alerts",
        "postgresql+psycopg://alerts:secret@db.example.org/alerts",
    ],
)
def test_a_password_without_a_place_for_it_is_told(tmp_path: Path, database: str) -> None:
    with pytest.raises(ConfigError, match=r"config.toml:3: .*names a user and no password") as caught:
        config(f'[service]\ndatabase = "{database}"\ndatabase_password_file = "x"', tmp_path)
    assert "secret" not in str(caught.value)


def test_a_file_without_a_password_is_told_by_its_name(tmp_path: Path) -> None:
    for content in (b"", b"\n\n", b"\xff\xfe"):
        (tmp_path / "password").write_bytes(content)
        with pytest.raises(AlertsError, match=r"/password: .*the database's password"):
            read_password(tmp_path / "password", "the database's")
