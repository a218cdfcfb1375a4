"""The file of a rule that takes an example: in a folder of the user's, checked before it is written, and written all
or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.cli import common

if TYPE_CHECKING:
    from alerts.config import Config
    from alerts.match.adopting import Bench
    from alerts.read.places import Gazetteer
    from alerts.types import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The file that takes the examples; `shipped` is the one it is to be a copy of. `name` is the rule's."""

    name: str
    path: Path
    shipped: Path | None

    def text(self) -> str:
        """Raises Faults for a file that cannot be read."""
        from alerts.errors import Fault, Faults

        source = self.shipped or self.path
        try:
            return source.read_bytes().decode("utf-8")
        except OSError as error:
            raise Faults([Fault(str(source), 0, f"the file cannot be read: {error.strerror}")]) from None
        except UnicodeDecodeError:
            raise Faults([Fault(str(source), 0, "the file is not UTF-8 text; save it as UTF-8")]) from None

    def bench(self, config: Config, places: Gazetteer) -> Bench:
        """The rule as it is. Raises Faults when it has some."""
        return _bench(config, places, self.shipped or self.path)

    def checked(self, blocks: Sequence[str], config: Config, places: Gazetteer) -> str:
        """The file's text with the examples, read and tried as at every load. Raises Faults."""
        from alerts.errors import Fault, Faults
        from alerts.match.adopting import append

        text = append(self.text(), blocks)
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / f"{self.name}.toml"
            trial.write_bytes(text.encode())
            bench = _bench(config, places, trial)
        new = self.text().count("\n")
        for example in bench.rule.examples:
            problem = bench.problem(example) if example.line > new and not example.known_problem else None
            if problem:
                raise Faults([Fault(str(self.path), example.line, problem)])
        return text

    def write(self, text: str) -> None:
        """All or nothing, with the rights of the file that was there."""
        path = self.path.resolve()
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "wb") as file:
                file.write(text.encode())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise


def target_of(config: Config, alert: Alert) -> Target:
    """The file of the alert's rule in a folder of the user's, be it there or not. Raises InputError."""
    from alerts.configured import rule_sources
    from alerts.errors import InputError
    from alerts.match.files import rule_paths

    paths = rule_paths(rule_sources(config).folders)
    name = alert.rule
    if name not in paths:
        name = next((one for one, path in paths.items() if _was(path, alert.family)), name)
    if name not in paths:
        raise InputError(f"the rule '{alert.rule}' of alert {alert.id} is in no folder of rules any more")
    own = [folder.resolve() for folder in config.rules.folders]
    if paths[name].resolve().parent in own or paths[name].parent.resolve() in own:
        return Target(name=name, path=paths[name], shipped=None)
    first = next((folder for folder in config.rules.folders if folder.is_dir()), None)
    if first is None:
        wanted = (
            f"make it: mkdir {config.rules.folders[0]}"
            if config.rules.folders
            else ('make one, and name it in the configuration: [rules] folders = ["my-rules"]')
        )
        raise InputError(f"'{name}' is a shipped rule, and there is no folder of your own to copy it to; {wanted}")
    return Target(name=name, path=first / f"{name}.toml", shipped=paths[name])


def _was(path: Path, family: str) -> bool:
    """Whether the rule in the file says that it was called so."""
    from alerts.errors import Faults
    from alerts.toml_lines import Document

    try:
        about = Document.load(path).data.get("about")
    except Faults:
        return False
    names = about.get("formerly") if isinstance(about, dict) else None
    return isinstance(names, list) and family in names


def _bench(config: Config, places: Gazetteer, path: Path) -> Bench:
    from alerts.configured import households, rule_sources
    from alerts.engine.backtest import awake, keepers
    from alerts.errors import Faults
    from alerts.match import files
    from alerts.match.adopting import Bench
    from alerts.match.engine import Ruleset

    sources = rule_sources(config)
    found = files.load(sources.folders, country=places.country_of, off=sources.off, extra=(path,))
    rule = next((one for one in found.rules if one.name == path.stem), None)
    if rule is None:
        raise Faults(common.placed([one for one in found.errors if one.file == path.name], sources, (path,)))
    rule = awake(rule)
    ruleset = Ruleset([rule, *keepers(rule, found.rules)])
    return Bench(rule=rule, ruleset=ruleset, gazetteer=places, households=households(config))
