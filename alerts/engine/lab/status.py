"""The line of a rule file that says how far it runs, changed without touching the others."""

from __future__ import annotations

import re

from alerts.errors import InputError
from alerts.toml_lines import Document

_LINE = re.compile(r"""^(\s*status\s*=\s*)("[^"\n]*"|'[^'\n]*')(\s*(?:#.*)?)$""")
_FORMAT = re.compile(r"^\s*format\s*=", re.MULTILINE)


def with_status(text: str, status: str, name: str) -> str:
    """The text with `status = "..."` at its top. Raises Faults for what is no TOML, InputError where the line cannot
    be changed."""
    document = Document(text, f"{name}.toml")
    if document.data.get("status") == status:
        return text
    lines = document.text.split("\n")
    if "status" in document.data:
        at = document.line(("status",)) - 1
        found = _LINE.match(lines[at])
        if found:
            lines[at] = f'{found[1]}"{status}"{found[3]}'
    else:
        above = _FORMAT.search(document.text)
        at = document.text.count("\n", 0, above.start()) + 1 if above else 0
        lines.insert(at, f'status = "{status}"')
    changed = "\n".join(lines)
    if Document(changed, document.name).data.get("status") != status:
        raise InputError(f'write status = "{status}" into the file, at its top')
    return changed
