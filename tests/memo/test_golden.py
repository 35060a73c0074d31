"""Whole memos, kept as files. `pytest tests/memo --update-golden` writes them anew; read the difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clauses.memo.memo import FORMATS, memo_document, write_memo, write_memos
from clauses.review.review import Examined

from .conftest import SHEETS
from .reading import html_words, markdown_words, squeezed

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("format", ["html", "md"])
@pytest.mark.parametrize("name", SHEETS)
def test_the_memo_reads_as_it_did(
    name: str, format: str, examine: Callable[..., Examined], request: pytest.FixtureRequest
) -> None:
    text = write_memo(examine(name), format).decode()
    golden = GOLDEN / f"{name}.{format}"
    if request.config.getoption("--update-golden", default=False):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8"), "read the difference, then run with --update-golden"


@pytest.mark.parametrize("name", [*SHEETS, None])
def test_every_format_says_the_same_words(name: str | None, examine: Callable[..., Examined]) -> None:
    examined = examine(name)
    wanted = squeezed(memo_document(examined).root.text().split())
    assert squeezed(html_words(write_memo(examined, "html").decode())) == wanted
    assert squeezed(markdown_words(write_memo(examined, "md").decode())) == wanted


def test_the_answer_stands_first(examine: Callable[..., Examined]) -> None:
    for name, answer in (
        ("conflict", "Do not sign as drafted."),
        ("open", "Do not sign yet: the answer is open."),
        ("clear", "May be signed."),
    ):
        assert answer in write_memo(examine(name), "md").decode().split("## 2")[0]


def test_a_review_without_a_term_sheet_has_a_memo(examine: Callable[..., Examined]) -> None:
    text = write_memo(examine(None), "md").decode()
    assert "There is no term sheet, so nothing changes." in text
    assert "No rule is breached and none is left open." in text


def test_running_prose_holds_no_identifiers(examine: Callable[..., Examined]) -> None:
    """Ids of rules and clauses stand in small print and in the appendix only."""
    root = memo_document(examine("conflict")).root
    prose = " ".join(e.text() for e in root.elements("p", "ol", "aside") if not e.has_class("meta"))
    for id in ("outside-supply", "floor-not-kept", "cedar-supply", "cloud-exclusivity", "alder-shares", "_"):
        assert id not in prose


def test_formats_written_together_are_as_those_written_alone(examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    together = write_memos(examined, list(FORMATS))
    assert together == {format: write_memo(examined, format) for format in FORMATS}
    assert together == write_memos(examined, list(reversed(FORMATS)))
