"""Agreements and term sheets as they are read: every reference exists, everything has its place."""

from __future__ import annotations

from typing import Any

import pytest

from clauses.errors import InputError
from clauses.terms.agreement import Agreement, read_agreement, read_term_sheet
from clauses.terms.kinds import KINDS

PARTIES = {"alder": {"name": "Alder"}, "birch": {"name": "Birch"}}


def agreement(clauses: dict[str, Any] | None = None, **more: Any) -> Agreement:
    return read_agreement(
        {"agreement": "a", "signed": "2025-01-01", "parties": PARTIES, "clauses": clauses or {}, **more}
    )


def sheet(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"term_sheet": "s", "agreement": "a", "dated": "2025-07-01", "changes": list(changes), **more}


def ids(document: dict[str, Any], base: Agreement | None = None) -> set[str]:
    """The ids of the problems of a document."""
    with pytest.raises(InputError) as refused:
        read_term_sheet(document, base) if "term_sheet" in document else read_agreement(document)
    return {problem.id for problem in refused.value.problems}


def test_a_clause_may_leave_out_every_term() -> None:
    read = agreement({f"c-{kind}".replace("_", "-"): {"kind": kind} for kind in KINDS})
    assert len(read.clauses) == len(KINDS)


def test_unknown_is_not_stated_but_is_kept_to_be_shown() -> None:
    (version,) = agreement({"c": {"kind": "supply", "amount": "unknown", "supplier": "unknown"}}).clauses.values()
    assert version.clause.amount is None and version.clause.supplier is None  # type: ignore[attr-defined]
    assert version.nodes["amount"].plain() == "unknown"


def test_every_problem_of_a_document_is_reported_at_once() -> None:
    bad = {
        "one": {"kind": "suply"}, "two": {"kind": "supply", "amount": "5", "suplier": "alder"},
        "Three": {"kind": "supply", "scope": "everything"}, "four": {},
    }  # fmt: skip
    found = ids({"agreement": "a", "parties": PARTIES, "clauses": bad})
    assert found == {"unknown-kind", "not-a-value", "unknown-key", "not-an-id", "not-a-choice", "missing-key"}


@pytest.mark.parametrize(
    ("clause", "id"),
    [
        ({"supplier": "nobody"}, "unknown-party"), ({"subject_to": ["nowhere"]}, "unknown-clause"),
        ({"source": {"document": "nothing"}}, "unknown-source"), ({"subject_to": ["c"]}, "circular-precedence"),
        ({"source": {"basis": "reported"}}, "reported-without-quote"),
    ],
)  # fmt: skip
def test_every_reference_must_exist(clause: dict[str, Any], id: str) -> None:
    whole = {"kind": "supply", **clause}
    assert ids({"agreement": "a", "parties": PARTIES, "clauses": {"c": whole}}) == {id}
    assert ids(sheet({"add": "c", "clause": whole}), agreement()) == {id}
    signed = {"first": {"signed": "2025-02-01", "changes": [{"add": "c", "clause": whole}]}}
    assert ids({"agreement": "a", "parties": PARTIES, "clauses": {}, "amendments": signed}) == {id}


@pytest.mark.parametrize("length", [80, 81])
def test_an_id_has_at_most_eighty_characters_wherever_it_stands(length: int) -> None:
    long = "a" * length
    clause = {"kind": "notice"}
    documents: list[tuple[dict[str, Any], Agreement | None]] = [
        ({"agreement": long, "parties": PARTIES, "clauses": {}}, None),
        ({"agreement": "a", "parties": {long: {"name": "x"}}, "clauses": {}}, None),
        ({"agreement": "a", "parties": PARTIES, "clauses": {long: clause}}, None),
        (sheet({"add": long, "clause": clause}), agreement()),
        ({**sheet({"add": "c", "clause": clause}), "term_sheet": long}, agreement()),
        (
            {"agreement": "a", "parties": PARTIES, "clauses": {"c": clause},
             "amendments": {long: {"signed": "2025-02-01", "changes": [{"remove": "c"}]}}},
            None,
        ),
    ]  # fmt: skip
    for document, base in documents:
        if length > 80:
            assert ids(document, base) == {"too-long"}
        else:
            read_term_sheet(document, base) if base else read_agreement(document)


def test_a_party_of_the_sheet_counts_for_the_sheet_only() -> None:
    change = {"add": "c", "clause": {"kind": "supply", "supplier": "cedar"}}
    read_term_sheet(sheet(change, parties={"cedar": {"name": "Cedar"}}), agreement())
    assert ids(sheet(change), agreement()) == {"unknown-party"}
    assert ids(sheet(change, parties={"alder": {"name": "Other"}}), agreement()) == {"party-twice", "unknown-party"}


def test_what_a_sheet_sets_on_a_clause_of_an_amendment_is_checked_too() -> None:
    signed = {"first": {"signed": "2025-02-01", "changes": [{"add": "c", "clause": {"kind": "supply"}}]}}
    base = agreement(amendments=signed)
    assert ids(sheet({"amend": "c", "set": {"supplier": "nobody"}}), base) == {"unknown-party"}


@pytest.mark.parametrize("length", [1, 2, 3, 50])
def test_clauses_that_yield_in_a_circle_are_refused_however_long_it_is(length: int) -> None:
    for key in ("subject_to", "notwithstanding"):
        clauses = {f"c{n}": {"kind": "notice", key: [f"c{(n + 1) % length}"]} for n in range(length)}
        assert ids({"agreement": "a", "parties": PARTIES, "clauses": clauses}) == {"circular-precedence"}
    mixed = {"one": {"kind": "notice", "subject_to": ["two"]}, "two": {"kind": "notice", "notwithstanding": ["one"]}}
    agreement(mixed)  # both say that two prevails


def test_the_digest_is_of_what_the_document_says() -> None:
    same = agreement({"c": {"kind": "notice"}}).sha256
    assert agreement({"c": {"kind": "notice"}}).sha256 == same != agreement({"d": {"kind": "notice"}}).sha256
