"""The findings as counsel reads them: one group a rule, with the rule's words, and each match applied to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from clauses.language.english import capital, meaning, noun_of, term_words
from clauses.language.pack import RulePack
from clauses.language.rule import AuthorityDocument, Rule
from clauses.memo.plain import Plain
from clauses.memo.prose import Speaker
from clauses.memo.view_deviations import deviation_view
from clauses.review.explain import Explainer
from clauses.review.finding import Finding
from clauses.review.review import Examined, PackRun
from clauses.review.wording import clause_phrase, known
from clauses.source import Place
from clauses.terms.agreement import ClauseVersion
from clauses.terms.facts import Deal, Fact, Standings, by_kind_and_layer
from clauses.terms.kinds import TermType
from clauses.terms.values import Value


@dataclass(frozen=True)
class Relied:
    """A clause that a finding rests on, with the alias under which the rule speaks of it."""

    alias: str
    fact: Fact
    version: ClauseVersion


@dataclass(frozen=True)
class Match:
    """A finding with the facts that it rests on."""

    finding: Finding
    rule: Rule
    run: PackRun
    clauses: Mapping[str, Fact]
    standings: Standings
    """All facts of the run by kind and layer."""

    def relied(self) -> list[Relied]:
        """Every clause that the finding rests on, as it reads today or would read, with what follows from it."""
        found: dict[tuple[str, str, str], Relied] = {}
        for pattern in self.rule.given:
            for fact in _with_sources(self.clauses[pattern.alias]):
                if fact.version is not None:
                    key = (fact.version.id, fact.version.content, fact.id if _is_computed(fact) else "")
                    found.setdefault(key, Relied(pattern.alias, fact, fact.version))
        return list(found.values())

    def ids(self) -> list[str]:
        """The ids of the clauses that the finding rests on."""
        return list(dict.fromkeys(one.version.id for one in self.relied()))


@dataclass(frozen=True)
class Group:
    """The findings of one rule that came out the same way, under one number."""

    number: int
    matches: tuple[Match, ...]

    @property
    def first(self) -> Match:
        return self.matches[0]

    @property
    def label(self) -> str:
        """`F-3`."""
        return f"F-{self.number}"

    @property
    def is_accepted(self) -> bool:
        """Whether the findings are accepted and count no longer."""
        return self.first.finding.is_accepted


def groups(examined: Examined) -> list[Group]:
    """The findings in the order of the review, those of one rule together; apart from them those that are accepted."""
    listed: dict[tuple[int, str, str, bool], list[Match]] = {}
    for match in _in_order(examined):
        key = (id(match.run), match.finding.rule, match.finding.status, match.finding.is_accepted)
        listed.setdefault(key, []).append(match)
    return [Group(number, tuple(matches)) for number, matches in enumerate(listed.values(), 1)]


def _in_order(examined: Examined) -> Iterator[Match]:
    """Each finding with the match of its rule: the same clauses, in the order in which the engine gave them."""
    waiting = list(_matches(examined))
    standings = {id(run): by_kind_and_layer(run.outcome.facts) for run in examined.runs}
    for finding in examined.review.findings:
        number = next(n for n, (rule, _, clauses) in enumerate(waiting) if _belongs(finding, rule, clauses))
        rule, run, clauses = waiting.pop(number)
        yield Match(finding, rule, run, clauses, standings[id(run)])


def _matches(examined: Examined) -> Iterator[tuple[Rule, PackRun, Mapping[str, Fact]]]:
    context = next(fact for fact in examined.deal.facts if fact.kind == "context")
    for run in examined.runs:
        for rule in run.pack.rules:
            for binding in run.outcome.matches[rule.id] if rule.derives is None else ():
                facts = [run.outcome.facts[number] for number in binding]
                clauses = {pattern.alias: fact for pattern, fact in zip(rule.given, facts, strict=True)}
                yield rule, run, {**clauses, "context": context}


def _belongs(finding: Finding, rule: Rule, clauses: Mapping[str, Fact]) -> bool:
    if rule.id != finding.rule:
        return False
    named: dict[str, str] = {}
    for clause in finding.clauses:
        named.setdefault(clause.alias, clause.id)
    return all(named.get(p.alias, clauses[p.alias].id) == clauses[p.alias].id for p in rule.given)


def _with_sources(fact: Fact) -> Iterator[Fact]:
    yield fact
    for source in fact.derived_from:
        yield from _with_sources(source)


# --- as plain data


def group_view(group: Group, examined: Examined) -> Plain:
    """A group of findings as plain data."""
    first, rule, pack = group.first.finding, group.first.rule, group.first.run.pack
    headings = [examined_heading(id, examined.deal) for match in group.matches for id in match.ids()]
    redrafts = list(dict.fromkeys(match.finding.redraft for match in group.matches if match.finding.redraft))
    return {
        "label": group.label,
        "anchor": group.label.lower(),
        "rule": rule.id,
        "heading": rule.heading,
        "severity": first.severity,
        "status": first.status,
        "is_accepted": group.is_accepted,
        "clauses": list(dict.fromkeys(headings)),
        "messages": list(dict.fromkeys(match.finding.message for match in group.matches)),
        "meaning": _meaning(rule),
        "authority": [authority_view(one, pack) for one in pack.authority_of(rule, examined.deal.agreement.id)],
        "items": [_item(match, number, examined) for number, match in enumerate(group.matches, 1)],
        "redraft": redrafts[0] if len(redrafts) == 1 else "",
    }


def _meaning(rule: Rule) -> Plain:
    """A rule in plain English: what it looks at, its conditions one by one, and what excuses."""
    found = meaning(rule)
    return {"opening": list(found.opening), "conditions": list(found.conditions), "closing": list(found.closing)}


def examined_heading(id: str, deal: Deal) -> str:
    """The heading of a clause, without quotation marks."""
    return clause_phrase(id, deal).strip("“”")


def authority_view(authority: AuthorityDocument, pack: RulePack) -> Plain:
    """Where a rule or a parameter comes from."""
    source = pack.sources.get(authority.document)
    return {
        "title": source.title if source else authority.document,
        **_section(authority.section),
        "quote": authority.quote or "",
        "note": authority.note or "",
    }


def _item(match: Match, number: int, examined: Examined) -> Plain:
    finding, deal = match.finding, examined.deal
    speaker = Speaker(Explainer(match.rule, match.run.conditions, deal, match.standings), match.clauses)
    return {
        "number": number,
        "message": finding.message,
        "application": [*speaker.introduction(), *speaker.chain()],
        "rests_on": [_relied(match, one, deal) for one in match.relied()],
        "missing": [_missing(path, match, deal) for path in finding.missing],
        "question": finding.question or "",
        "redraft": finding.redraft,
        "deviation": deviation_view(finding, deal),
    }


def _relied(match: Match, one: Relied, deal: Deal) -> Plain:
    """A clause that a finding rests on: how it stands, the terms read, its basis and source."""
    pattern = match.rule.pattern(one.alias)
    terms: dict[str, str] = {}
    for value in match.finding.values:
        owner, _, name = value.term.partition(".")
        if owner == one.alias and pattern is not None and match.clauses[owner] is one.fact:
            terms[term_words(name)] = known(one.fact.values.get(name), pattern.types[name], deal, name)
    return {
        "heading": _relied_heading(one, deal),
        "standing": "computed" if _is_computed(one.fact) else _standing(one.version.id, one.version, deal),
        "terms": [{"name": name, "value": value} for name, value in terms.items()],
        **source_view(one.version, deal),
        "is_computed": _is_computed(one.fact),
    }


def _is_computed(fact: Fact) -> bool:
    """Whether the cap table made the fact, of a clause that is no holding."""
    return fact.kind == "holding" and fact.version is not None and fact.version.kind != "holding"


def _relied_heading(one: Relied, deal: Deal) -> str:
    heading = examined_heading(one.version.id, deal)
    return f"{deal.party_name(str(one.fact.values['holder']))} after “{heading}”" if _is_computed(one.fact) else heading


def _standing(id: str, version: ClauseVersion, deal: Deal) -> str:
    world = deal.worlds[0]
    if id in world.removed:
        return "removed"
    if id in world.proposed and world.current.get(id) is not version:
        return "amended" if id in world.current else "added"
    return "in_force"


def source_view(version: ClauseVersion, deal: Deal) -> Plain:
    """On what basis a clause is taken to be so, and where it stands."""
    source = version.clause.source
    documents = {**deal.agreement.sources, **(deal.sheet.sources if deal.sheet else {})}
    document = documents.get(source.document) if source.document else None
    return {
        "basis": source.basis,
        "title": document.title if document else "",
        **_section(source.section),
        "quote": source.quote or "",
        "attributed_to": source.attributed_to or "",
        "instrument": instrument_title(version.instrument, deal),
        **place_view(version.written_at),
    }


def _section(section: str | None) -> Plain:
    """A section; the word *section* belongs only before a number."""
    return {"section": section or "", "section_is_number": (section or "")[:1].isdigit()}


def instrument_title(instrument: str, deal: Deal) -> str:
    """The title of the agreement, amendment or term sheet of an id."""
    if deal.sheet is not None and instrument == deal.sheet.id:
        return deal.sheet.title
    amendment = deal.agreement.amendments.get(instrument)
    return capital(amendment.title) if amendment else deal.agreement.title


def place_view(place: Place) -> Plain:
    """A place by the file's name alone: where a folder lies on somebody's machine is no part of a memo."""
    spot = place.source.spots.get(place.line, "")
    return {"file": PurePath(place.file).name if place.line > 0 else "", "line": max(place.line, 0), "spot": spot}


def _missing(path: str, match: Match, deal: Deal) -> str:
    """A term that would have to be known, and what is known of it."""
    id, _, term = path.rpartition(".")
    of = noun_of(term, clause_phrase(id, deal))
    for fact in match.clauses.values():
        value = fact.values.get(term)
        if fact.version is not None and fact.version.id == id and isinstance(value, Value) and not value.is_exact:
            return f"{of} (known only as {known(value, TermType(value.type_name), deal)})"
    return f"{of} (not stated)"
