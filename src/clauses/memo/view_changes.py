"""The redline: each change of the term sheet, with every term as it reads now and as it would read."""

from __future__ import annotations

from clauses.language.english import kind_words, term_words
from clauses.memo.plain import Plain
from clauses.memo.view_findings import examined_heading, place_view
from clauses.memo.word_diff import Part, word_diff
from clauses.review.wording import known
from clauses.terms.agreement import Change, ClauseVersion
from clauses.terms.facts import Deal
from clauses.terms.values import UNKNOWN
from clauses.yaml_nodes import Scalar


def changes_view(deal: Deal, labels_of: dict[str, list[str]]) -> list[Plain]:
    """The changes in the order of the term sheet. `labels_of` gives the findings that concern a clause."""
    if deal.sheet is None:
        return []
    return [_change(change, deal, labels_of.get(change.clause_id, [])) for change in deal.sheet.changes]


def _change(change: Change, deal: Deal, labels: list[str]) -> Plain:
    id, world = change.clause_id, deal.worlds[0]
    before = world.current.get(id) if change.action != "add" else None
    after = world.result.get(id) if change.action != "remove" else None
    version = after or before
    text_before, text_after = (one.clause.text if one else "" for one in (before, after))
    is_silent = bool(text_before) and gives_no_words(change)
    kind = kind_words(version.kind) if version else ""
    return {
        "action": change.action,
        "heading": examined_heading(id, deal) if version and version.clause.heading else "",
        "id_words": id.replace("-", " "),
        "kind": kind,
        "words": [] if is_silent else _parts(" ".join(text_before.split()), " ".join(text_after.split())),
        "old_words": " ".join(text_before.split()) if is_silent else "",
        "terms": _terms(before, after, deal),
        "is_words_alone": "text" in change.nodes and change.action == "amend" and not _terms(before, after, deal),
        "keeps_terms": before is not None and after is not None,
        "basis": after.clause.source.basis if after else "",
        "findings": labels,
        **place_view(change.place),
    }


def gives_no_words(change: Change) -> bool:
    """Whether a change leaves open how the words of the clause are to read after it."""
    return change.action == "amend" and "text" not in change.nodes


def _terms(before: ClauseVersion | None, after: ClauseVersion | None, deal: Deal) -> list[Plain]:
    """The terms that change; of a clause that is added or struck out, all that are stated."""
    version = after or before
    assert version is not None
    rows = []
    if before and after and before.clause.heading != after.clause.heading:
        rows.append({"name": "heading", "parts": _parts(before.clause.heading, after.clause.heading)})
    for name in version.clause.term_types():
        old, new = (shown_term(one, name, deal) if one else "" for one in (before, after))
        if old != new:
            rows.append({"name": term_words(name), "parts": _plain(replaced(old, new))})
    return rows


def shown_term(version: ClauseVersion, name: str, deal: Deal) -> str:
    """A term in words; nothing where the clause is silent on it."""
    if name in version.ambiguous:
        return "set differently by two amendments"
    value = getattr(version.clause, name)
    if value is None or value == ():
        node = version.nodes.get(name)
        return "not stated" if isinstance(node, Scalar) and node.text == UNKNOWN else ""
    return known(value, version.clause.term_types()[name], deal)


def replaced(old: str, new: str) -> list[Part]:
    """A value is replaced as a whole: half a date struck out helps nobody."""
    return [(kind, text) for kind, text in (("del", old), ("ins", new)) if text]


def _parts(before: str, after: str) -> list[Plain]:
    return _plain(word_diff(before, after))


def _plain(parts: list[Part]) -> list[Plain]:
    return [{"kind": kind, "text": text} for kind, text in parts]
