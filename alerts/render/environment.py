"""Templates that the user may change: where they are looked for, and what happens when one is broken.

A user's file overrides the shipped one of the same name. A broken one must never stop a mail: the fault
is reported with its file and line, and the shipped template of that name is used instead. Files that are added,
changed or removed are seen while the service runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final

from jinja2 import BaseLoader, Template, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.exceptions import UndefinedError
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import safe_range
from jinja2.utils import Namespace

from alerts.errors import Fault, TemplateError, did_you_mean
from alerts.render.compiled import compiled
from alerts.render.template_files import Files
from alerts.template_env import FILTERS, Sandbox, meant, render_line, sandbox, syntax_advice, variables_of

LOOK_S: Final = 1.0

Unfit = Callable[[str], str]
"""What is wrong with a document; "" where nothing is."""


def fits(document: str) -> str:
    """Nothing is wrong with any."""
    return ""


def page_environment(loader: BaseLoader, **options: Any) -> Sandbox:
    """The sandbox for whole documents: HTML files are escaped, nothing is ever undefined in silence."""
    options |= {"autoescape": _escapes, "trim_blocks": True, "lstrip_blocks": True, "bytecode_cache": compiled()}
    environment = sandbox(loader=loader, **options)
    environment.globals.update({"range": safe_range, "namespace": Namespace})
    return environment


def _escapes(name: str | None) -> bool:
    return name is None or not name.endswith((".txt", ".text"))


@dataclass(frozen=True, slots=True)
class _Layer:
    """Where templates are looked for. `broken` are those that no variables can mend, with what is wrong."""

    files: Files
    environment: Sandbox
    broken: dict[str, TemplateSyntaxError]

    def get(self, name: str) -> Template:
        if name in self.broken:
            raise self.broken[name]
        try:
            return self.environment.get_template(name)
        except TemplateSyntaxError as error:
            if error.name == name:
                self.broken[name] = error.with_traceback(None)
            raise


class Templates:
    """The user's templates over the shipped ones. `report` hears of each fault once, and anew when a file was changed.

    Whether files came, changed or went is looked at once in `LOOK_S` seconds at most, by `clock`.
    """

    def __init__(
        self,
        shipped: Path,
        own: Path | None = None,
        *,
        report: Callable[[Fault], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._report, self._clock = report, clock
        self._reported: set[Fault] = set()
        self._spoken: dict[tuple[str, str], str] = {}
        self._shipped, self._own = shipped, own
        self._layers, self._looked = self._new_layers(), clock()
        self._changes = 0

    def _new_layers(self) -> tuple[_Layer, ...]:
        # Shipped templates stand in an environment of their own: the fallback for a broken file must not
        # include another broken file of the user's.
        every = [Files(self._own, self._shipped)] if self._own is not None else []
        return tuple(
            _Layer(files, page_environment(files, auto_reload=False), {}) for files in (*every, Files(self._shipped))
        )

    def look(self) -> int:
        """How often files came, changed or went since the beginning; from then on that is so."""
        now = self._clock()
        if now - self._looked >= LOOK_S:
            self._looked = now
            if any(layer.files.changed() for layer in self._layers):
                self._layers = self._new_layers()  # not emptied: another thread may be about to fill one
                self._reported, self._spoken = set(), {}
                self._changes += 1
        return self._changes

    def render(self, name: str, variables: Mapping[str, object], *, language: str = "", unfit: Unfit = fits) -> str:
        """The document `name` ("mail/alert.txt"), in `language` where there is one ("mail/fr/alert.txt"). One that is
        `unfit` is as good as broken.

        Raises TemplateError when not even the shipped template can be used.
        """
        self.look()
        faults: list[Fault] = []
        for candidate in _in_language(name, language):
            for layer in self._layers:
                try:
                    template = layer.get(candidate)
                    document = template.render(variables)
                    if not (why := unfit(document)):
                        return document
                    faults.append(Fault(template.filename or candidate, 0, why))
                except TemplateNotFound as error:
                    if error.name != candidate:
                        faults.append(Fault(candidate, 0, f"it includes '{error.name}', which does not exist"))
                except Exception as error:
                    faults.append(fault_of(error, file=candidate, known=variables))
                for fault in faults:
                    self._tell(fault)
        raise TemplateError(faults or [Fault(name, 0, "there is no such template")])

    def spoken(self, name: str, language: str) -> str:
        """The language that the document `name` comes in for who wants it in `language`: the shipped ones without a
        folder of their language are English, and must not be marked as anything else."""
        self.look()
        known = self._spoken  # another thread may begin a new one meanwhile
        if (name, language) not in known:
            known[name, language] = self._spoken_now(name, language)
        return known[name, language]

    def _spoken_now(self, name: str, language: str) -> str:
        for candidate in _in_language(name, language):
            try:
                found = self._layers[0].get(candidate).filename
            except TemplateNotFound:
                continue
            except Exception:  # a broken one: `render` says what is wrong with it
                return language
            return "en" if candidate == name and found == str(self._shipped / name) else language
        return language

    def _tell(self, fault: Fault) -> None:
        if fault not in self._reported:
            self._reported.add(fault)
            self._report(fault)


def _in_language(name: str, language: str) -> Iterator[str]:
    folder, _, file = name.rpartition("/")
    for code in dict.fromkeys((language, language.partition("-")[0])):
        if code and code.replace("-", "").isalnum():
            yield f"{folder}/{code}/{file}"
    yield name


def fault_of(error: Exception, *, file: str, known: Iterable[str] = ()) -> Fault:
    """What went wrong in a template, with the line of the template (not of Jinja2's code); `known` are the
    names it could have meant."""
    if isinstance(error, TemplateSyntaxError):
        return Fault(error.filename or file, error.lineno, syntax_advice(error, (*FILTERS, *DOCUMENT_FILTERS)))
    where, line = _template_line(error.__traceback__)
    message = str(error) or type(error).__name__
    if isinstance(error, UndefinedError):
        message = meant(message, known)
    return Fault(where or file, line, message)


def _template_line(traceback: TracebackType | None) -> tuple[str, int]:
    found = ("", 0)
    while traceback is not None:
        if "__jinja_exception__" in traceback.tb_frame.f_globals:  # a frame that Jinja2 mapped back to the template
            found = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


DOCUMENT_FILTERS = frozenset(sandbox().filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What templates of one folder may use: the names of their variables, and sample values to try them on. `unfit`
    says what is wrong with what they give; "" where nothing is."""

    variables: frozenset[str]
    samples: tuple[Mapping[str, Any], ...]
    unfit: Unfit = fits


def check_templates(own: Path, shipped: Path, kinds: Mapping[str, Kind]) -> list[Fault]:
    """Every fault of the templates in the folder `own`: unknown file names, syntax, unknown variables and
    filters, and whatever fails when tried on sample alerts. `kinds` maps documents ("mail/bulletin") and
    top folders ("mail") to what their templates may use; files of other folders are checked for syntax and name.
    """
    if not own.is_dir():
        return [Fault(str(own), 0, "there is no such folder of templates")]
    environment = page_environment(Files(own, shipped))
    names = sorted(str(path.relative_to(own)) for path in own.rglob("*") if path.is_file() and _is_template(path))
    known = {str(path.relative_to(shipped)) for path in shipped.rglob("*") if path.is_file() and _is_template(path)}
    included: set[str] = set()
    faults: list[Fault] = []
    for name in names:
        faults += _check_one(environment, own / name, name, _kind_of(name, kinds), included)
    for name in names:
        if _plain_name(name) not in known and name not in included and not _is_part(name):
            advice = did_you_mean(_plain_name(name), known)
            faults.append(Fault(str(own / name), 0, f"nothing uses a template of this name{advice}", "warning"))
    return sorted(set(faults))


def _is_template(path: Path) -> bool:
    return path.suffix in (".txt", ".html", ".xml") and not path.name.startswith(".")


def _is_part(name: str) -> bool:
    return Path(name).name.startswith("_")


def _kind_of(name: str, kinds: Mapping[str, Kind]) -> Kind | None:
    """What a template may use; a part of others, what any document of its folder may."""
    folder = name.partition("/")[0]
    if not _is_part(name):
        return kinds.get(_plain_name(name).rpartition(".")[0]) or kinds.get(folder)
    users = [kind.variables for key, kind in kinds.items() if key.partition("/")[0] == folder]
    return Kind(variables=frozenset().union(*users), samples=()) if users else None


def _plain_name(name: str) -> str:
    """`mail/fr/alert.txt` -> `mail/alert.txt`: languages are folders inside a kind's folder."""
    parts = name.split("/")
    return "/".join((parts[0], *parts[2:])) if len(parts) == 3 else name


def _check_one(environment: Sandbox, path: Path, name: str, kind: Kind | None, included: set[str]) -> list[Fault]:
    try:
        tree = environment.parse(path.read_text(encoding="utf-8"), name, str(path))
        undeclared = find_undeclared_variables(tree) - set(environment.globals)
    except UnicodeDecodeError as error:
        return [Fault(str(path), 0, f"the file is not UTF-8 (at byte {error.start}); save it as UTF-8")]
    except TemplateSyntaxError as error:
        fault = fault_of(error, file=str(path))
        return [Fault(str(path), fault.line, fault.message)]
    included.update(found for found in find_referenced_templates(tree) if found)
    if kind is None:
        return []
    faults = [
        Fault(
            str(path), _line_of(tree, unknown), f"there is no '{unknown}' here{did_you_mean(unknown, kind.variables)}"
        )
        for unknown in undeclared - kind.variables
    ]
    return faults or _try_one(environment, path, name, kind)


def _line_of(tree: nodes.Template, name: str) -> int:
    return min((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), default=0)


def _try_one(environment: Sandbox, path: Path, name: str, kind: Kind) -> list[Fault]:
    if _is_part(name):
        return []  # a part of another file may rely on what that file sets
    faults: list[Fault] = []
    for sample in kind.samples:
        try:
            document = environment.get_template(name).render(sample)
            faults += [Fault(str(path), 0, why)] if (why := kind.unfit(document)) else []
        except TemplateNotFound as error:
            faults.append(Fault(str(path), 0, f"it includes '{error.name}', which does not exist"))
        except Exception as error:
            faults.append(fault_of(error, file=str(path), known=sample))
    return list({(fault.file, fault.line): fault for fault in reversed(faults)}.values())


__all__ = [
    "Kind",
    "Templates",
    "check_templates",
    "fault_of",
    "page_environment",
    "render_line",
    "variables_of",
]
