"""What the proofs about term sheets print for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clauses.proofs.edits import Edit
from clauses.proofs.margins import Edge, Margin, Margins
from clauses.proofs.negotiate import Negotiation, Opening, Satisfaction, TermRange
from clauses.proofs.positions import FULL
from clauses.proofs.resolve import Fix, Resolution
from clauses.review.output.ink import VERDICT_COLOURS, Ink
from clauses.source import printable, shown
from clauses.terms.agreement import TermSheet


def _verdict(verdict: str, ink: Ink) -> str:
    return ink.paint(verdict, VERDICT_COLOURS[verdict], "bold")


# --- resolve


def resolution(found: Resolution, name: str, fail_on: str, ink: Ink) -> str:
    """The ways in which a term sheet can be cleared."""
    lines = [f"{ink.paint(name, 'bold')}: {_verdict(found.verdict, ink)}"]
    if found.is_clear:
        lines.append(f"nothing stands in its way from severity `{fail_on}` on")
    elif not found.fixes:
        undecided = "it was not decided whether there is a fix: the solver used up its steps"
        lines.append(undecided if found.undecided else "no change of its terms clears it, short of dropping all of it")
    for number, fix in enumerate(found.fixes, 1):
        lines += ["", *_fix(number, fix, ink)]
    if not found.all_followed:
        unfollowed = "the solver could not follow every stake, so single terms that move them were tried on the engines"
        lines += ["", f"{unfollowed}: a smaller change of several together may exist"]
    if found.fixes and found.undecided:
        lines += ["", "there may be further fixes: the solver used up its steps"]
    return "\n".join(lines) + "\n"


def _fix(number: int, fix: Fix, ink: Ink) -> Iterator[str]:
    yield f"{ink.paint(f'fix {number}', 'bold')}, cost {fix.cost}, then {_verdict(fix.verdict, ink)}"
    for edit in fix.edits:
        place = f"  {edit.location['file']}:{edit.location['line']}" if edit.location else ""
        yield f"  {printable(_sentence(edit))}{ink.paint(place, 'dim')}"


def _sentence(edit: Edit) -> str:
    name = f"{edit.clause}.{edit.term}" if edit.clause else f"term_sheet.{edit.term}"
    match edit.action:
        case "drop":
            return f"leave out the change of {edit.clause}"
        case "add":
            return f"add {edit.clause}: {edit.after}"
        case "state":
            return f"state {name}: {edit.after}{_range(edit)}"
        case "move":
            return f"change {name} from {edit.before} to {edit.after}{_range(edit)}"


def _range(edit: Edit) -> str:
    if edit.least is None:
        return ""
    every = "any value" if edit.whole_range else "values"
    return f" ({every} from {edit.least} to {edit.greatest} will do)"


def silent_words(edits: Sequence[Edit], sheet: TermSheet) -> list[str]:
    """The clauses whose terms are moved and whose words stay: somebody must bring them into line."""
    moved = {edit.clause for edit in edits if edit.action in ("move", "state")}
    return sorted(c.clause_id for c in sheet.changes if c.clause_id in moved and "text" in c.nodes)


# --- margins


def margins_table(found: Margins, name: str, ink: Ink) -> str:
    """How far each term can move, and what would decide what cannot be told."""
    lines = [f"{ink.paint(name, 'bold')}: {_verdict(found.verdict, ink)}"]
    lines.append("how far each term can move, alone, before the verdict changes")
    for margin in found.margins:
        lines += ["", *_margin(margin, ink)]
    if not found.margins:
        lines += ["", "the term sheet writes no quantity that could move"]
    for number, deciding in enumerate(found.deciding, 1):
        lines += ["", ink.paint(f"what would decide it{f' ({number})' if len(found.deciding) > 1 else ''}", "bold")]
        lines += [f"  {printable(fact)}" for fact in deciding.facts]
        lines += [f"    {printable(question)}" for question in deciding.questions]
    lines += [f"not decided for {term}: the solver used up its steps" for term in found.undecided]
    return "\n".join(lines) + "\n"


def _margin(margin: Margin, ink: Ink) -> Iterator[str]:
    place = f"  {margin.location['file']}:{margin.location['line']}" if margin.location else ""
    yield f"{ink.paint(margin.term, 'bold')} {printable(margin.value)}{ink.paint(place, 'dim')}"
    for word, edge in (("down", margin.down), ("up", margin.up)):
        yield f"  {_edge(word, edge, ink)}"


def _edge(word: str, edge: Edge, ink: Ink) -> str:
    if edge.next is None or edge.verdict is None:
        return f"{word}: nothing changes, however far{_how(edge)}"
    rules = f" ({', '.join(edge.rules)})" if edge.rules else ""
    return f"{word}: to {edge.last}; from {edge.next} {_verdict(edge.verdict, ink)}{rules}{_how(edge)}"


def _how(edge: Edge) -> str:
    return "" if edge.how == "proved" else ", by search"


# --- negotiate


def negotiation(found: Negotiation, ink: Ink) -> str:
    """Whether there is a zone of possible agreement, and what is in it or what keeps it closed."""
    between = " and ".join(found.parties)
    if found.has_zone is None:
        lines = [f"{ink.paint('nothing is decided', 'yellow', 'bold')} between {between}"]
    else:
        lines = list(_zone(found, between, ink) if found.has_zone else _no_zone(found, between, ink))
    if found.undecided:
        lines += ["", *(f"not decided: {printable(sentence)}" for sentence in found.undecided)]
    return "\n".join(lines) + "\n"


def _zone(found: Negotiation, between: str, ink: Ink) -> Iterator[str]:
    yield f"{ink.paint('there is room for a deal', 'green', 'bold')} between {between}"
    yield ""
    width = max((len(term.term) for term in found.terms), default=0)
    for term in found.terms:
        gaps = ", with gaps" if term.whole is False else ""
        not_proved = "" if term.proved else ", not proved"
        span = f"{ink.paint(span_of(term), 'bold')}{gaps}{not_proved}"
        yield f"  {printable(f'{term.term:<{width}}')}  {span}, proposed {ink.paint(term.chosen)}"
    if found.proposal is None:
        return
    yield ""
    yield f"the proposal does best by the side that does worse; reviewed: {_verdict(found.proposal.verdict, ink)}"
    for edit in found.proposal.edits:
        if edit.action == "add":
            yield f"  it rests on a consent that no position speaks of: {ink.paint(edit.clause, 'bold')}"
    for side in found.proposal.satisfaction:
        yield from _side(side, ink)


def span_of(term: TermRange) -> str:
    """What a term can be in the zone, in words."""
    if term.choices:
        return " or ".join(term.choices)
    if term.least == term.greatest:
        return term.least or "any"
    if term.greatest is None:
        return f"{term.least} or {'later' if term.type == 'date' else 'more'}"
    return f"up to {term.greatest}" if term.least is None else f"{term.least} to {term.greatest}"


def _side(side: Satisfaction, ink: Ink) -> Iterator[str]:
    if not side.wants:
        yield f"  {ink.paint(side.party, 'bold')} has what it must have, and asks for no more"
        return
    walks = f", walks away below {percent(side.walk_away)}" if side.walk_away else ""
    yield f"  {ink.paint(side.party, 'bold')} {percent(side.satisfied)} satisfied{walks}"
    for want in side.wants:
        yield f"    {percent(want.satisfied):>6}  {printable(want.says)}"


def percent(thousandths: int) -> str:
    """Thousandths as a percentage with one decimal place."""
    whole, part = divmod(thousandths * 1000 // FULL, 10)
    return f"{whole}.{part}%" if part else f"{whole}%"


def _no_zone(found: Negotiation, between: str, ink: Ink) -> Iterator[str]:
    yield f"{ink.paint('there is no room for a deal', 'red', 'bold')} between {between}"
    if found.collision:
        yield ""
        alone = "this cannot hold, whatever else is agreed:"
        yield alone if len(found.collision) == 1 else "these cannot all hold; without any one of them the others can:"
    for one in found.collision:
        place = f"  {shown(one.location)}" if one.location else ""
        yield f"  {ink.paint(one.claim, 'bold')}: {printable(one.says)}{ink.paint(place, 'dim')}"
        if one.quote:
            yield f"    {one.basis}, with “{printable(one.quote)}”"
    yield ""
    yield from concession_table(found.openings, ink)


def concession_table(openings: Sequence[Opening], ink: Ink) -> Iterator[str]:
    """What each side would have to give up, alone, for there to be a deal."""
    yield "the least that each side would have to concede, alone:"
    for opening in openings:
        if opening.possible is None:
            yield f"  {ink.paint(opening.party, 'bold')}: not decided"
        elif not opening.possible:
            yield f"  {ink.paint(opening.party, 'bold')}: nothing that it concedes alone makes a deal"
        for one in opening.concessions:
            says = f"{ink.paint(one.stands_at)} → {ink.paint(one.would_be, 'green')}"
            yield f"  {ink.paint(one.claim, 'bold')}: {says}"
