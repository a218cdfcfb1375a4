"""How a place name becomes a key of the index: the same functions serve the compiler and the reader, so that
"Ma'arrat al-Nu'man" in GeoNames and "Maaret al-Numan" in a newspaper can meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from alerts.read.text import fold, words

# Where names come out of Arabic script, each newspaper romanises in its own way: only there are articles
# dropped and consonant skeletons made.
ARABIC = frozenset(
    "AE AF BH DJ DZ EG EH ER IL IQ IR JO KM KW LB LY MA MR OM PK PS QA SA SD SO SS SY TD TN TR YE".split()
)
ARTICLES = frozenset("al el an as ash ad ar at az adh ath ed er es et ez en esh il ul".split())

# A place's kind, as it stands behind or before a name; the value is the level it asks for.
KINDS: dict[str, str] = {
    word: level
    for level, words_of_it in {
        "admin1": "province provinces governorate governorates state oblast prefecture territory republic region "
        "regions department canton voivodeship krai wilaya",
        "admin2": "district districts county counties municipality raion locality commune cercle woreda zone "
        "subdistrict division township regency tehsil upazila parish",
        "city": "city town village cities towns villages hamlet settlement capital metropolis port",
        "camp": "camp camps",
        "area": "area areas neighbourhood neighborhood suburb suburbs quarter countryside outskirts valley enclave "
        "pocket front crossing checkpoint junction island islands peninsula",
    }.items()
    for word in words_of_it.split()
}
# What administrations are called in GeoNames and ISO 3166-2; dropped from an administration's name.
_ADMIN_WORDS = frozenset(
    "province governorate state oblast region regional district county department prefecture municipality".split()
    + "division territory subdistrict canton commune kilil mkoa republic raion krai voivodeship regency zone".split()
    + "departement provincia departamento estado provincie wilayat wilaya muhafazat ostan".split()
    + "محافظة ولاية منطقة область область".split()
)
_SHORT = {"saint": "st", "fort": "ft", "mount": "mt", "sainte": "ste", "st": "saint", "ft": "fort", "mt": "mount"}
_SHORTENED = tuple(f"{word} " for word in _SHORT)
_JOINERS = frozenset("of de du da do del di des the".split())
_MAX_WORDS = 6
LONGEST = 48  # letters of a name
_ODD = re.compile(  # marks of a composed name, and scripts written without blanks
    r"[,(/;،\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_MARKS = re.compile("[ʻʼʾʿ‘’`´'ʹʺ]")


def key(name: str) -> str:
    """The form in which names are compared: folded words, one blank between; "" when nothing is left."""
    folded = fold(name).replace("-", " ")
    if folded.replace(" ", "").isalpha():  # nine names of ten: no need to divide them slowly
        return " ".join(folded.split())
    return " ".join(words(name).norm)


def printable(name: str) -> str:
    """The key of an alternate name, or "" for one that no newspaper would print so. GeoNames also lists airport
    codes, machine romanisations of other scripts (all small letters), and names in scripts written without
    blanks, which cannot be divided into words here."""
    length = len(name)
    if length < 3 or length > LONGEST:
        return ""
    if name.isascii():
        if name.islower() or (length < 5 and name.isupper()):
            return ""
        low = name.lower().replace("-", " ")
        if low.replace(" ", "").isalpha():
            return " ".join(low.split()) if "  " in low or low[0] == " " or low[-1] == " " else low
    elif name.islower() and _LATIN.search(name):
        return ""
    if _ODD.search(name) or name.count(" ") >= _MAX_WORDS:
        return ""
    return key(name)


def abbreviation(name: str) -> bool:
    """'DRC', 'U.S.', 'UAE': to be met in capitals only."""
    letters = name.replace(".", "").replace(" ", "")
    return 2 <= len(letters) <= 4 and letters.isascii() and letters.isupper()


def variants(name_key: str) -> list[str]:
    """Other printed forms of a key: Saint/St, Fort/Ft, Mount/Mt."""
    if not name_key.startswith(_SHORTENED):
        return []
    first, _, rest = name_key.partition(" ")
    return [f"{_SHORT[first]} {rest}"]


def without_article(name_key: str) -> str | None:
    """'al fashir' -> "fashir"; None when there is no article to drop."""
    first, _, rest = name_key.partition(" ")
    if rest and first in ARTICLES and len(rest) > 2:
        return rest
    if first.startswith("ال") and len(first) > 4:
        return name_key[2:]
    return None


def without_kind(name_key: str) -> str | None:
    """'idlib governorate' -> 'idlib', 'province of idlib' -> 'idlib'; None when there is no kind word."""
    parts = name_key.split(" ")
    kept = parts
    while len(kept) > 1 and kept[-1] in _ADMIN_WORDS:
        kept = kept[:-1]
    if len(kept) > 1 and kept[0] in _ADMIN_WORDS:
        kept = kept[1:]
        while len(kept) > 1 and kept[0] in _JOINERS:
            kept = kept[1:]
    elif len(kept) > 2 and kept[0] == "the":
        kept = kept[1:]
    return " ".join(kept) if len(kept) < len(parts) else None


_DIGRAPHS = (("kh", "k"), ("gh", "g"), ("sh", "s"), ("ch", "s"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("dj", "j"))
_SAME = str.maketrans({"q": "k", "c": "k", "v": "f", "p": "b", "x": "k"})


def _consonants(word: str) -> str:
    for two, one in _DIGRAPHS:
        word = word.replace(two, one)
    word = word.translate(_SAME).rstrip("h")
    out, before = "", ""
    for char in word:
        if char != before and char not in "aeiou" and not (before and char in "yw"):
            out += char
        before = char
    return out


FEWEST = 3  # consonants that say enough to look for


def skeleton(parts: Sequence[str]) -> str:
    """The consonants of a romanised Arabic name without its articles: "maaret al numan" and "maarrat an numan"
    are both "mrtnmn". Compared together with the spelling, since it keeps little of a name."""
    return "".join(_consonants(part) for part in parts if part not in ARTICLES and part.isascii())


def close(one: str, other: str) -> float:
    """How alike two keys are: 1 the same, 0 nothing in common (1 - edit distance / longer length)."""
    one, other = one.replace(" ", ""), other.replace(" ", "")
    if not one or not other:
        return 0.0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return 1 - row[-1] / max(len(one), len(other))


def shown(name: str, country: str) -> str:
    """A name as English readers print it. Scholarly romanisations (Ḩalab, Khān Yūnis) lose their marks in
    countries of Arabic script; elsewhere accents belong to the name (São Paulo)."""
    if country in ARABIC:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return _MARKS.sub("", plain).replace("ı", "i")
    return name.replace("’", "'").replace("ʻ", "'").replace("ʼ", "'")


def english(spelled: Sequence[str], country: str) -> str:
    """The English name of an administration among its names: "Ḩalab, Aleppo Governorate" is "Aleppo"; else the
    first."""
    for name in spelled[1:]:
        first, _, last = name.rpartition(" ")
        if first.isascii() and first and fold(last) in _ENGLISH and fold(first) not in _ADMIN_WORDS:
            return shown(first.removesuffix(" Regional"), country)
    return shown(spelled[0], country)


_ENGLISH = frozenset("governorate province region state oblast".split())
# Case endings of Russian and Ukrainian names and what the nominative may end in.
_CYRILLIC = tuple(
    (ending, instead)
    for ending, instead_of_it in {
        "ого": ("ый",), "ском": ("ск",), "ске": ("ск",), "ска": ("ск",), "ску": ("ск",), "ську": ("ськ",),
        "ська": ("ськ",), "ове": ("ов", "ово", "ів"), "ова": ("ов", "ів"), "єва": ("їв",), "єві": ("їв",),
        "ой": ("а",), "ом": ("",), "ем": ("",), "ії": ("ія",), "ии": ("ия",), "ию": ("ия",), "ью": ("ь",),
        "і": ("а", ""), "е": ("", "а"), "у": ("а", "", "о"), "ы": ("а",), "и": ("а", "я", "ь"), "а": ("", "о"),
        "я": ("е",), "ю": ("я",),
    }.items()
    for instead in instead_of_it
)  # fmt: skip


def inflected(word: str) -> list[str]:
    """What the nominative of a place name met in running text may be: Cyrillic case endings, and Arabic
    prefixes (in, and, for) written together with the name. Unknown forms give an empty list."""
    if not word or word[0] < "\u0400" or not 4 <= len(word) <= LONGEST:
        return []
    if "\u0400" <= word[0] <= "\u04ff":
        return [fold(word[: -len(end)] + instead) for end, instead in _CYRILLIC if word.endswith(end)]
    out: list[str] = []
    if "\u0600" <= word[0] <= "\u06ff":
        if word[0] in "وبلكف" and len(word) > 4:
            out.append(word[1:])
            out.extend(inflected(word[1:]) if word[0] in "وف" else [])
        if word.startswith("لل"):
            out.append("ال" + word[2:])
        if word.startswith("ال"):
            out.append(word[2:])
    return out
