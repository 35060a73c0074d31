"""The comments of a redline: what the review found, and what cannot be told of a clause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clauses.errors import Problems
from clauses.language.english import capital, term_words
from clauses.memo.labels import Labels
from clauses.memo.plain import Plain
from clauses.memo.view_changes import gives_no_words, shown_term
from clauses.memo.view_deviations import deviation_view
from clauses.memo.view_findings import Group, Match, groups, instrument_title
from clauses.memo.view_readings import Reading, Shown, line
from clauses.review.review import Examined
from clauses.review.wording import known
from clauses.terms.agreement import ClauseVersion
from clauses.terms.facts import Deal, Fact
from clauses.terms.in_force import apply_change
from clauses.terms.kinds import TermType
from clauses.yaml_nodes import Scalar

_DATE = TermType("date")
_PLACES = ("id", "who", "expires", "signed_by", "withdrawn_by")

Comment = tuple[str, ...]
"""The paragraphs of a comment."""


# --- what cannot be told


def doubts(shown: Shown, deal: Deal, labels: Labels) -> list[Comment]:
    """What a reader of a clause cannot see: words that nobody gave, amendments that clash, dates that are not exact."""
    return [*_silences(shown, deal, labels), *_ambiguities(shown, deal, labels), *_uncertainty(shown, deal, labels)]


def _silences(shown: Shown, deal: Deal, labels: Labels) -> Iterator[Comment]:
    """Changes that say nothing of the words of the clause: by the term sheet, and by an amendment before it."""
    if shown.before and shown.change and shown.before.says_the_same_as(shown.after):
        yield (labels("comment.nothing_changes"),)
    elif shown.before and shown.before.words and shown.change and gives_no_words(shown.change):
        yield (labels("comment.silent"),)
    version = shown.version
    if version.instrument in deal.agreement.amendments and "text" not in version.nodes:
        words = _first_words(shown.id, deal)
        if words:
            instrument = instrument_title(version.instrument, deal)
            yield (labels("comment.no_words", instrument=instrument, words=words),)


def _first_words(id: str, deal: Deal) -> str:
    """The words that a clause had in the agreement, or in the first amendment that gave it any."""
    signed = deal.agreement.clauses.get(id)
    changes = [c for amendment in deal.agreement.amendments.values() for c in amendment.changes if c.clause_id == id]
    given = [node.text for change in changes if isinstance(node := change.nodes.get("text"), Scalar)]
    return next((text for text in [line(signed.clause.text) if signed else "", *map(line, given)] if text), "")


def _ambiguities(shown: Shown, deal: Deal, labels: Labels) -> Iterator[Comment]:
    for fact in deal.facts:
        if fact.kind == "ambiguity" and fact.values["clause"] == shown.id:
            yield tuple(_ambiguity(fact, shown, deal, labels))


def _ambiguity(fact: Fact, shown: Shown, deal: Deal, labels: Labels) -> Iterator[str]:
    """Two amendments that contradict each other, with what each of them says."""
    term = str(fact.values["term"])
    first, second = (str(fact.values[name]) for name in ("first", "second"))
    sentence = "memo.appendix.ambiguity" if fact.certain else "memo.appendix.ambiguity_possible"
    named = {"first": instrument_title(first, deal), "second": instrument_title(second, deal)}
    yield labels(sentence, term=term_words(term), clause=f"“{shown.either.heading}”", **named)
    for amendment in (first, second):
        value = _by(amendment, term, shown.version, deal, labels)
        yield labels("comment.ambiguous_value", instrument=instrument_title(amendment, deal), value=value)
    if shown.change and (shown.change.action == "remove" or term in shown.change.nodes):
        yield labels("comment.settled")


def _by(amendment: str, term: str, version: ClauseVersion, deal: Deal, labels: Labels) -> str:
    """What an amendment makes of a term, or of the whole clause."""
    changes = [c for c in deal.agreement.amendments[amendment].changes if c.clause_id == version.id]
    change = next((c for c in changes if term in c.nodes), changes[0])
    if term not in version.clause.term_types():
        return labels("comment.ambiguous_removal" if change.action == "remove" else "comment.ambiguous_keep")
    clauses = {version.id: version} if change.action == "amend" else {}
    apply_change(clauses, change, amendment, None, Problems())
    return shown_term(clauses[version.id], term, deal) or labels("comment.nothing_part")


def _uncertainty(shown: Shown, deal: Deal, labels: Labels) -> Iterator[Comment]:
    """How else the clause may read today, where the dates of amendments are not exact."""
    if not shown.others:
        return
    day = known(deal.as_of, _DATE, deal)
    if shown.before is None or None in shown.others:
        yield (labels("comment.uncertain_presence", day=day),)
    others = [other for other in shown.others if other is not None]
    if shown.before and others:
        opening = labels("comment.uncertain", day=day, instrument=shown.before.instrument)
        yield (opening, *(_otherwise(shown.before, other, labels) for other in others))


def _otherwise(shown: Reading, other: Reading, labels: Labels) -> str:
    if other.kind != shown.kind:
        return _of_another_kind(other, labels)
    parts = {"heading": (shown.heading, other.heading), "words": (shown.words, other.words)}
    named = {labels(f"comment.{name}_part"): pair for name, pair in parts.items()}
    named |= {term_words(name): (value, other.terms[name]) for name, value in shown.terms.items()}
    differing = [
        labels("comment.difference", name=name, value=new or labels("comment.nothing_part"))
        for name, (old, new) in named.items()
        if old != new
    ]
    return labels("comment.uncertain_other", instrument=other.instrument, difference="; ".join(differing))


def _of_another_kind(other: Reading, labels: Labels) -> str:
    """All that a clause says which has no terms in common with the one shown."""
    parts = {labels("comment.heading_part"): other.heading, labels("comment.words_part"): other.words}
    parts |= {term_words(name): value for name, value in other.terms.items() if value}
    stated = [
        labels("comment.difference", name=name, value=value or labels("comment.nothing_part"))
        for name, value in parts.items()
    ]
    return labels("comment.uncertain_kind", instrument=other.instrument, kind=other.kind, difference="; ".join(stated))


# --- what the review found


class FindingComments:
    """The findings as comments: in full at one clause, and by a pointer at the others that it rests on."""

    def __init__(self, examined: Examined, labels: Labels, shown: Mapping[str, Shown]) -> None:
        self._labels = labels
        self._deal = examined.deal
        self._by_clause: dict[str, list[Comment]] = {}
        self._of_no_clause: list[Comment] = []
        for group in groups(examined):
            for match in group.matches:
                self._note(group, match, shown)

    def of_clause(self, id: str) -> list[Comment]:
        """The comments on a clause, in the order of the review."""
        return self._by_clause.get(id, [])

    def of_no_clause(self) -> list[Comment]:
        """The findings that rest on no clause, in the order of the review."""
        return self._of_no_clause

    def _note(self, group: Group, match: Match, shown: Mapping[str, Shown]) -> None:
        ids = [id for id in match.ids() if id in shown]
        if not ids:
            self._of_no_clause.append(self._whole(group, match))
            return
        home = next((id for id in ids if shown[id].change), ids[0])
        self._by_clause.setdefault(home, []).append(self._whole(group, match))
        for id in ids:
            pointer = self._pointer(group, match, shown[home])
            noted = self._by_clause.setdefault(id, [])
            if id != home and pointer not in noted:  # several findings of a rule may meet on one clause
                noted.append(pointer)

    def _name(self, group: Group, match: Match) -> str:
        """`F-1: Conflict (compute-outside-the-exclusive-cloud)`."""
        severity, rule = match.finding.severity, match.rule.id
        if group.is_accepted:
            weight, word = self._labels(f"memo.severity.accepted_as.{severity}"), self._labels("memo.severity.accepted")
            return self._labels("comment.finding_open", label=group.label, severity=word, weight=weight, rule=rule)
        if match.finding.status == "breached":
            word = self._labels(f"memo.severity.{severity}")
            return self._labels("comment.finding", label=group.label, severity=word, rule=rule)
        weight, word = self._labels(f"memo.severity.open_as.{severity}"), self._labels("memo.severity.open")
        return self._labels("comment.finding_open", label=group.label, severity=word, weight=weight, rule=rule)

    def _whole(self, group: Group, match: Match) -> Comment:
        finding, labels = match.finding, self._labels
        is_open = finding.status == "undetermined"
        message = labels("memo.way.open_point", message=finding.message) if is_open else finding.message
        found = [self._name(group, match), capital(match.rule.heading), capital(message)]
        found += [self._deviation(deviation_view(finding, self._deal))] if finding.deviation else []
        found += [labels("comment.question", question=finding.question)] if finding.question else []
        found += [labels("comment.redraft", redraft=finding.redraft)] if finding.redraft else []
        return tuple(map(line, found))

    def _deviation(self, said: Plain) -> str:
        """Who accepted the finding, why, and whether that holds."""
        labels = self._labels
        words = labels(f"memo.deviations.{said['state']}", **{name: said[name] for name in _PLACES})
        return f"{words} {labels('memo.deviations.reason', why=said['why'])}"

    def _pointer(self, group: Group, match: Match, home: Shown) -> Comment:
        see = self._labels("comment.see", clause=home.either.heading)
        return self._name(group, match), line(capital(match.rule.heading)), see
