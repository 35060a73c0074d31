"""The deal of the tests of the memo, with a small pack of its own that no other test depends on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clauses.language.pack import load_pack
from clauses.memo import view as view_module
from clauses.review.review import Examined, Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet

HERE = Path(__file__).parent
SHEETS = ("conflict", "open", "clear")


def pytest_addoption(parser: pytest.Parser) -> None:
    with contextlib.suppress(ValueError):  # another folder may have added it
        parser.addoption("--update-golden", action="store_true", help="write the expected texts anew")


@pytest.fixture(autouse=True)
def fixed_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden memos do not change with the version of the software."""
    monkeypatch.setattr(view_module, "_version", lambda: "0.0.0")


@pytest.fixture(scope="session")
def reviewer() -> Iterator[Reviewer]:
    with Reviewer([load_pack(HERE / "pack", "pack")], ("reference",)) as found:
        yield found


@pytest.fixture(scope="session")
def examine(reviewer: Reviewer) -> Callable[..., Examined]:
    """Examines a term sheet given by name or as data, against the agreement of the tests or another."""

    def examined(sheet: str | dict[str, Any] | None, agreement: dict[str, Any] | None = None) -> Examined:
        base = read_agreement(agreement if agreement is not None else HERE / "agreement.yaml")
        if sheet is None:
            assert base.dated is not None
            return reviewer.examine(base, None, base.dated)
        document = HERE / "sheets" / f"{sheet}.yaml" if isinstance(sheet, str) else sheet
        read = read_term_sheet(document, base)
        return reviewer.examine(base, read, read.dated)

    return examined
