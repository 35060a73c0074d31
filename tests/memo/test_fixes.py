"""The section of the memo that says what would clear the term sheet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clauses.memo.memo import FORMATS, write_memo
from clauses.memo.verify import READERS, verify_memo
from clauses.proofs.resolve import Resolution, Resolver, Wishes
from clauses.review.review import Examined, Reviewer


@pytest.fixture
def resolved(reviewer: Reviewer, examine: Callable[..., Examined]) -> Callable[[str], tuple[Examined, Resolution]]:
    """A review with what would clear its term sheet."""

    def found(name: str) -> tuple[Examined, Resolution]:
        examined = examine(name)
        deal = examined.deal
        assert deal.sheet is not None
        resolver = Resolver(reviewer, deal.agreement, deal.as_of, Wishes(alternatives=2))
        return examined, resolver.resolve(deal.sheet)

    return found


def words(format: str, examined: Examined, resolution: Resolution | None) -> str:
    memo = write_memo(examined, format, None, resolution)
    return " ".join(passage.text for passage in READERS[format](memo, f"memo.{format}"))


@pytest.mark.parametrize("format", FORMATS)
def test_every_edit_stands_in_the_memo(format: str, resolved: Callable[[str], tuple[Examined, Resolution]]) -> None:
    examined, resolution = resolved("conflict")
    assert resolution.fixes
    text = words(format, examined, resolution)
    assert "The smallest changes that would clear it" in text
    assert text.count("Way ") >= len(resolution.fixes)
    assert "The smallest changes that would clear it" not in words(format, examined, None)


def test_a_clear_sheet_needs_no_change(resolved: Callable[[str], tuple[Examined, Resolution]]) -> None:
    examined, resolution = resolved("clear")
    assert resolution.is_clear
    assert "so nothing needs to change" in words("md", examined, resolution)


def test_a_memo_with_fixes_is_verified_with_them(resolved: Callable[[str], tuple[Examined, Resolution]]) -> None:
    examined, resolution = resolved("conflict")
    memo = write_memo(examined, "html", None, resolution)
    assert verify_memo(memo, "memo.html", examined, None, resolution).same_file
    assert not verify_memo(memo, "memo.html", examined).same_words
