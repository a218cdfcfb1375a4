"""Every kind of mail before the programs of others: what offers the one press, verifies, filters and shows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from alerts.notify.message.dkim import Key, Signer, dns_record
from alerts.readers import Wishes
from tests.notify.message.mails import DOMAIN, SENDER, all_mails, body, envelope_of, parsed, samples
from tests.notify.message.tools import NODE, need, node_module

RSA = rsa.generate_private_key(65537, 2048)
SIGNER = Signer(domain=DOMAIN, selector="s1", key=RSA)
SIGNED = replace(SENDER, signer=SIGNER)
MOST_POINTS = 2.0


def run(command: Sequence[str], *, given: bytes = b"", home: Path | None = None) -> tuple[int, str]:
    """A program's exit code and all it said."""
    environment = os.environ | ({"HOME": str(home)} if home else {})
    ran = subprocess.run(
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=200,
        check=False,
        env=environment,
    )
    return ran.returncode, ran.stdout.decode(errors="replace")


def test_every_mail_that_can_be_ended_offers_one_press() -> None:
    program = need("listunsub")
    listed = [(name, data) for name, data in all_mails(sender=SIGNED) if samples()[name].listed]
    assert all(b"\r\nList-Unsubscribe-Post: " in data for _, data in listed)
    for name, data in listed[:1] + listed[-1:]:  # an alert and a digest; the headers of all alerts are alike
        code, said = run([program, "--dkim-verified"], given=data)
        found = json.loads(said)
        assert (code, found["problems"], found["one_click"]) == (0, [], True), (name, said)
        assert [one["kind"] for one in found["actions"]][-1] == "mailto", (name, said)


@pytest.mark.parametrize("key", [RSA, ed25519.Ed25519PrivateKey.generate()], ids=["rsa", "ed25519"])
def test_opendkim_says_that_the_signatures_hold(tmp_path: Path, key: Key) -> None:
    program = need("opendkim")
    keys, settings = tmp_path / "keys", tmp_path / "opendkim.conf"
    keys.write_text(f"s1._domainkey.{DOMAIN} {dns_record(key)}\n")
    settings.write_text(f"Mode v\nTestPublicKeys {keys}\n")
    files = []
    mails = list(all_mails(sender=replace(SENDER, signer=Signer(domain=DOMAIN, selector="s1", key=key))))
    broken = ("broken", mails[0][1].replace(b"Strike", b"Strikf", 1))
    for name, data in [*mails, broken]:
        files.append(tmp_path / f"{name.replace(' ', '_')}.eml")
        files[-1].write_bytes(data)
    _, said = run([program, "-x", str(settings), "-t", ",".join(map(str, files))])
    verdicts = dict(re.findall(r"/(\w+)\.eml: verification .*?(succeeded|failed)", said))
    assert verdicts == {one.stem: "failed" if one.stem == "broken" else "succeeded" for one in files}, said


def test_an_alert_does_not_look_like_junk(tmp_path: Path) -> None:
    _no_junk([("new", envelope_of(samples()["new"], Wishes()).message)], tmp_path)


@pytest.mark.soak
def test_no_mail_looks_like_junk(tmp_path: Path) -> None:
    _no_junk([*all_mails(), ("discreet", envelope_of(samples()["new"], Wishes(discreet=True)).message)], tmp_path)


def _no_junk(kinds: Sequence[tuple[str, bytes]], folder: Path) -> None:
    program = need("spamassassin")
    box = b"".join(b"From desk@alerts.example Mon Mar  2 12:30:00 2026\n" + _stored(data) for _, data in kinds)
    _, said = run([program, "-L", "-t", "--mbox", "-p", str(folder / "prefs")], given=box, home=folder)
    points = [float(one) for one in re.findall(r"^X-Spam-Status: \w+, score=(-?[\d.]+)", said, re.MULTILINE)]
    assert len(points) == len(kinds), said[-2000:]
    assert max(points) < MOST_POINTS, list(zip([name for name, _ in kinds], points, strict=True))


def _stored(data: bytes) -> bytes:
    return re.sub(rb"(?m)^From ", b">From ", data.replace(b"\r\n", b"\n")) + b"\n"


def test_the_html_of_every_mail_is_valid(tmp_path: Path) -> None:
    program = need("html-validate", others=[str(NODE / ".bin")])
    settings = Path(__file__).with_name("html-validate.json")
    for name, data in all_mails():
        (tmp_path / f"{name.replace(' ', '_')}.html").write_text(body(parsed(data), "html"), encoding="utf-8")
    code, said = run([program, "--config", str(settings), *map(str, sorted(tmp_path.glob("*.html")))])
    assert code == 0, said[:4000]


def test_no_mail_keeps_readers_out_who_see_or_hear_less(tmp_path: Path) -> None:
    program, axe = need("chromium"), node_module("axe-core/axe.min.js")
    mails = {name: body(parsed(data), "html") for name, data in all_mails()}
    (tmp_path / "axe.js").write_bytes(axe.read_bytes())
    (tmp_path / "mails.html").write_text(_LOOK % json.dumps(mails).replace("<", "\\u003c"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    folder = f"--user-data-dir={tmp_path / 'profile'}"
    _, said = run([program, *options, folder, (tmp_path / "mails.html").as_uri()], home=tmp_path)
    found = re.search(r'<pre id="found">(.*?)</pre>', said, re.DOTALL)
    assert found is not None, said[-2000:]
    verdicts = json.loads(unescape(found[1]))
    assert set(verdicts) == set(mails)
    serious = {name: [one for one in faults if one[0] in ("serious", "critical")] for name, faults in verdicts.items()}
    assert not any(serious.values()), serious


_LOOK = """<!DOCTYPE html><meta charset="utf-8"><body><script>
const mails = %s, found = {};
async function look() {
  for (const [name, html] of Object.entries(mails)) {
    const frame = document.createElement("iframe");
    frame.width = 600;
    const loaded = new Promise(resolve => frame.onload = resolve);
    frame.srcdoc = html.replace("</head>", '<script src="axe.js"></' + 'script></head>');
    document.body.append(frame);
    await loaded;
    const result = await frame.contentWindow.axe.run(frame.contentDocument);
    found[name] = result.violations.map(one => [one.impact, one.id, one.nodes[0].html.slice(0, 200)]);
    frame.remove();
  }
  document.body.innerHTML = '<pre id="found"></pre>';
  document.getElementById("found").textContent = JSON.stringify(found);
}
look();
</script>"""
