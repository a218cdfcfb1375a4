"""Pages before the programs of others, by their text: html-validate, and axe-core in a browser that shows one after the
other. What is served is looked at by tests/browser; this is for pages that a test made some other way."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html import unescape
from pathlib import Path

from alerts.resources import shipped


def validating(program: str, found: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    """It works while the browser does."""
    folder.mkdir()
    for number, (address, text) in enumerate(found.items()):
        name = re.sub(r"[^a-z0-9]+", "_", address, flags=re.IGNORECASE)
        (folder / f"{number}{name[:60]}.html").write_text(text, encoding="utf-8")
    settings = Path(__file__).with_name("html-validate.json")
    command = [program, "--config", str(settings), *map(str, sorted(folder.glob("*.html")))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def seen(browser: str, axe: Path, found: dict[str, str], folder: Path) -> dict[str, list[list[str]]]:
    """What axe-core finds that is serious, by page: every other page by day, the others at night."""
    (folder / "axe.js").write_bytes(axe.read_bytes())
    shown = {address: _by_itself(text, night=number % 2 == 1) for number, (address, text) in enumerate(found.items())}
    (folder / "all.html").write_text(_LOOK % json.dumps(shown).replace("<", "\\u003c"), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=500,900",
        "--virtual-time-budget=60000",
        "--dump-dom",
    ]
    command = [browser, *options, f"--user-data-dir={folder / 'profile'}", (folder / "all.html").as_uri()]
    ran = subprocess.run(command, capture_output=True, timeout=200, check=False, env=os.environ | {"HOME": str(folder)})
    said = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout.decode(errors="replace"), re.DOTALL)
    assert said is not None, (ran.stdout + ran.stderr).decode(errors="replace")[-2000:]
    faults = json.loads(unescape(said[1]))
    assert isinstance(faults, dict)
    return faults


def _by_itself(text: str, *, night: bool) -> str:
    """A page with its styles in it, as a screen in the dark shows it or not."""
    for name in re.findall(r'<link rel="stylesheet" href="/desk/static/([\w/.-]+\.css)', text):
        style = (shipped("templates") / "static" / name).read_text(encoding="utf-8")
        style = style.replace("(prefers-color-scheme: dark)", "all" if night else "not all")
        text = text.replace("</head>", f"<style>{style}</style></head>")
    return text


_LOOK = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><script src="axe.js"></script><script>
const pages = %s, found = {}, root = document.documentElement;
async function look() {
  root.style.width = "360px";
  for (const [address, html] of Object.entries(pages)) {
    const page = new DOMParser().parseFromString(html, "text/html");
    root.lang = page.documentElement.lang;
    document.head.innerHTML = page.head.innerHTML;
    document.body.innerHTML = page.body.innerHTML;
    const result = await axe.run(document, {resultTypes: ["violations"]});
    const grave = result.violations.filter(one => one.impact === "serious" || one.impact === "critical");
    found[address] = grave.map(one => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]);
    if (document.body.scrollWidth > 360)
      found[address].push(["wider than the screen of a phone", document.body.scrollWidth + " px"]);
  }
  document.head.innerHTML = "";
  document.body.innerHTML = '<pre id="found"></pre>';
  document.getElementById("found").textContent = JSON.stringify(found);
}
look();
</script></body></html>"""
