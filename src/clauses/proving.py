"""The verbs of proof that the doors share: resolve, margins, negotiate. No clock, no printing, no exit codes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clauses import use_cases
from clauses.errors import InputError, UsageError, did_you_mean
from clauses.extras import needs
from clauses.review.review import Reviewer
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.values import Date
from clauses.use_cases import Base, Choice, Named

if TYPE_CHECKING:
    from clauses.proofs.margins import Margins
    from clauses.proofs.negotiate import Negotiation
    from clauses.proofs.positions import Position
    from clauses.proofs.resolve import Resolution
    from clauses.proofs.table import Table


@dataclass(frozen=True)
class Case:
    """A term sheet with its agreement and the rules made ready for it."""

    reviewer: Reviewer
    agreement: Agreement
    sheet: TermSheet
    as_of: Date
    remark: str | None = None
    """A sentence where an engine could not run."""


@contextmanager
def case(
    term_sheet: Named, agreement: Base | None = None, as_of: Date | None = None, choice: Choice | None = None
) -> Iterator[Case]:
    """A term sheet and what proofs about it need. Raises ClausesError where an input is wrong."""
    choice = choice or Choice()
    packs = use_cases.packs(choice)
    names, remark = use_cases.engines(choice)
    with Reviewer(packs, names) as reviewer:
        yield case_of(reviewer, term_sheet, agreement, as_of, remark)


def case_of(
    reviewer: Reviewer, term_sheet: Named, agreement: Base | None, as_of: Date | None, remark: str | None = None
) -> Case:
    """A term sheet for which the rules are ready."""
    base, sheet = use_cases.read_deal(term_sheet, agreement)
    return Case(reviewer, base, sheet, as_of or use_cases.single_day(sheet), remark)


def resolve(
    term_sheet: Named,
    agreement: Base | None = None,
    as_of: str | None = None,
    choice: Choice | None = None,
    keep: Sequence[str] = (),
    weights: Mapping[str, int] | None = None,
    fail_on: str = "consent",
    alternatives: int = 3,
) -> Resolution:
    """The smallest changes of a term sheet after which no rule, from the severity `fail_on` on, stands in its way.

    `keep` names terms (`clause.term`) and clauses that stay as they are; `weights` says how many times as much an
    edit costs, by term, clause, kind of clause or party. Raises ClausesError where an input is wrong.
    """
    with case(term_sheet, agreement, use_cases.day(as_of) if as_of else None, choice) as found:
        return resolved(found, keep, weights or {}, fail_on, alternatives)


def resolved(
    case: Case, keep: Sequence[str], weights: Mapping[str, int], fail_on: str, alternatives: int = 3
) -> Resolution:
    """The fixes of a case. Raises UsageError for a term to keep that the term sheet does not have."""
    with needs("verify", "resolving a term sheet"):
        from clauses.proofs.resolve import Resolver, Wishes
        from clauses.proofs.room import open_terms
    terms = open_terms(case.reviewer.examine(case.agreement, case.sheet, case.as_of).deal)
    known = {term.name for term in terms} | {change.clause_id for change in case.sheet.changes}
    for name in keep:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError.of("unknown-term", f"the term sheet has no term or clause `{name}`", None, hint)
    wishes = Wishes(tuple(keep), weights, fail_on, alternatives)
    return Resolver(case.reviewer, case.agreement, case.as_of, wishes).resolve(case.sheet)


def margins(
    term_sheet: Named, agreement: Base | None = None, as_of: str | None = None, choice: Choice | None = None
) -> Margins:
    """How far each number and date of a term sheet can move before the verdict changes; what would decide it."""
    with case(term_sheet, agreement, use_cases.day(as_of) if as_of else None, choice) as found:
        return margins_of(found)


def margins_of(case: Case) -> Margins:
    """The margins of a case."""
    with needs("verify", "finding margins"):
        from clauses.proofs.margins import margins as find
    return find(case.reviewer, case.agreement, case.sheet, case.as_of)


@dataclass(frozen=True)
class Draft:
    """The draft that two positions are about, and what they leave room for."""

    case: Case
    table: Table = field(repr=False)
    negotiation: Negotiation


def negotiate(
    first: Named,
    second: Named,
    sheet: Named | None = None,
    agreement: Base | None = None,
    as_of: str | None = None,
    choice: Choice | None = None,
    fail_on: str = "consent",
) -> Negotiation:
    """Whether the positions of two sides leave room for a deal; the zone, or what collides.

    `first` and `second` are position files; `sheet` is the draft, if not the one that they name; what stands in the
    way of a deal are findings from the severity `fail_on` on. Raises ClausesError where an input is wrong.
    """
    day = use_cases.day(as_of) if as_of else None
    with negotiated(first, second, sheet, agreement, day, choice, fail_on) as found:
        return found.negotiation


@contextmanager
def negotiated(
    first: Named,
    second: Named,
    sheet: Named | None = None,
    agreement: Base | None = None,
    as_of: Date | None = None,
    choice: Choice | None = None,
    fail_on: str = "consent",
    axes: tuple[str, str] | None = None,
    ready: Reviewer | None = None,
) -> Iterator[Draft]:
    """A negotiation with the table at which it was held, for pictures of it; of `axes`, if they span one.

    A reviewer that is ready serves instead of a choice of rules.
    """
    with needs("verify", "a negotiation"):
        from clauses.proofs.negotiate import Negotiator
        from clauses.proofs.table import Table
        from clauses.proofs.zone import check_axes
    from clauses.proofs.positions import read_position

    one, other = read_position(use_cases.root_of(first)), read_position(use_cases.root_of(second))
    if one.party == other.party:
        sentence, hint = f"both positions are of `{one.party}`", "name the positions of two sides"
        raise UsageError.of("same-side-twice", sentence, other.place_of("party"), hint)
    draft = sheet if sheet is not None else _draft(one, other)
    made = nullcontext(case_of(ready, draft, agreement, as_of)) if ready else case(draft, agreement, as_of, choice)
    with made as found:
        for position in (one, other):
            _check_agreement(position, found.agreement)
        table = Table(found.reviewer, found.agreement, found.sheet, found.as_of, (one, other), fail_on)
        if axes is not None:
            check_axes(table, axes)
        yield Draft(found, table, Negotiator(table).negotiate())


def _draft(one: Position, other: Position) -> Path:
    """The draft that two positions name. Raises UsageError where they name two, or none that is there."""
    if any(position.root.place.source.is_sent for position in (one, other)):
        hint = "send the draft with them"
        raise InputError.of("no-draft", "the positions come without a draft", one.place_of("term_sheet"), hint)
    drafts = [Path(position.file).parent / position.term_sheet for position in (one, other)]
    if drafts[0].resolve() != drafts[1].resolve():
        hint = "name the draft with `--sheet`"
        sentence = "the two positions are about different drafts"
        raise UsageError.of("two-drafts", sentence, other.place_of("term_sheet"), hint)
    if not drafts[0].is_file():
        hint = "a path from the position's folder; or name the draft with `--sheet`"
        raise InputError.of("no-draft", f"there is no file `{one.term_sheet}`", one.place_of("term_sheet"), hint)
    shorter = Path(os.path.normpath(drafts[0]))
    return shorter if shorter.is_file() and shorter.samefile(drafts[0]) else drafts[0]


def _check_agreement(position: Position, agreement: Agreement) -> None:
    """Raises UsageError where a position is about another agreement than the draft would change."""
    named = position.agreement
    if Path(named).suffix in use_cases.ENDINGS and not position.root.place.source.is_sent:
        named = use_cases.agreement_id(Path(position.file).parent / named, position.place_of("agreement"))
    if named != agreement.id:
        sentence = f"the position is about the agreement `{named}`, and the draft would change `{agreement.id}`"
        hint = "name a draft for the same agreement with `--sheet`"
        raise UsageError.of("another-agreement", sentence, position.place_of("agreement"), hint)
