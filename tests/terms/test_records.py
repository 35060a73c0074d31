"""Records: an agreement, or an agreement with a term sheet, in one document."""

from __future__ import annotations

import pytest

from clauses.errors import InputError
from clauses.terms.records import read_record

AGREEMENT = {
    "agreement": "deal",
    "parties": {"acme": {"name": "Acme"}},
    "clauses": {"c1": {"kind": "supply", "supplier": "acme"}},
}
SHEET = {"term_sheet": "renewal", "agreement": "deal", "dated": "2025-07-01", "changes": [{"remove": "c1"}]}


def test_an_agreement_alone() -> None:
    agreement, sheet = read_record(AGREEMENT)
    assert agreement.id == "deal" and sheet is None
    agreement, sheet = read_record({"agreement": AGREEMENT})
    assert agreement.id == "deal" and sheet is None
    assert read_record({"agreement": AGREEMENT, "term_sheet": None})[1] is None


def test_an_agreement_with_a_term_sheet() -> None:
    agreement, sheet = read_record({"agreement": AGREEMENT, "term_sheet": SHEET})
    assert agreement.id == "deal" and sheet is not None and sheet.id == "renewal"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"agreement": AGREEMENT, "termsheet": SHEET}, "unknown-key"),
        ({"agreement": AGREEMENT, "term_sheet": "renewal"}, "wrong-type"),
        ({"agreement": AGREEMENT, "term_sheet": {**SHEET, "agreement": "other"}}, "another-agreement"),
        ({"agreement": AGREEMENT, "term_sheet": {**SHEET, "changes": []}}, "missing-key"),
        ({**AGREEMENT, "term_sheet": SHEET}, "unknown-key"),
        ({}, "missing-key"),
    ],
)
def test_what_is_no_record(record: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_record(record)
    assert problem in {found.id for found in caught.value.problems}
