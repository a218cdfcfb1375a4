"""From what pydantic found wrong to what the writer of the file has to change, with the line.

`config.toml:8: error: smtp.prot: unknown key (did you mean 'port'?)`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from alerts.errors import ConfigError, Fault
from alerts.sizes import size as size
from alerts.toml_lines import Document, KeyPath

Model = TypeVar("Model", bound=BaseModel)

_SAYS: Final = {
    "string_type": 'must be text in quotes, "like this"',
    "path_type": 'must be a path in quotes, "like/this"',
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "tuple_type": 'must be a list, such as ["one", "two"]',
    "dict_type": "must be a section of its own",
    "model_type": "must be a section of its own",
    "int_parsing": "must be a number",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} letters",
}


def told(text: str) -> PydanticCustomError:
    """A fault in our own words, to be raised by a validator."""
    return PydanticCustomError("told", "{text}", {"text": text})


def disagree(faults: Sequence[tuple[str | tuple[str, ...], str]]) -> None:
    """Raise the faults that several keys of a section make together: (key to change, message) each. Of keys in several
    sections the key is a path."""
    if faults:
        raise PydanticCustomError("disagree", "keys disagree", {"faults": list(faults)})


def validate(model: type[Model], document: Document, base: Path) -> Model:
    """The `model` of sections that `document` describes; an absent section has its defaults.

    `base` reaches the validators as context. Raises ConfigError with every fault, in order of lines.
    """
    data: dict[str, Any] = {**{name: {} for name in model.model_fields}, **document.data}
    try:
        return model.model_validate(data, context={"base": base})
    except ValidationError as error:
        found = error.errors(include_url=False)
    faults = [fault for one in found for fault in _faults(one, model, document)]
    raise ConfigError(sorted(dict.fromkeys(faults), key=lambda fault: fault.line)) from None


def _faults(error: ErrorDetails, model: type[BaseModel], document: Document) -> list[Fault]:
    path: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    context: Mapping[str, Any] = error.get("ctx", {})
    if "[key]" in error["loc"]:
        return [_fault(document, path, "the name must be a number")]
    if error["type"] == "disagree":
        keys = [((key,) if isinstance(key, str) else tuple(key), message) for key, message in context["faults"]]
        return [_fault(document, (*path, *key), message) for key, message in keys]
    if error["type"] == "extra_forbidden":
        return [_fault(document, path, _unknown(path, model))]
    if error["type"] == "literal_error":
        return [_fault(document, path, _choices(error["input"], context["expected"]))]
    if error["type"] == "told":
        return [_fault(document, path, context["text"])]
    if error["type"] == "value_error":
        return [_fault(document, path, str(context["error"]))]
    says = _SAYS.get(error["type"], error["msg"])
    return [_fault(document, path, says.format(**context) if error["type"] in _SAYS else says)]


def _fault(document: Document, path: KeyPath, message: str) -> Fault:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return document.fault(path, f"{name}: {message}")


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _sections(model: type[BaseModel]) -> dict[str, list[str]]:
    """The keys of each section that has fixed keys."""
    found = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found[name] = _keys(kind)
    return found


def _unknown(path: KeyPath, model: type[BaseModel]) -> str:
    key = str(path[-1])
    sections = _sections(model)
    known = _keys(model) if len(path) == 1 else sections.get(str(path[0]), [])
    close = get_close_matches(key.lower(), known, n=1)
    if close:
        return f"unknown {'section' if len(path) == 1 else 'key'} (did you mean '{close[0]}'?)"
    homes = [f"[{name}]" for name, keys in sections.items() if key in keys]
    if homes:
        return f"unknown key here; it belongs to section {' or '.join(homes)}"
    return f"unknown {'section or key' if len(path) == 1 else 'key'}; known are {', '.join(known)}"


def _choices(given: object, expected: str) -> str:
    names = re.findall(r"'([^']*)'", expected)
    close = get_close_matches(str(given).lower(), names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"must be {expected}{hint}"
