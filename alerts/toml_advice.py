"""What a TOML syntax error means to somebody who does not know TOML, and what to write instead.

The slips are those people make: quotes from a word processor, Yes for true, 10,000 for 10000.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CURLY: Final = re.compile("[“”„‘’‚«»]")
_BAD_BLANK: Final = re.compile("[\u00a0\u2007\u202f\u2009\u3000]")
_COMMA_NUMBER: Final = re.compile(r"(?<![\w.\"'])(\d{1,3}(?:,\d{3})+)(?![\w.\"'])")
_TRUTH: Final = re.compile(r"(?i)(?:yes|no|on|off|true|false)\s*(?:#|$|,|\]|\})")
_ZERO: Final = re.compile(r"[+-]?0\d")
_BARE_TEXT: Final = re.compile(r"[~@=]?[^\W\d_][^#\"',\[\]{}=]*")
_LENGTH: Final = re.compile(r"\d+ [a-z]+")
# A name with blanks or letters that names cannot have, at the beginning of a line or in a section's brackets.
_ODD_NAME: Final = re.compile(r"\s*\[{0,2}\s*([^\W\d_][\w. \t-]*?)\s*(?:=|\]|$)")
_DASH_DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}")


def advice(message: str, line: str, column: int) -> str:
    """The fault for the reader: `message` as tomllib words it, `line` the text there, `column` from 1."""
    rest = line[max(column - 1, 0) :]
    value = line.partition("=")[2].strip() if "=" in line else rest.strip()
    if (at := _CURLY.search(line)) and "'" not in line[: at.start()] and '"' not in line[: at.start()]:
        return f'the line has curly quotes ({at[0]}); type straight quotes " "'
    if message == "Invalid value" and (at := _CURLY.match(rest)):
        return f'the line has curly quotes ({at[0]}); type straight quotes " "'
    if _BAD_BLANK.search(line[: column + 1]):
        return "the line has a blank that is no ordinary one (copied from a web page?); type it again"
    if comma := _COMMA_NUMBER.search(line):
        plain = comma[1].replace(",", "")
        return f"numbers take no comma: write {plain} or {comma[1].replace(',', '_')}"
    return _value_advice(message, value, rest) or _form_advice(message, line, rest) or _own_words(message)


def _value_advice(message: str, value: str, rest: str) -> str | None:
    if message == "Unescaped '\\' in a string":
        return "a backslash inside double quotes means something else; put the text in single quotes ' '"
    if not message.startswith(("Invalid value", "Expected newline", "Unclosed", "Expected ',")):
        return None
    for text in (rest.strip(), value):
        if _TRUTH.match(text):
            return "write true or false in small letters, or put the word in quotes"
    if _DASH_DATE.match(value):
        return "dates are written year-month-day, such as 2026-01-31"
    if _ZERO.match(value):
        return "a number has no leading zero; put it in quotes if it is a code"
    if found := _LENGTH.match(value):
        return f'text needs quotes: "{found[0]}"'
    if message == "Invalid value":
        if rest.startswith("="):
            return "write one '=' between a key and its value"
        if not rest.strip() or rest.lstrip().startswith("#"):
            return "the value is missing after '='"
        if found := _BARE_TEXT.match(rest):
            return f'text needs quotes: "{found[0].strip()}"'
    return None


def _form_advice(message: str, line: str, rest: str) -> str | None:
    if message.startswith("Expected '='"):
        if rest.lstrip().startswith(":"):
            return "write '=' between a key and its value, not ':'"
        return _name_advice(line) or "a line is 'key = value', and the '=' is missing here"
    if message.startswith("Invalid initial character for a key") and "{" in line:
        return "a table in { } stands in one line, without a comma at its end"
    if message.startswith("Invalid initial character for a key") and not line.strip(" \t{},"):
        return "a table in { } stands in one line, without a comma at its end"
    if message.startswith("Invalid statement") and (name := _name_advice(line)):
        return name
    if message.startswith(("Invalid statement", "Invalid initial character for a key")):
        return "a line is a [section], 'key = value', or a comment that begins with #"
    if message.startswith("Expected newline") and rest.startswith(("//", ";", "--", "/*")):
        return "nothing may stand after the value but a comment, which begins with #"
    if message.startswith("Expected newline"):
        return "something stands after the value; one line holds one key (quotes inside a text? use the other kind)"
    if message.startswith("Expected ']"):
        return _name_advice(line) or "a section is written [name] or [[name]], alone in its line"
    if message.startswith("Unclosed") and rest[:1].isalnum() and (quote := line[len(line) - len(rest) - 1]) in "'\"":
        return f"the text ends at the {quote} inside it; put the other kind of quotes round it"
    if message.startswith("Unclosed"):
        return "a comma is missing between two values"
    if message.startswith("Illegal character '\\n'"):
        return "the text in quotes is not closed in this line"
    return None


def _name_advice(line: str) -> str | None:
    """What to write for a key or section whose name has blanks or letters it cannot have."""
    found = _ODD_NAME.match(line)
    if found is None:
        return None
    bare = "".join(c for c in unicodedata.normalize("NFKD", found[1]) if not unicodedata.combining(c))
    name = "_".join(bare.replace("ß", "ss").split())
    if name == found[1] or not name.isascii():
        return None
    return f"a name is one word of the letters a-z, digits and _: write {name}"


def _own_words(message: str) -> str:
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate")):
        return "this name is used twice: once for a value and once for a section, or in two sections"
    return f"this is no TOML: {message[:1].lower()}{message[1:]}"
