"""The configuration is checked whole, and its faults say what to change."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import Config, defaults, load, read
from alerts.errors import ConfigError
from alerts.resources import shipped
from alerts.toml_lines import Document
from alerts.types import SEVERITIES


def _read(text: str, base: Path = Path("/etc/alerts")) -> Config:
    return read(Document(text, "config.toml"), base=base)


def _faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _read(text)
    return str(caught.value).splitlines()


def test_the_example_is_the_defaults() -> None:
    example = shipped("config.example.toml")
    assert load(example) == defaults(example.parent)


def test_the_example_names_and_explains_every_setting() -> None:
    lines = shipped("config.example.toml").read_text().splitlines()
    document = Document.load(shipped("config.example.toml"))
    for name, field in Config.model_fields.items():
        assert name in document.data, f"[{name}] is not in the example"
        kind = field.annotation
        for key, setting in getattr(kind, "model_fields", {}).items():
            key = setting.alias or key
            assert key in document.data[name], f"{name}.{key} is not in the example"
            start = document.line((name,))
            above = "\n".join(lines[start - 1 : document.line((name, key))])
            assert "#" in above, f"{name}.{key} is not explained"


def test_an_empty_file_is_the_defaults() -> None:
    assert _read("") == defaults(Path("/etc/alerts"))


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "etc" / "config.toml"
    path.parent.mkdir()
    path.write_text('[service]\ndata = "var"\n[rules]\nfolders = ["own", "/srv/rules"]\n[templates]\nfolder = "t"\n')
    monkeypatch.chdir(tmp_path)
    config = load(Path("etc/config.toml"))
    assert config.service.data == tmp_path / "etc" / "var"
    assert config.rules.folders == (tmp_path / "etc" / "own", Path("/srv/rules"))
    assert config.templates.folder == tmp_path / "etc" / "t"
    assert config.database_url == f"sqlite:///{tmp_path}/etc/var/alerts.db"
    assert config.gazetteer_path == tmp_path / "etc" / "var" / "places"
    assert config.mail_folder == tmp_path / "etc" / "var" / "mail"


def test_values_come_in_their_kind() -> None:
    config = _read(
        '[collect]\ninterval = "5 minutes"\nmax_body = "2 MiB"\nallow_hosts = ["intranet"]\n'
        "[read]\nhousehold = 6\n[read.households]\nSDN = 5.5\n"
        '[tiers]\n1 = ["OCHA"]\n[owners]\n"State media" = ["SANA", "TV 1"]\n'
    )
    assert config.collect.interval == timedelta(minutes=5)
    assert config.collect.max_body == 2 * 1024 * 1024
    assert config.collect.allow_hosts == ("intranet",)
    assert config.read.household == 6
    assert config.read.households == {"SDN": 5.5}
    assert (config.tier_of("ocha"), config.tier_of("Daily News")) == (1, 2)
    assert (config.owner_of("sana"), config.owner_of("Daily News")) == ("State media", "Daily News")


def test_a_database_url_of_postgresql_is_taken_as_it_stands() -> None:
    url = "postgresql+psycopg://alerts@db.example.org/alerts"
    assert _read(f'[service]\ndatabase = "{url}"').database_url == url


def test_a_password_in_the_database_url_is_not_shown() -> None:
    config = _read('[service]\ndatabase = "postgresql+psycopg://alerts:passphrase@db/alerts"')
    assert "passphrase" not in repr(config)


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    assert _faults('[smtp]\nprot = 25\nsecurity = "start-tls"\n\n[colect]\n\n[web]\nport = "80"\n') == [
        "config.toml:2: error: smtp.prot: unknown key (did you mean 'port'?)",
        "config.toml:3: error: smtp.security: must be 'none', 'starttls' or 'tls' (did you mean 'starttls'?)",
        "config.toml:5: error: colect: unknown section (did you mean 'collect'?)",
        "config.toml:8: error: web.port: must be a whole number, without quotes",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[service]\nlate_after = '1 hour'",
            "2: error: service.late_after: unknown key here; it belongs to section [not",
        ),
        ("port = 3", "1: error: port: unknown key here; it belongs to section [smtp] or [web]"),
        ("[web]\nqqqq = 3", "known are host, port, base_url"),
        ("service = 3", "service: must be a section of its own"),
        (
            "[collect]\ninterval = '15 minuts'",
            "2: error: collect.interval: '15 minuts': there is no unit 'minuts'; did",
        ),
        ("[collect]\ninterval = 15", 'collect.interval: write a length of time in quotes, such as "15 minutes"'),
        ("[collect]\ninterval = '0 seconds'", "collect.interval: must be at least 1 second"),
        ("[collect]\ninterval = '30 seconds'", "2: error: collect.interval: is shorter than min_interval"),
        ("[collect]\nmax_backoff = '30 seconds'", "collect.max_backoff: is shorter than min_interval"),
        ("[collect]\ntotal_timeout = '5 seconds'", "collect.total_timeout: is shorter than connect_timeout"),
        ("[collect]\nmax_body = 'big'", "collect.max_body: 'big' is no size"),
        ("[collect]\nmax_body = true", "collect.max_body: write a size in quotes"),
        ("[collect]\nmax_body = 1", "collect.max_body: must be at least 1024"),
        ("[collect]\nallow_hosts = 'a'", "collect.allow_hosts: must be a list"),
        ("[collect]\nallow_ports = [\n80,\n99999,\n]", "4: error: collect.allow_ports[1]: a port is a number from 1"),
        (
            "[collect]\nallow_hosts = ['a', 'http://b/']",
            "2: error: collect.allow_hosts[1]: 'http://b/' is neither a host",
        ),
        ("[collect]\nallow_hosts = ['b:0']", "collect.allow_hosts[0]: 'b:0' is neither a host nor host:port"),
        ("[collect]\nat_once = 1.5", "collect.at_once: must be a whole number"),
        ("[cap]\nsender = 'the desk'", "cap.sender: a sender has no blanks, no commas, no < and no &; write a"),
        ("[cap]\nsender = 'a,b'", "cap.sender: a sender has no blanks, no commas"),
        ("[cap]\nscope = 'public'", "cap.scope: must be 'Restricted' or 'Public' (did you mean 'Public'?)"),
        ("[cap]\nscope = 'Private'", "cap.scope: must be 'Restricted' or 'Public'"),
        ("[cap]\nrestriction = ' '", "2: error: cap.restriction: say whom messages of the scope Restricted are for"),
        ("[rules]\nshipped = 'yes'", "rules.shipped: must be true or false, without quotes"),
        ("[read]\nhousehold = nan", "read.household: must be at most 20"),
        ("[read.households]\nSudan = 5", "2: error: read.households.Sudan: write the country's three capital letters"),
        ("[read.households]\nSDN = 50", "2: error: read.households.SDN: must be a number of people from 1 to 20"),
        ("[notify]\nfrom = 'nobody'", "notify.from: is no mail address"),
        ("[notify]\nretry_max = '1 second'", "notify.retry_max: is shorter than retry_first"),
        ("[notify]\ngive_up = '10 minutes'", "notify.give_up: is shorter than retry_max"),
        ("[service]\nname = ''", "service.name: must not be empty"),
        ("[service]\ncontact = 'me'", "service.contact: is no mail address"),
        ("[service]\ndatabase = 'postgresql://x/y'", "begin the address with postgresql+psycopg://"),
        ("[service]\ndatabase = 'mysql'", 'service.database: write "sqlite" or "postgresql+psycopg://'),
        ("[smtp]\nhost = 'mx'\nusername = 'a'\nsecurity = 'tls'", "3: error: smtp.username: needs password_file"),
        (
            "[smtp]\nhost = 'mx'\nusername = 'a'\npassword_file = 'p'",
            "smtp.security: the password would travel in clear",
        ),
        ("[dkim]\nselector = 'a b'", "2: error: dkim.selector: write a name of the DNS"),
        (
            "[notify]\nfrom = 'a@alerts.example'\n[dkim]\ndomain = 'lerts.example'\nkey_file = 'k'",
            "4: error: dkim.domain: is neither alerts.example, the domain in [notify] from, nor above it",
        ),
        (
            "[triage]\nfrom = 'sever'",
            "2: error: triage.from: must be 'minor', 'moderate', 'severe' or 'extreme' (did you",
        ),
        ("[triage]\nlet_go = 'nver'", "triage.let_go: 'nver' is no length of time"),
        ("[triage]\nlet_go = '0 seconds'", "triage.let_go: must be at least 1 minute"),
        ("[triage]\nform = 'severe'", "triage.form: unknown key (did you mean 'from'?)"),
        ("[web]\nprivate = ['alert']", "must be 'all', 'alerts', 'places', 'rules' or 'data' (did you mean 'alerts'?)"),
        ("[web]\ntrusted_proxies = ['nginx']", "web.trusted_proxies[0]: 'nginx' is neither an address nor a network"),
        ("[web]\ntrusted_proxies = ['0.0.0.0/0']", "this is everybody: then anybody could say who they are"),
        ("[web]\nbase_url = 'example.org'", "web.base_url: write the address readers use"),
        ("[keep]\narticles = '1 year'", "keep.articles: '1 year': a year has no fixed length"),
        ("[keep]\naudit = '7 days'", 'keep.audit: must be at least 30 days, or "never"'),
        ("[keep]\nmails = '20 days'", "2: error: keep.mails: is shorter than [verdicts] expire"),
        ("[owners]\nA = ['X']\nB = ['x', 'y']", "3: error: owners.B: 'x' stands in 'A' already"),
        ("[tiers]\nhigh = ['X']", "2: error: tiers.high: the name must be a number"),
        ("[tiers]\n9 = ['X']", "2: error: tiers.9: a tier is a number from 1"),
    ],
)
def test_a_fault_names_the_key_and_the_remedy(text: str, says: str) -> None:
    told = _faults(text)
    assert any(says in line for line in told), told


def test_what_is_kept_for_ever_is_kept_as_never() -> None:
    kept = _read("[keep]\narticles = 'never'\nmails = 'never'\naudit = 'never'").keep
    assert (kept.articles, kept.evidence, kept.mails, kept.audit) == (None, None, None, None)
    assert _read("[verdicts]\nexpire = '8 days'\n[keep]\nmails = '8 days'").keep.mails == timedelta(days=8)


def test_triage_is_asked_for_from_a_level_and_can_wait_for_ever() -> None:
    usual = _read("").triage
    assert (usual.from_, usual.let_go) == (None, timedelta(hours=1))
    strict = _read('[triage]\nfrom = "severe"\nlet_go = "never"').triage
    assert (strict.from_, strict.let_go) == ("severe", None)


def test_a_syntax_error_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[rules]\nshipped = Yes\n")
    with pytest.raises(ConfigError, match=r"config\.toml:2: error: write true or false in small letters"):
        load(path)


def test_an_absent_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.toml")
    assert str(caught.value).startswith(f"{tmp_path}/none.toml: error: there is no such file")
    assert "config.example.toml" in str(caught.value)


def test_a_configuration_cannot_be_changed() -> None:
    config = defaults(Path("/x"))
    with pytest.raises(ValueError):
        config.smtp.port = 3


_VALUES = st.one_of(st.integers(), st.booleans(), st.floats(), st.sampled_from(["'x'", "''", "'5 days'", "[]", "[1]"]))


@given(
    st.sampled_from(list(Config.model_fields)),
    st.dictionaries(st.sampled_from(["host", "port", "interval", "from", "data", "1", "X"]), _VALUES),
)
def test_no_value_raises_anything_but_a_config_error(section: str, values: dict[str, Any]) -> None:
    text = f"[{section}]\n" + "".join(f"{key} = {str(value).lower()}\n" for key, value in values.items())
    try:
        _read(text)
    except ConfigError as caught:
        assert all(re.match(r"config\.toml:\d+: error: \S", line) for line in str(caught).splitlines())


def test_timers_that_contradict_each_other_are_told_with_their_lines() -> None:
    assert _faults('[notify]\nwait_severe = "1 hour"\n') == [
        "config.toml:1: error: notify.wait_moderate: is shorter than wait_severe"
    ]
    [late] = _faults('[notify]\nwait_minor = "7 days"\nwait_moderate = "1 hour"\n')
    assert late.startswith("config.toml:1: error: notify.give_up: is shorter than the longest wait")
    [early] = _faults('[escalation]\nto = ["night@example.org"]\nafter = "1 hour"\n')
    assert early.startswith("config.toml:3: error: escalation.after: is shorter than the longest wait in [notify]")


def test_nobody_need_wait() -> None:
    config = _read("[notify]\n" + "".join(f'wait_{level} = "0 seconds"\n' for level in SEVERITIES))
    assert set(config.notify.waits.values()) == {timedelta(0)}


def test_addresses_of_duties_show_in_no_repr() -> None:
    config = _read('[operator]\nto = ["desk@example.org"]\n[escalation]\nto = ["night@example.org"]\n')
    assert (config.operator.to, config.escalation.to) == (("desk@example.org",), ("night@example.org",))
    assert "@example.org" not in repr(config)
    [fault] = _faults('[operator]\nto = ["desk"]\n')
    assert fault.startswith("config.toml:2: error: operator.to[0]:")


@pytest.mark.parametrize(("written", "wanted"), [('"auto"', None), ("true", True), ("false", False)])
def test_who_sees_the_pages_of_operators_is_yes_no_or_auto(written: str, wanted: bool | None) -> None:
    assert _read(f"[web]\noperations = {written}").web.operations is wanted


def test_anything_else_for_the_pages_of_operators_is_a_fault() -> None:
    assert _faults('[web]\noperations = "yes"') == ['config.toml:2: error: web.operations: write true, false or "auto"']
