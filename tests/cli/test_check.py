"""`alerts check` and `alerts db`: everything that can be wrong, before the service runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text

from alerts.collect.links import fulltext
from alerts.readers import Wishes
from alerts.resources import shipped
from alerts.store import people
from alerts.store.database import open_database, writing
from alerts.vault import Vault
from tests.cli.conftest import World
from tests.cli.run import alerts
from tests.cli.test_rules import BROKEN
from tests.fakes.ports import free_port
from tests.fakes.smtp import FakeSmtp


def test_a_new_installation_is_in_order(world: World) -> None:
    ran = alerts("check")
    assert (ran.code, ran.out) == (0, "")
    said = dict(line.split(maxsplit=1) for line in ran.err.splitlines())
    assert said == {
        "rules": "2 in force",
        "templates": "as shipped",
        "database": "sqlite, still empty",
        "mail": f"no mail server: mails go to {world.folder}/data/mail",
    }


def test_the_example_configuration_is_in_order(world: World) -> None:
    example = shipped("config.example.toml").read_text()
    world.write("config.toml", example.replace('gazetteer = ""', f'gazetteer = "{world.gazetteer}"'))
    world.write("config.toml", (world.folder / "config.toml").read_text().replace("shipped = true", "shipped = false"))
    assert alerts("check").code == 0


def test_an_absent_configuration_is_told_with_what_to_do(world: World) -> None:
    (world.folder / "config.toml").unlink()
    ran = alerts("check")
    assert ran.code == 1
    assert ran.out.startswith("config.toml: error: there is no such file; begin with a copy: cp ")
    assert Path(ran.out.split("cp ")[1].split()[0]).read_text().startswith("# The configuration of alerts.")


def test_faults_of_the_configuration_stop_the_rest(world: World) -> None:
    world.configure("[smtp]\nprot = 25\n")
    ran = alerts("check")
    assert ran.code == 1
    assert ran.out == "config.toml:16: error: smtp.prot: unknown key (did you mean 'port'?)\n"
    assert ran.err == "1 error\n"


def test_all_parts_are_checked_and_all_faults_told(world: World) -> None:
    port = free_port()
    world.configure(f'[smtp]\nhost = "127.0.0.1"\nport = {port}\n[templates]\nfolder = "own"\n')
    world.write("rules/flood.toml", BROKEN)
    world.write("own/mail/alert.txt", "{{ title }}\n\n{{ tite }}\n")
    ran = alerts("check")
    assert ran.code == 1
    assert f"{world.folder}/rules/flood.toml:4: error: 'statuss' is not a known key; did you mean 'status'?" in ran.out
    assert "mail/alert.txt:3: error: there is no 'tite' here; did you mean 'title'?" in ran.out
    assert f"[smtp]: error: 127.0.0.1:{port}: " in ran.out and "Are [smtp] host and port right" in ran.out
    assert "database   sqlite, still empty\n" in ran.err
    assert ran.err.endswith(f"{ran.out.count(': error: ')} errors\n")


def test_faults_can_be_had_as_json(world: World) -> None:
    world.write("rules/flood.toml", BROKEN)
    ran = alerts("check", "--json")
    assert ran.code == 1
    assert [list(row) for row in ran.rows] == [["file", "line", "level", "message"]] * len(ran.rows)


def test_a_rule_switched_off_that_is_not_there_is_a_slip_of_the_pen(world: World) -> None:
    config = (world.folder / "config.toml").read_text().replace("[rules]", '[rules]\noff = ["flight", "seige"]')
    world.write("config.toml", config)
    ran = alerts("check")
    assert ran.code == 1
    assert ran.out == "config.toml:5: error: rules.off: there is no rule 'seige'; did you mean 'siege'?\n"


def test_an_unreachable_database_is_told_without_its_password(world: World) -> None:
    port = free_port()
    config = (world.folder / "config.toml").read_text()
    url = f"postgresql+psycopg://alerts:secret@127.0.0.1:{port}/alerts"
    world.write("config.toml", config.replace('data = "data"', f'database = "{url}"'))
    ran = alerts("check")
    assert ran.code == 1
    assert "[service] database: error: the database cannot be reached" in ran.out
    assert "secret" not in ran.out + ran.err


def test_a_check_changes_no_table(world: World) -> None:
    alerts("check")
    assert alerts("db", "upgrade").out.endswith("(was empty)\n")
    assert alerts("db", "upgrade").out.endswith(" already\n")
    assert ", version " in alerts("check").err


def test_feeds_that_want_full_text_without_the_library_for_it_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alerts("feeds", "add", "https://example.org/feed", "--full-text").code == 0
    assert alerts("check").out == ""
    monkeypatch.setattr(fulltext, "missing", lambda: fulltext.INSTALL)
    ran = alerts("check")
    assert (ran.code, ran.out) == (0, f"https://example.org/feed: warning: {fulltext.INSTALL}\n")


def test_a_database_of_a_newer_version_is_refused(world: World) -> None:
    alerts("db", "upgrade")
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db")
    with writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for args in (["check"], ["db", "upgrade"], ["status"], ["feeds", "list"]):
        ran = alerts(*args)
        assert ran.code == 1
        assert "newer version (9999)" in ran.out + ran.err


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"x" * 500])
def test_a_file_that_is_no_database_is_told(world: World, content: bytes) -> None:
    world.write("data/alerts.db", content)
    ran = alerts("status")
    assert ran.code == 1
    assert "the database file is damaged or no database" in ran.err


def test_a_data_folder_that_cannot_be_made_is_told(world: World) -> None:
    world.write("data", "a file")
    ran = alerts("status")
    assert ran.code == 1
    assert "may this user write in its folder?" in ran.err


def test_a_secret_that_is_not_there_is_told_with_how_to_make_it(world: World) -> None:
    config = (world.folder / "config.toml").read_text()
    world.write("config.toml", config.replace("[service]", '[service]\nsecret_file = "own-secret"'))
    ran = alerts("check")
    assert ran.code == 1
    assert f"head -c 32 /dev/urandom > {world.folder}/own-secret" in ran.out
    (world.folder / "own-secret").write_bytes(b"x" * 32)
    assert alerts("check").code == 0


def test_a_sender_whom_nobody_outside_knows_is_warned_of(world: World) -> None:
    world.configure(f'[notify]\nfrom = "desk@office.local"\n[smtp]\nhost = "mail.invalid"\nport = {free_port()}\n')
    assert "warning: notify.from is of a domain that nobody outside knows" in alerts("check").out


def test_links_that_lead_readers_nowhere_are_warned_of(world: World) -> None:
    world.configure(f'[smtp]\nhost = "127.0.0.1"\nport = {free_port()}\n')
    assert "warning: web.base_url is this machine's own" in alerts("check").out
    world.configure(
        f'[smtp]\nhost = "127.0.0.1"\nport = {free_port()}\n[web]\nbase_url = "https://alerts.example.org"\n'
    )
    assert "base_url" not in alerts("check").out


def test_pages_that_others_reach_without_tls_are_warned_of(world: World) -> None:
    world.configure('[web]\nbase_url = "http://alerts.example.org"\n')
    ran = alerts("check")
    assert ran.code == 0 and "warning: web.base_url begins with http://" in ran.out


def test_private_pages_that_nobody_could_log_in_to_are_warned_of(world: World) -> None:
    world.configure('[web]\nprivate = ["all"]\n')
    for _ in range(2):  # the second time there is a database
        assert "config.toml:16: warning: web.private: there is no operator who could log in" in alerts("check").out
        assert alerts("db", "upgrade").code == 0
    assert alerts("operators", "add", "ana@desk.example", "--name", "Ana").code == 0
    assert alerts("check").out == ""


def test_the_record_for_the_key_that_signs_mails_is_printed_and_what_is_wrong_with_it_told(world: World) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    file = world.folder / "dkim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o644)
    world.configure('[notify]\nfrom = "desk@alerts.example.org"\n[dkim]\nkey_file = "dkim.pem"\n')
    ran = alerts("check")
    assert ran.code == 0
    assert 'publish in the DNS: mail._domainkey.alerts.example.org. IN TXT ( "v=DKIM1; k=ed25519; p=' in ran.err
    assert "warning" in ran.out and "everybody on this machine may use the key (mode 644)" in ran.out


def test_a_key_that_cannot_be_used_is_an_error(world: World) -> None:
    world.configure('[dkim]\nkey_file = "dkim.pem"\n')
    ran = alerts("check")
    assert ran.code == 1
    assert f"[dkim]: error: {world.folder}/dkim.pem: the key for DKIM cannot be read: No such file" in ran.out


def test_a_reader_whose_key_cannot_be_used_is_told_without_the_address(world: World) -> None:
    pytest.importorskip("pysequoia")
    assert alerts("people", "add", "reader@example.org").code == 0
    vault = Vault((world.folder / "data/secret").read_bytes())
    engine = open_database(f"sqlite:///{world.folder}/data/alerts.db", vault=vault)
    with writing(engine) as conn:
        [reader] = people.list_people(conn)
        people.set_wishes(conn, reader.id, Wishes(key="no key"))
    engine.dispose()
    ran = alerts("check")
    assert ran.code == 0
    assert ran.out.startswith(f"reader {reader.id}: warning: gets no mails: this key cannot be read")
    assert "reader@" not in ran.out


async def test_a_postfix_that_cannot_tell_what_became_of_mails_is_warned_of(world: World) -> None:
    async with FakeSmtp() as server:
        here = f'host = "127.0.0.1"\nport = {server.port}'
        world.configure(f'[smtp]\n{here}\npostfix_log = "no.log"\npostqueue = "true"\n')
        ran = await asyncio.to_thread(alerts, "check")
    assert ran.code == 0
    lost = "what became of a mail cannot be looked up"
    assert f"config.toml:18: warning: smtp.postfix_log: {lost}: there is no file {world.folder}/no.log; " in ran.out
    assert f"mail       127.0.0.1:{server.port} answers\n" in ran.err
