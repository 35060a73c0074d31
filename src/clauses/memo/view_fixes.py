"""The smallest changes that would clear a term sheet, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clauses.language.english import term_words
from clauses.memo.plain import Plain
from clauses.review.wording import clause_phrase, known
from clauses.terms.facts import Deal
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import VALUE_TYPES

if TYPE_CHECKING:
    from clauses.proofs.edits import Edit
    from clauses.proofs.resolve import Fix, Resolution


def fixes_view(resolution: Resolution | None, deal: Deal) -> Plain | None:
    """The fixes that were found; None where nobody asked for them."""
    if resolution is None:
        return None
    return {
        "is_clear": resolution.is_clear,
        "undecided": resolution.undecided,
        "listed": [_fix(fix, deal) for fix in resolution.fixes],
    }


def _fix(fix: Fix, deal: Deal) -> Plain:
    return {"verdict": fix.verdict, "edits": [_edit(edit, fix, deal) for edit in fix.edits]}


def _edit(edit: Edit, fix: Fix, deal: Deal) -> Plain:
    type = _type(edit, deal)
    values = edit.action in ("move", "state")
    said = {
        name: _said(getattr(edit, name) if values else None, type, deal)
        for name in ("before", "after", "least", "greatest")
    }
    giver, permits = _consent(edit, fix) if edit.action == "add" else ("", edit.clause)
    return {
        "action": edit.action,
        "clause": clause_phrase(permits, deal) if permits else "",
        "term": term_words(edit.term) if edit.term else "",
        "giver": deal.party_name(giver),
        "whole_range": edit.whole_range,
        **said,
    }


def _type(edit: Edit, deal: Deal) -> TermType:
    version = deal.worlds[0].result.get(edit.clause)
    if edit.term is None or version is None:
        return TermType("date")
    return KINDS[version.kind].term_types()[edit.term]


def _said(text: str | None, type: TermType, deal: Deal) -> str:
    if text is None:
        return ""
    value_type = VALUE_TYPES.get(type.name)
    return known(value_type.read(text) if value_type else text, type, deal)


def _consent(edit: Edit, fix: Fix) -> tuple[str, str]:
    """Who gives an added consent, and to what."""
    clause = next(change["clause"] for change in fix.sheet["changes"] if change.get("add") == edit.clause)
    return str(clause["by"]), str(clause["permits"])
