"""The house style that ships as an example: its words, its order, its paper and its Word document, in all formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clauses.memo.memo import FORMATS, used_templates, write_memo
from clauses.memo.verify import READERS
from clauses.review.review import Examined

HOUSE = Path(__file__).parents[2] / "examples" / "house-style"
SECTIONS = ("Our advice in short", "Points found", "What would change", "The points one by one", "Timeline")


def passages(format: str, examined: Examined, templates: Path | None) -> list[str]:
    """What a reader reads, passage by passage."""
    return [p.text for p in READERS[format](write_memo(examined, format, templates), f"memo.{format}")]


@pytest.mark.parametrize("format", FORMATS)
def test_words_order_and_sections_are_the_firm_s(format: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    ours, theirs = (passages(format, examined, house) for house in (None, HOUSE))
    text = " ".join(theirs)
    places = [
        text.index(f"{numeral}. {name}") for numeral, name in zip(("I", "II", "III", "IV", "V"), SECTIONS, strict=True)
    ]
    assert places == sorted(places)
    assert "We advise against signing this draft." in text and "Do not sign as drafted." not in text
    assert "Meadow & Finch LLP" in text and "Our terms" in text
    assert "Rules applied" in " ".join(ours) and "Rules applied" not in text


def test_what_stands_round_the_memo_in_word_stays(examine: Callable[..., Examined]) -> None:
    found = passages("docx", examine("conflict"), HOUSE)
    assert found[0] == "By e-mail only"
    assert "For Meadow & Finch LLP" in found[-6:]


def test_the_list_of_templates_says_whose_each_is() -> None:
    origin = {(used.name, used.origin) for used in used_templates(HOUSE)}
    assert {name for name, whose in origin if whose == "house"} == {
        "house.toml", "memo/labels.toml", "memo/memo.html.j2", "style/memo.docx"
    }  # fmt: skip
    assert ("memo/labels.toml", "built-in") in origin  # merged: both took part
    assert ("style/memo.docx", "built-in") not in origin  # replaced
