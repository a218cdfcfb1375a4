"""Why an article fires a rule, and why not: `alerts rules explain`.

What fires is what `Ruleset.detect` says. The reasons come from the same `judge` and `bind` that it uses, asked of
every sentence, the ones too that its index passes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from alerts.match.bind import Households, bind
from alerts.match.engine import Detection, Ruleset, ignoring, in_scope, keeps_the_books, looks_at, read
from alerts.match.judge import judge, neighbours
from alerts.match.nearness import near, where
from alerts.match.rule import Rule, Scope
from alerts.match.stages import ORDER, Case, Stage, quantity_said, stages
from alerts.match.view import SentenceView
from alerts.match.written import origin
from alerts.read.languages import detect as language_of
from alerts.read.places import Gazetteer
from alerts.types import Article, Hit

_MOST_SEARCHED = 40  # sentences in which something near is looked for when no part at all was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one rule makes of one article. `because` says why it is quiet; `before` are the stages of the article,
    `cases` the sentences in which something of the rule is, what came nearest first."""

    rule: Rule
    fires: bool
    because: str | None
    before: tuple[Stage, ...]
    cases: tuple[Case, ...]

    @property
    def found(self) -> bool:
        """Something of the rule is in the article."""
        return bool(self.cases)

    def chain(self, case: Case) -> list[Stage]:
        """The stages of one of the cases."""
        return stages(case)


def explain(
    ruleset: Ruleset, article: Article, gazetteer: Gazetteer, households: Households, *, names: Iterable[str] = ()
) -> list[Explanation]:
    """One explanation for each rule of `ruleset` (or those called `names`): those that fire, then what came near."""
    found = ruleset.detect(article, gazetteer, households)
    language = language_of(f"{article.title}\n{article.text}", article.language)
    views = read(article, gazetteer)
    chosen = [ruleset.by_name[name] for name in names] or ruleset.rules
    every = [_explain(rule, article, language, views, found, households) for rule in chosen]
    return sorted(every, key=lambda one: (not one.fires, not one.found, _distance(one), one.rule.name))


def _distance(one: Explanation) -> tuple[float, ...]:
    """Less for a rule that came nearer: by its nearest sentence, and of equals the one of which something else is
    near."""
    if not one.cases:
        return ()
    best = one.cases[0]
    refused = any(stage.ok is False for stage in one.before)
    return (*_rank(best)[:-1], refused, bool(best.missing) and not _hints(best), best.at)


def _explain(
    rule: Rule,
    article: Article,
    language: str,
    views: Sequence[SentenceView],
    found: Detection,
    households: Households,
) -> Explanation:
    before = [_scope(rule, article, language), *_ignored(rule, views)]
    mine = [hit for hit in (*found.hits, *found.dropped) if hit.rule == rule.name]
    needs = next((hit.needs_state for hit in mine if hit.needs_state), None)
    cases = sorted(_cases(rule, views, households, needs), key=_rank)
    told = [hit for hit in found.hits if hit.rule == rule.name]
    fires = any(hit.needs_state is None for hit in told)
    because = None if fires else _because(rule, before, cases, told, found)
    return Explanation(rule=rule, fires=fires, because=because, before=tuple(before), cases=tuple(cases))


def _cases(rule: Rule, views: Sequence[SentenceView], households: Households, needs: str | None) -> Iterator[Case]:
    for at, view in enumerate(views):
        for block in rule.blocks:
            finding = judge(rule, block, view, neighbours(block, views, at))
            looked = looks_at(block, view)
            if not finding.parts or not (looked or finding.complete):
                continue
            hit = None
            if finding.complete:
                hit = bind(rule, finding, views, households, None if block.holds == needs else needs)
            because = hit.because if hit else finding.because
            if not looked:
                because = f"looks only into the {block.look_in}"
            yield Case(rule=rule, block=block, views=views, at=at, finding=finding, hit=hit, because=because)


def tells(case: Case) -> bool:
    """Whether this sentence by itself fires the rule."""
    hit = case.hit
    return bool(hit and case.because is None and hit.needs_state is None and not keeps_the_books(case.rule, hit))


def _rank(case: Case) -> tuple[float, ...]:
    """Less for what came nearer."""
    if case.failed is None:
        return (-1, not tells(case), 0, case.at)
    share = 1 - len(case.missing) / len(case.block.parts)
    first = case.block.parts[0].name in case.found
    return (0, -ORDER.index(case.failed) if case.failed != "look_in" else -1, -share - 0.1 * first, case.at)


def _because(rule: Rule, before: Sequence[Stage], cases: Sequence[Case], told: Sequence[Hit], found: Detection) -> str:
    """Why a rule is quiet, in one reason."""
    if refused := next((stage for stage in before if stage.ok is False), None):
        return refused.said
    if not cases:
        return "nothing of it was found"
    if cases[0].because is not None:
        return cases[0].because
    if told:
        return f"the state '{told[0].needs_state}' is not said to hold"
    if any(hit.rule == rule.name for hit in found.states):
        hit = cases[0].hit
        state = hit and (hit.opens or hit.closes or hit.holds)
        return f"it only tells the ledger about '{state}'"
    return "nothing speaks against it, and still it does not count: please report this as a fault"


def _scope(rule: Rule, article: Article, language: str) -> Stage:
    """The cheap tests of the article."""
    known = {block.language for block in rule.blocks}
    if language not in known:
        said = f"the article is in '{language}'; the rule's phrases are in {', '.join(map(repr, sorted(known)))}"
        return Stage(name="scope", ok=False, said=said)
    for one in fields(Scope):
        only = replace(rule, scope=replace(Scope(), **{one.name: getattr(rule.scope, one.name)}))
        if not in_scope(only, article, language):
            return Stage(
                name="scope", ok=False, said=f"[scope] {one.name} leaves it out: {_fact(one.name, article, language)}"
            )
    source = f", from '{article.source}'" if article.source else ""
    sections = f", sections {', '.join(article.sections)}" if article.sections else ""
    return Stage(name="scope", ok=True, said=f"in '{language}'{source}{sections}")


def _fact(name: str, article: Article, language: str) -> str:
    if name == "languages":
        return f"it is in '{language}'"
    if name.endswith("sections"):
        return f"its sections are {', '.join(article.sections) or 'not given'}"
    if name == "source_tier":
        return f"its publisher is of tier {article.tier}"
    return f"it is from '{article.source}'" if article.source else "its publisher is not given"


def _ignored(rule: Rule, views: Sequence[SentenceView]) -> list[Stage]:
    found = ignoring(rule, views)
    if found is None or rule.ignore.articles is None:
        return []
    view, span = found
    words = view.reading.words.span(span.first, span.end)
    said = f"the article is ignored for '{words}' in {where(view)}, by \"{origin(rule.ignore.articles, view, span)}\""
    return [Stage(name="article", ok=False, said=said)]


def one_line(one: Explanation) -> str:
    """The explanation in one line: FIRES or quiet, and the stages that tell."""
    if not one.cases:
        return f"{'FIRES' if one.fires else 'quiet'} {one.rule.name} : {one.because}"
    best = one.cases[0]
    name = f"{one.rule.name} / {best.block.name}"
    parts = ", ".join(f"{part} '{words}'" for part, words in best.found.items())
    if not one.fires:
        hints = _hints(best)
        said = [f"found {parts}", one.because or "", *([hints] if hints else [])]
        return f"quiet {name} : {'; '.join(filter(None, said))}"
    told = [f"FIRES {name}", parts]
    if (hit := best.hit) is not None:
        told += [f"{number} {quantity_said(quantity)}" for number, quantity in hit.numbers.items()]
        chain = {stage.name: stage.said for stage in stages(best)}
        told += [f"place {chain['place']}", f"severity {chain['severity']}"]
    more = len({case.at for case in one.cases if tells(case)} - {best.at})
    if more:
        told.append(f"and {more} more sentence{'s' if more > 1 else ''}")
    return " | ".join(told)


def _hints(case: Case) -> str:
    """The best hint for each missing part."""
    hints = {
        part.name: near(case.block, part, case.views, case.at) for part in case.block.parts if part.name in case.missing
    }
    return "; ".join(f"near {name}: {some[0]}" for name, some in hints.items() if some)


def nearest(rule: Rule, article: Article, gazetteer: Gazetteer) -> list[tuple[str, str, str]]:
    """What came near a rule of which no part was found: the sentence, the part, and a hint."""
    views = read(article, gazetteer)[:_MOST_SEARCHED]
    found = {
        (where(view), part.name, hint): None
        for at, view in enumerate(views)
        for block in rule.blocks
        for part in block.parts
        for hint in near(block, part, views, at)
    }
    return list(found)
