"""What is in force, as text."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.ink import Ink
from clauses.review.terms_in_force import ClauseInForce
from clauses.source import printable, shown
from clauses.terms.facts import Deal


def render(world: Deal, clauses: Sequence[ClauseInForce], ink: Ink) -> str:
    """One paragraph a clause: its terms, with their places."""
    after = f" with the term sheet {world.sheet.id}" if world.sheet else ""
    lines = [ink.paint(f"{world.agreement.title}: in force as of {world.as_of}{after}", "bold"), ""]
    for clause in clauses:
        lines += [*_clause(clause, ink), ""]
    for one in sorted({ambiguity for possible in world.worlds for ambiguity in possible.ambiguities}, key=str):
        what = f"`{one.term}` of `{one.clause_id}`" if one.term else f"whether `{one.clause_id}` stands"
        lines.append(f"ambiguous: {what}, between the amendments {one.amendments[0]} and {one.amendments[1]}")
    lines.append(f"{len(clauses)} clauses")
    return "\n".join(lines) + "\n"


def _clause(clause: ClauseInForce, ink: Ink) -> list[str]:
    sure = "" if clause.certain else ", only possibly in force"
    lines = [
        f"{ink.paint(clause.id, 'bold')}  {printable(clause.heading)}",
        f"  {clause.kind}, {clause.basis}, by {clause.written_by}{sure}",
    ]
    width = max((len(term.term) for term in clause.terms), default=0)
    for term in clause.terms:
        note = f" ({term.note})" if term.note else ""
        place = shown(term.location) if term.location else ""
        said = printable(f"{term.value}{note}")
        lines.append(f"    {term.term:<{width}}  {said}  {ink.paint(place, 'dim')}".rstrip())
    return lines
