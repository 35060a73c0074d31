"""The redline as data: every clause in force and proposed, with what the term sheet strikes out and brings in.

Without what is brought in it reads as the terms in force, without what is struck out as the terms that the term
sheet would leave. What cannot be told (an amendment whose date is not exact, two amendments that contradict each
other, a change that gives no new words) is shown one way, and a comment says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from clauses.language.english import capital, term_words
from clauses.memo.house_settings import HOUSE
from clauses.memo.labels import Labels
from clauses.memo.plain import Plain
from clauses.memo.templates import Templates
from clauses.memo.view_changes import replaced
from clauses.memo.view_comments import Comment, FindingComments, doubts
from clauses.memo.view_readings import Shown, line, shown_clauses
from clauses.memo.word_diff import Part, word_diff
from clauses.review.review import Examined
from clauses.review.wording import known
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType

_DATE = TermType("date")


@dataclass(frozen=True)
class Line:
    """A paragraph of a clause: its heading, its words, or one of its terms."""

    part: str
    """`heading`, `words` or `term`."""
    parts: tuple[Part, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the term sheet touches it."""
        return any(kind != "same" for kind, _ in self.parts)

    @property
    def whole(self) -> str:
        """`ins` or `del` where the whole paragraph comes in or goes, else nothing."""
        kinds = {kind for kind, _ in self.parts}
        return kinds.pop() if kinds in ({"ins"}, {"del"}) else ""


@dataclass(frozen=True)
class ClauseRedline:
    """A clause with its changes, and the comments that stand on it."""

    id: str
    lines: tuple[Line, ...]
    comments: tuple[Comment, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the term sheet touches the clause."""
        return any(line.is_changed for line in self.lines)


@dataclass(frozen=True)
class Redline:
    """The whole document, free of any format."""

    title: str
    about: tuple[tuple[str, str], ...]
    """What is compared, when and by whom: each a name and a value."""
    intro: tuple[str, ...]
    section: str
    """The heading over the clauses."""
    clauses: tuple[ClauseRedline, ...]
    comments: tuple[Comment, ...]
    """The findings that concern no clause."""
    footer: str
    """The words at the foot of every page."""
    end: str
    author: str
    language: str
    day: datetime.date
    house: Plain


def redline_view(examined: Examined, templates: Templates, with_comments: bool = True) -> Redline:
    """The redline of a review; without comments it can go to the other side, and does not speak of any.

    Raises TemplateError where a label of the house cannot be filled in.
    """
    labels, house = Labels(templates), templates.settings(HOUSE)
    deal = examined.deal
    shown = shown_clauses(deal)
    findings = FindingComments(examined, labels, {one.id: one for one in shown}) if with_comments else None
    clauses = tuple(_clause(one, deal, labels, findings) for one in shown)
    title, about = _heading(deal, labels, house["firm"])
    return Redline(
        title=title,
        about=about,
        intro=tuple(_intro(deal, clauses, labels, with_comments)),
        section=labels("clauses"),
        clauses=clauses,
        comments=tuple(findings.of_no_clause()) if findings else (),
        footer=labels("footer" if with_comments else "footer_bare"),
        end=labels("end"),
        author=line(house["firm"]),
        language=labels("memo.lang"),
        day=datetime.date.fromordinal(deal.as_of.lowest),
        house=house,
    )


def _heading(deal: Deal, labels: Labels, firm: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The title, and the lines beneath it that have something to say."""
    sheet, agreement = deal.sheet, deal.agreement.title
    about = {"agreement": capital(agreement)}
    title = labels("title_agreement", agreement=agreement)
    if sheet is not None:
        title = labels("title", sheet=capital(sheet.title))
        about |= {"sheet": capital(sheet.title), "dated": known(sheet.dated, _DATE, deal)}
        about["effective"] = known(sheet.effective, _DATE, deal) if sheet.effective else ""
        about["proposed"] = deal.party_name(sheet.proposed_by) if sheet.proposed_by else ""
    about |= {"as_of": known(deal.as_of, _DATE, deal), "author": firm}
    listed = ((labels(f"heading.{name}"), line(value)) for name, value in about.items())
    return line(title), tuple((name, value) for name, value in listed if value)


def _intro(deal: Deal, clauses: tuple[ClauseRedline, ...], labels: Labels, with_comments: bool) -> Iterator[str]:
    opening = "intro" if deal.sheet is not None else "intro_agreement"
    yield labels(opening if with_comments else f"{opening}_bare")
    if deal.sheet is not None and not any(clause.is_changed for clause in clauses):
        yield labels("no_changes")
    if not clauses:
        yield labels("no_clauses")


# --- what changes


def _lines(shown: Shown, labels: Labels) -> Iterator[Line]:
    before, after = shown.before, shown.after
    heading_before, heading_after = (one.heading if one else "" for one in (before, after))
    yield Line("heading", tuple(word_diff(heading_before, heading_after)))
    words_before, words_after = (one.words if one else "" for one in (before, after))
    if words_before or words_after:
        yield Line("words", tuple(word_diff(words_before, words_after)))
    for name in shown.either.terms:
        old, new = (one.terms[name] if one else "" for one in (before, after))
        if old or new:
            yield _term(name, old, new, labels)


def _term(name: str, old: str, new: str, labels: Labels) -> Line:
    """A term on a line of its own: its value is replaced as a whole, and so is a line that is new or gone."""
    opening = labels("term", name=capital(term_words(name)))
    if old == new or not (old and new):
        kind = "same" if old == new else "ins" if new else "del"
        return Line("term", ((kind, opening + (new or old)),))
    return Line("term", (("same", opening), *replaced(old, new)))


def _clause(shown: Shown, deal: Deal, labels: Labels, findings: FindingComments | None) -> ClauseRedline:
    comments = (*findings.of_clause(shown.id), *doubts(shown, deal, labels)) if findings else ()
    return ClauseRedline(shown.id, tuple(_lines(shown, labels)), comments)
