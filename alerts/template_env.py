"""The sandbox in which the words of rules and mails are put together, and the filters they may use.

It stands below every stage because the checker of rule files must refuse an unknown variable when a rule
is loaded, long before an alert is rendered. Article text only ever comes in as a value: it is never
compiled. A rule's lines (`alert.title`, `alert.summary`) get the smallest language that says what an
alert has to say: variables, `{% if %}`, the filters below; no loops over nothing, no includes, no globals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from alerts.errors import Fault, TemplateError, did_you_mean
from alerts.template_filters import count, day, listed, one_line, people, shorten, when
from alerts.types import Quantity

OUR_FILTERS: Mapping[str, Callable[..., str]] = {
    "people": people,
    "count": count,
    "when": when,
    "day": day,
    "listed": listed,
    "one_line": one_line,
    "shorten": shorten,
}
_BUILT_IN = frozenset(
    "abs capitalize default e escape first float int join last length list lower max min reject rejectattr "
    "replace round select selectattr sort string title trim truncate unique upper".split()
)
FILTERS: frozenset[str] = frozenset(OUR_FILTERS) | _BUILT_IN
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.For, nodes.Block)
_NOT_HERE = re.compile(r"there is no '([^']*)' here")
_NO_FILTER = re.compile(r"No filter named '([^']*)'")


class Missing(StrictUndefined):
    """A name nothing has. Printing it, testing it or passing it to a filter is a fault, never an empty word."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if self._undefined_obj is None:
            return f"'{name}' is asked of something that this alert does not have; ask {{% if ... %}} first"
        if isinstance(self._undefined_obj, Mapping):
            known: Iterable[str] = map(str, self._undefined_obj)
        else:
            known = () if self._undefined_obj is missing else _public(self._undefined_obj)
        return f"there is no '{name}' here{did_you_mean(name, known)}"


def _public(thing: object) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


_METHODS: Final = frozenset(dir(dict))


class Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox that also refuses the sums by which one line can fill the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja2 does it. What we hand to templates are dictionaries, mostly: it would look for an attribute first,
        which is an exception each time, and a page has a thousand."""
        if type(obj) is dict and attribute in obj and attribute not in _METHODS:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"'{operator}' works on plain numbers only, and ** not at all")
        return super().call_binop(context, operator, left, right)


def sandbox(**options: Any) -> Sandbox:
    """A sandbox with strict undefined names and our filters; `options` are Jinja2's own."""
    environment = Sandbox(undefined=Missing, keep_trailing_newline=True, **options)
    environment.filters.update(OUR_FILTERS)
    environment.globals.clear()
    return environment


def _printed(value: object) -> object:
    """What `{{ value }}` prints: a number that nobody put through a filter is still a number for readers."""
    return count(value) if value is None or isinstance(value, Quantity) else value


@lru_cache(maxsize=1)
def line_environment() -> Sandbox:
    """The environment of a rule's lines: text only, the filters of `FILTERS` and no others."""
    environment = sandbox(autoescape=False, finalize=_printed)
    for name in set(environment.filters) - FILTERS:
        del environment.filters[name]
    return environment


@lru_cache(maxsize=4096)
def variables_of(source: str) -> frozenset[str]:
    """The variables that a rule's line uses; remembered, for rules are made from rules.

    Raises TemplateSyntaxError, with `lineno` counted from the line's own beginning, for a line that does
    not compile, names an unknown filter, or uses a statement that a line may not have.
    """
    environment = line_environment()
    try:
        tree = environment.parse(source)
        names = find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        raise TemplateSyntaxError(syntax_advice(error, FILTERS), error.lineno) from None
    for node in tree.find_all(_REFUSED):
        raise TemplateSyntaxError(
            f"'{{% {type(node).__name__.lower()} %}}' cannot stand in a rule's line; use variables, filters and if",
            node.lineno,
        )
    return frozenset(names)


def render_line(
    source: str, variables: Mapping[str, object], *, file: str = "", line: int = 0, limit: int | None = None
) -> str:
    """A rule's line with the words of one alert in it: one line of text, at most `limit` characters.

    A number the alert does not have is None (not absent), so that `| people` can say so.
    Raises TemplateError naming `file` and `line`.
    """
    try:
        text = one_line(_compiled(source).render(variables))
    except TemplateSyntaxError as error:
        fault = Fault(file=file, line=line, message=syntax_advice(error, FILTERS))
    except UndefinedError as error:
        fault = Fault(file=file, line=line, message=meant(str(error), variables))
    except Exception as error:
        fault = Fault(file=file, line=line, message=f"the line cannot be put together: {error}")
    else:
        return text if limit is None else shorten(text, limit)
    raise TemplateError([fault])


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Template:
    variables_of(source)
    return line_environment().from_string(source)


def syntax_advice(error: TemplateSyntaxError, filters: Iterable[str]) -> str:
    """Jinja2's message, with a remedy where we know one."""
    message = error.message or "this is not a template"
    if unknown := _NO_FILTER.match(message):
        return f"there is no filter '{unknown[1]}'{did_you_mean(unknown[1], filters)}"
    return message


def meant(message: str, known: Iterable[str]) -> str:
    """The message of a `Missing` name, with the known name that its writer may have meant."""
    unknown = _NOT_HERE.fullmatch(message)
    return message + did_you_mean(unknown[1], known) if unknown else message


__all__ = [
    "FILTERS",
    "OUR_FILTERS",
    "Missing",
    "Sandbox",
    "line_environment",
    "meant",
    "render_line",
    "sandbox",
    "syntax_advice",
    "variables_of",
]
