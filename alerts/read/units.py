"""What is counted: nouns that make a number one of people, households, housing or settlements, through
adjectives and "of the".
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.read.text import Words
from alerts.types import Unit

_PEOPLE = """interpreters translators interpreter translator people persons person personas personnes habitantes men man
    women woman children child kids infants babies baby toddlers boys boy girls girl civilians civilian residents
    resident inhabitants inhabitant villagers villager townspeople townsfolk citizens citizen locals nationals
    refugees refugee idps idp pdi dps evacuees evacuee returnees returnee migrants migrant expatriates expats
    asylum-seekers seekers individuals individual souls lives life adults adult teenagers teenager youths youth
    elders elderly pensioners students student pupils pupil schoolchildren schoolboys schoolgirls schoolgirl
    teachers teacher professors workers worker employees employee staff staffers volunteers volunteer medics medic
    doctors doctor nurses nurse paramedics paramedic patients patient rescuers rescuer journalists journalist
    reporters activists activist lawyers farmers farmer herders herder herdsmen fishermen fisherman miners miner
    shepherds traders shoppers worshippers worshipers worshipper pilgrims pilgrim tourists tourist passengers
    passenger drivers driver commuters motorists bystanders passers-by passersby pedestrians demonstrators
    protesters protestors protester rioters mourners monks nuns priests priest imams clerics cleric hostages hostage
    captives captive detainees detainee prisoners prisoner inmates inmate abductees soldiers soldier troops troop
    fighters fighter militants militant insurgents insurgent rebels rebel gunmen gunman guerrillas guerrilla
    guerillas terrorists terrorist jihadists jihadist jihadis extremists extremist militiamen militiaman militia
    loyalists loyalist combatants combatant servicemen serviceman marines marine commandos commando snipers sniper
    mercenaries mercenary bandits attackers attacker assailants assailant bombers bomber recruits conscripts
    conscript officers officer policemen policeman police policewomen cops guards guard bodyguards bodyguard
    personnel peacekeepers peacekeeper gendarmes gendarme paratroopers paratrooper commanders commander generals
    colonels members member officials official ministers politicians lawmakers councillors mayors leaders elders
    contractors contractor engineers technicians observers monitors helpers aides clerks cooks guests athletes
    players dead deaths death fatalities fatality casualties casualty victims victim bodies body corpses corpse
    martyrs wounded injured injuries missing homeless displaced survivors survivor relatives brothers sisters sons
    daughters mothers fathers parents orphans widows grandchildren cousins siblings twins newborns minors minor crew
    crewmen sailors seamen occupants boaters campers holidaymakers squatters dwellers settlers settler displacements
    population beneficiaries defenders responders firefighters firefighter correspondents scholars intellectuals
    executives peasants labourers laborers builders merchants bankers businessmen vendors customers onlookers
    spectators peshmerga casualities peole people's infiltrators defectors partisans separatists secessionists
    nomads indigenous deportees escapees runaways islanders householders homeowners tenants neighbours neighbors
    womenfolk elders friends""".split()
# "famlias" is what is left of "famílias" where a wrong character set took the accent.
_HOUSEHOLDS = "families family households household familias famlias familles menages hogares".split()
_HOUSING = """homes home houses house huts hut dwellings dwelling apartments apartment flats residences residence shacks
    shanties bungalows cottages tents shelters buildings building properties tenements compounds housing homesteads
    structures viviendas casas""".split()
_SETTLEMENTS = """towns town villages village cities city hamlets hamlet settlements settlement localities locality
    neighbourhoods
    neighborhoods neighbourhood neighborhood suburbs districts district communities municipalities communes counties
    county provinces province townships camps areas parishes""".split()
_UNITS: dict[str, Unit] = {
    **dict.fromkeys(_SETTLEMENTS, "settlements"),
    **dict.fromkeys(_HOUSING, "housing"),
    **dict.fromkeys(_HOUSEHOLDS, "households"),
    **dict.fromkeys(_PEOPLE, "people"),
}
# Peoples whose plural no ending tells.
_PEOPLES = frozenset(
    """kurds turks arabs serbs greeks poles danes finns swedes croats czechs slovaks thais filipinos britons rohingya
    rohingyas yazidis yezidis druze tutsis hutus houthis jews muslims christians sunnis shias shiites shi'ites
    alawites tamils uighurs uyghurs chechens dinka nuer hazaras pashtuns bedouins tuareg tuaregs copts maronites
    hindus sikhs buddhists brus spaniards scots dutch french british irish english chinese japanese papuans uzbeks
    tajiks kazakhs kyrgyz turkmens roma talibs talibans gazans""".split()
)
_PEOPLE_ENDINGS = ("ans", "ese", "nis", "lis", "qis", "tis", "dis", "bis", "ites")

# A word that ends the search for the counted noun: what follows belongs to another phrase.
_STOPS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty hundred thousand
    million dozen dozens scores hundreds thousands were was are is am be been being have has had having do does did
    will would could can may might must should shall to in from at on by for with without who whom whose that which
    as after before when while since during near into onto over under between among against because if but than then
    so also not no where until till through throughout across around inside outside within behind toward towards off
    out up down via amid he she it they we you i his her its their our this these those there a an said says say
    told went came fled flee died die left live lived remain remained arrived every each both either per plus""".split()
)
_PLURALS_BEFORE_NOUN = frozenset(
    "forces rights sports news arms services states operations communications mostly special series nations".split()
)
_ING_BEFORE_NOUN = frozenset(
    """remaining surviving missing living fleeing returning working seeking visiting opposing warring housing fishing
    mining farming young king being training dwelling sleeping fighting sitting unsuspecting law-abiding practising
    practicing building aging ageing peacekeeping following leading neighbouring neighboring existing dying""".split()
)
_JOINABLE = frozenset(
    """sick wounded injured dead displaced old young elderly poor vulnerable homeless stranded trapped hungry tired
    traumatised traumatized malnourished armed unarmed local foreign men women refugees damaged destroyed""".split()
)
_LAST_ADJECTIVE = 6
_OF_THE = frozenset("the its their his those these our".split())

_MONTHS = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec""".split()
)


@dataclass(frozen=True, slots=True)
class Noun:
    """The counted noun after a number: `first`, `end` are word indexes; `unit` None when it is another thing."""

    first: int
    end: int
    unit: Unit | None
    word: str


def unit_of(word: str) -> Unit | None:
    """The unit that a folded word counts in."""
    found = _UNITS.get(word)
    if found is None and word.startswith("people") and word.isalpha():
        return "people"  # "peoplewere": a blank lost in a PDF
    return found


def is_month(words: Words, i: int) -> bool:
    """Whether word `i` is the name of a month; "may", "march" only with a capital."""
    if not 0 <= i < len(words) or words.norm[i] not in _MONTHS:
        return False
    return words.norm[i] not in ("may", "march", "mar", "dec", "jun", "sep") or words.raw(i)[0].isupper()


def is_people(words: Words, i: int) -> bool:
    """Whether word `i` names members of a people or faith: "Afghans", "Rohingya" """
    norm = words.norm[i]
    if norm in _PEOPLES:
        return True
    return len(norm) > 5 and norm.endswith(_PEOPLE_ENDINGS) and words.raw(i)[0].isupper()


def noun_after(words: Words, at: int) -> Noun | None:
    """The counted noun after a numeral that ends before word `at`, through adjectives and "of the":
    "tens of thousands | of vulnerable people", "25 | towns and villages". None if there is none."""
    norms = words.norm
    i, limit = at, min(len(norms), at + _LAST_ADJECTIVE + 2)
    if i < limit and norms[i] in ("of", "de"):
        i += 1
        while i < limit and norms[i] in _OF_THE:
            i += 1
    first = i
    while i < limit:
        gap, norm = words.gap(i), norms[i]
        if gap != " " and not _blank(gap):
            return None
        if (joined := _hyphenated(words, i)) is not None:
            return Noun(first, i + 2, unit_of(joined), joined)
        unit: Unit | None = unit_of(norm)
        if unit is None and is_people(words, i):
            unit = "people"
        if unit is not None and not _is_adjective(words, i, limit):
            return Noun(first, _and_more(words, i + 1, unit), unit, norm)
        if norm in _STOPS or norm[0].isdigit() or _is_verb(norm):
            return None
        if norm in ("and", "or"):
            if gap != "-" and (i == first or norms[i - 1] not in _JOINABLE):
                return None
        elif _is_plural(norm) and not words.raw(i)[0].isupper() and norm not in _PLURALS_BEFORE_NOUN:
            return Noun(first, i + 1, None, norm)
        i += 1
    return None


def _blank(gap: str) -> bool:
    return not gap.strip(" \n\t-+\"'“”‘’")


def _hyphenated(words: Words, i: int) -> str | None:
    """The noun that a line break cut in two: "fami-lies"."""
    if i + 1 < len(words) and words.gap(i + 1) == "-" and unit_of(words.norm[i + 1]) is None:
        joined = words.norm[i] + words.norm[i + 1]
        if unit_of(joined) is not None and words.norm[i] not in _UNITS and not joined.startswith("people"):
            return joined
    return None


def _is_adjective(words: Words, i: int, limit: int) -> bool:
    """Whether a unit noun only qualifies the next one: "family homes", "rebel fighters", "displaced people",
    "village residents", "injured women", "town officials"."""
    j = i + 1
    if j >= limit or words.gap(j).strip(" -"):
        return False
    following = words.norm[j]
    if unit_of(following) is None and not is_people(words, j):
        if words.norm[i] in _JOINABLE and following not in _STOPS and following not in ("and", "or") and j + 1 < limit:
            return unit_of(words.norm[j + 1]) is not None and not words.gap(j + 1).strip(" -")
        return False
    if words.norm[i] in ("people", "children", "civilians", "men", "women", "persons"):
        return False  # "20 people injured", "10 women children"
    if following in ("dead", "wounded", "injured", "missing", "homeless", "displaced"):
        return False  # "12 soldiers dead", "three homes damaged"
    return not _is_plural(words.norm[i]) or words.norm[i] in _JOINABLE


def _and_more(words: Words, end: int, unit: Unit) -> int:
    """Where "towns and villages" or "men, women and children" ends that began with the noun before `end`."""
    while end + 1 < len(words):
        j = end + 1 if words.norm[end] in ("and", "or") and not words.gap(end).strip() else end
        gap = words.gap(j).strip(" ")
        if j >= len(words) or gap not in (("", ",") if j == end else ("",)) or unit_of(words.norm[j]) != unit:
            break
        if words.norm[j] in ("dead", "wounded", "injured", "missing", "homeless", "displaced", "population"):
            break
        end = j + 1
    return end


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ous"))


def _is_verb(word: str) -> bool:
    return len(word) > 5 and word.endswith("ing") and word not in _ING_BEFORE_NOUN
