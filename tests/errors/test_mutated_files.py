"""The worked files, mutilated at random: whatever they become, the answer is a review or a sentence."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from command_line import DATA, EXAMPLES, clauses, is_well_behaved

DEAL = EXAMPLES / "microsoft-openai"
SHEETS = sorted((DEAL / "term-sheets").glob("*.yaml"))
RULES = sorted((DATA / "pack").glob("*.yaml"))

ODD = [
    "", " ", "\t", "\n", "\r", "\0", ":", ": ", "- ", "[", "]", "{", "}", "*a", "&a ", "!x ", "| ", "> ", "'", '"', "#",
    "%", "@", "`", "unknown", "null", "~", "never", "NO", "012", "0x10", "1e400", "1_000", "12:30",
    "2030", "2030-02-30", "0000", "9999-12-31", "10000", "2030..2026", "..", "USD 5", "USD -1", "USD 1e9", "JPY 0.5",
    "33.33333%", "1001%",
    "90 days", "5 years", "-1", "é", "😀", "\u202e", "\x1b[31m", "\x9b", "\ufeff", "\ud7ff", "\u2028", "a" * 90,
    "microsoft", "openai", "azure-exclusivity", "oracle-supply", "supply", "kind", "clauses", "changes", "set", "add",
    "and", "or", "not", "(", ")", "==", "<", "*", "+", "parameters.big", "e.id", "overlaps(e, s)", "stated(s.starts)",
]  # fmt: skip

Change = tuple[str, int, int, str]


def changes(sort: str) -> st.SearchStrategy[list[Change]]:
    """Some mutilations: where in the file (in thousandths), where else, and an odd text to put there."""
    places = st.integers(0, 999)
    one = st.tuples(st.sampled_from(SORTS[sort]), places, places, st.sampled_from(ODD))
    return st.lists(one, min_size=1, max_size=4)


def cut(parts: list[str], at: int, other: int, odd: str) -> None:
    del parts[at]


def double(parts: list[str], at: int, other: int, odd: str) -> None:
    parts.insert(at, parts[at])


def swap(parts: list[str], at: int, other: int, odd: str) -> None:
    parts[at], parts[other] = parts[other], parts[at]


def copy(parts: list[str], at: int, other: int, odd: str) -> None:
    parts[at] = parts[other]


def put(parts: list[str], at: int, other: int, odd: str) -> None:
    parts[at] = odd


def end(parts: list[str], at: int, other: int, odd: str) -> None:
    del parts[at:]


ACTIONS: dict[str, Callable[[list[str], int, int, str], None]] = {
    action.__name__: action for action in (cut, double, swap, copy, put, end)
}
SORTS = {
    "lines": ["cut", "double", "swap", "copy", "end"],
    "tokens": list(ACTIONS),
    "characters": ["cut", "put", "end"],
}


def split(text: str, sort: str) -> list[str]:
    if sort == "lines":
        return text.splitlines(keepends=True)
    if sort == "characters":
        return list(text)
    parts, word = [], ""
    for char in text:
        if char.isalnum() or char in "-_.%":
            word += char
        else:
            parts += [word, char] if word else [char]
            word = ""
    return [*parts, word]


def mutilated(text: str, sort: str, wanted: list[Change]) -> str:
    parts = split(text, sort)
    for action, at, other, odd in wanted:
        if parts:
            ACTIONS[action](parts, at * len(parts) // 1000, other * len(parts) // 1000, odd)
    return "".join(parts)


@pytest.fixture(scope="module")
def deal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deal")
    shutil.copytree(DATA / "pack", folder / "pack")
    shutil.copytree(DATA / "pack", folder / "broken-pack")
    shutil.copy(DEAL / "agreement.yaml", folder / "agreement.yaml")
    (folder / "broken").mkdir()
    shutil.copy(DEAL / "agreement.yaml", folder / "broken" / "agreement.yaml")
    shutil.copy(DATA / "deal" / "agreement.yaml", folder / "broken" / "small.yaml")
    shutil.copy(DATA / "deal" / "sheet.yaml", folder / "broken" / "small-sheet.yaml")
    return folder


COMMON = dict(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


@pytest.mark.parametrize("sort", list(SORTS))
def test_a_mutilated_term_sheet_is_reviewed_or_refused(deal: Path, sort: str) -> None:
    @settings(max_examples=20, **COMMON)
    @given(sheet=st.sampled_from(SHEETS), wanted=changes(sort))
    def check(sheet: Path, wanted: list[Change]) -> None:
        text = mutilated(sheet.read_text(), sort, wanted)
        (deal / "sheet.yaml").write_text(text, errors="surrogatepass")
        for words in (["check", "sheet.yaml", "-r", "pack", "--engine", "reference", "--agreement", "agreement.yaml"],):
            ran = clauses(*words, folder=deal)
            assert is_well_behaved(ran), (text, ran.err)
            assert not any(ord(char) < 32 and char != "\n" for char in ran.all)

    check()


@pytest.mark.parametrize("sort", list(SORTS))
def test_a_mutilated_agreement_is_read_or_refused(deal: Path, sort: str) -> None:
    text = (deal / "broken" / "small.yaml").read_text()

    @settings(max_examples=20, **COMMON)
    @given(wanted=changes(sort))
    def check(wanted: list[Change]) -> None:
        (deal / "broken" / "small.yaml").write_text(mutilated(text, sort, wanted), errors="surrogatepass")
        ran = clauses("terms", "small.yaml", "--as-of", "2025-07-01", folder=deal / "broken")
        assert is_well_behaved(ran), ran.err
        ran = clauses(
            "check", "broken/small-sheet.yaml", "-r", "pack", "--engine", "reference",
            "--agreement", "broken/small.yaml", folder=deal,
        )  # fmt: skip
        assert is_well_behaved(ran), ran.err

    check()


@pytest.mark.parametrize("sort", list(SORTS))
def test_a_mutilated_rule_is_read_or_refused(deal: Path, sort: str) -> None:
    @settings(max_examples=20, **COMMON)
    @given(rule=st.sampled_from(RULES), wanted=changes(sort))
    def check(rule: Path, wanted: list[Change]) -> None:
        file = deal / "broken-pack" / rule.name
        file.write_text(mutilated(rule.read_text(), sort, wanted), errors="surrogatepass")
        try:
            for words in (["test", "broken-pack", "--engine", "reference"], ["lint", "broken-pack"]):
                ran = clauses(*words, folder=deal)
                assert is_well_behaved(ran), ran.err
        finally:
            shutil.copy(rule, file)

    check()
