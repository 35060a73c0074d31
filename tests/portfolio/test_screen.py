"""The screen finds, record by record, what the reference engine finds the full way."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "properties"))
sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
sys.path.insert(0, str(Path(__file__).parents[2]))
from generators import KINDS, Case, Generator
from plain_records import Records

from benchmarks import sheets
from clauses.engines import registry
from clauses.engines.engine import run
from clauses.errors import InputError
from clauses.language.pack import RulePack, load_pack
from clauses.portfolio.results import Row, rows_of, sentences
from clauses.portfolio.screen import Screen
from clauses.resources import rules_folder
from clauses.terms.facts import deal
from clauses.terms.kinds import KINDS as CLAUSE_KINDS
from clauses.terms.plain import PlainReader, record
from clauses.terms.records import read_record
from clauses.terms.values import Date
from clauses.yaml_nodes import parse, read_file, text_source

AS_OF = Date.read("2025-07-01")
REFERENCE = registry.engine("reference")
ROOT = Path(__file__).parents[2]
CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "150"))


def expected_rows(line: bytes, packs: Sequence[RulePack], parameters: Any = None) -> list[Row]:
    """The rows by the reference engine, the full way."""
    world = deal(*read_record(parse(text_source(line, "record.json"))), AS_OF)
    outcomes = []
    for pack in packs:
        values = pack.parameters_at(AS_OF) if parameters is None else parameters
        outcome = run(REFERENCE.prepare(pack, values), pack, world.facts)
        outcomes.append((pack, sentences(pack, values), outcome))
    return rows_of(world, outcomes)


class OnlyPlain(Screen):
    """A screen that counts the records that go the full way."""

    fell = 0

    def full_rows(self, line: bytes) -> list[Row]:
        self.fell += 1
        return super().full_rows(line)


class _WithParameters:
    """A random pack with the parameters of its case."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __getattr__(self, name: str) -> Any:
        return getattr(self.case.pack, name)

    def parameters_at(self, as_of: Date) -> Any:
        return self.case.parameters


def test_random_packs_on_random_records() -> None:
    found_some = fell = records = 0
    for number in range(CASES):
        case = Generator(f"screen/{number}").case(deals=1)
        pack: Any = _WithParameters(case)
        screen = OnlyPlain([pack], AS_OF)
        read = {kind for rule in case.pack.rules for kind in rule.kinds}
        kinds = tuple(kind for kind in KINDS if kind in CLAUSE_KINDS and (kind in read or "clause" in read))
        for again in range(4):
            made = Records(f"screen/{number}/{again}")
            line = made.text(made.record(10, kinds or ("supply",)))
            try:
                expected = expected_rows(line, [pack])
            except InputError:
                continue
            assert screen.rows(line) == expected, (case.seed, again)
            records += 1
            found_some += bool(expected)
        fell += screen.fell
    assert records > 3 * CASES and found_some > CASES / 2
    assert fell < 0.02 * records


@pytest.fixture(scope="module")
def partnership() -> RulePack:
    return load_pack(rules_folder() / "partnership")


def example_records() -> list[bytes]:
    """The shipped agreements, alone and with each of their term sheets."""
    found = []
    for folder in ("amendment-stack", "microsoft-openai"):
        agreement = read_file(ROOT / "examples" / folder / "agreement.yaml").plain()
        found.append(json.dumps(agreement).encode())
        for file in sorted((ROOT / "examples" / folder / "term-sheets").glob("*.yaml")):
            sheet = read_file(file).plain()
            found.append(json.dumps({"agreement": agreement, "term_sheet": sheet}).encode())
    return found


def test_the_shipped_examples_by_the_shipped_rules(partnership: RulePack) -> None:
    screen = OnlyPlain([partnership], AS_OF)
    lines = example_records()
    found = 0
    for line in lines:
        expected = expected_rows(line, [partnership])
        assert screen.rows(line) == expected
        found += len(expected)
    assert found > 3 * len(lines)
    plain = sum(PlainReader(AS_OF).facts(line) is not None for line in lines)
    assert plain >= len(lines) // 2 and screen.fell == len(lines) - plain


def test_random_records_by_the_shipped_rules(partnership: RulePack) -> None:
    screen = OnlyPlain([partnership], AS_OF)
    found = records = 0
    for number in range(60):
        made = Records(f"shipped/{number}")
        line = made.text(made.record(14))
        try:
            expected = expected_rows(line, [partnership])
        except InputError as wrong:
            with pytest.raises(InputError) as caught:
                screen.rows(line)
            assert str(caught.value) == str(wrong)
            continue
        assert screen.rows(line) == expected, number
        records += 1
        found += len(expected)
    assert found > 3 * records and screen.fell <= 60 - records + 1


def benchmark_record(seed: int) -> bytes:
    """The clauses of the benchmark as a record, whose term sheet adds those that are proposed."""
    facts = sheets.sheet(25, seed)[1:]
    current = {fact.id for fact in facts if "current" in fact.layers}
    base: dict[str, Any] = {}
    added = []
    for fact in facts:
        terms = {name: str(value) for name, value in fact.values.items() if name != "id"}
        known = current if fact.id in current else {one.id for one in facts}
        for name in ("permits", "conditional_on"):
            if name in terms and terms[name] not in known:
                terms[name] = "unknown"
        if "by" in terms:
            terms["by"] = {"board": "openco", "holders": "rivalco", "management": "azura"}[terms["by"]]
        clause = {"kind": fact.kind, **terms}
        if fact.id in current:
            base[fact.id] = clause
        else:
            added.append({"add": fact.id, "clause": clause})
    names = (*sheets.PROVIDERS, *dict.fromkeys(sheets.CUSTOMERS))
    agreement = {"agreement": "deal", "parties": {name: {"name": name} for name in names}, "clauses": base}
    sheet = {"term_sheet": "renewal", "agreement": "deal", "dated": "2025-07-01", "changes": added}
    return json.dumps({"agreement": agreement, "term_sheet": sheet}).encode()


@pytest.mark.parametrize("rules", [42, 210])
def test_the_rules_of_the_benchmark(rules: int) -> None:
    pack = sheets.pack(sheets.rows(rules))
    screen = OnlyPlain([pack], AS_OF)
    found = 0
    for seed in range(20 if rules == 42 else 6):
        line = benchmark_record(seed)
        expected = expected_rows(line, [pack])
        assert screen.rows(line) == expected
        found += len(expected)
    assert found > 50 and screen.fell == 0


def test_two_packs_at_once(partnership: RulePack) -> None:
    packs = [sheets.pack(sheets.rows(42)), partnership]
    screen = OnlyPlain(packs, AS_OF)
    for seed in range(3):
        line = benchmark_record(seed)
        assert screen.rows(line) == expected_rows(line, packs)
    assert screen.fell == 0


def test_equal_facts_are_derived_once_from_the_first_match() -> None:
    """Of several ways to derive a fact, rows show the clauses of the first, whichever comes first in the record."""
    pack = sheets.pack(sheets.rows(42))
    screen = OnlyPlain([pack], AS_OF)
    stake = {"kind": "equity_on_conversion", "holder": "azura", "stake": "30%", "deadline": "2026"}
    bound = {"kind": "exclusivity", "obligor": "openco", "beneficiary": "azura"}
    supply = {"kind": "supply", "supplier": "azura", "customer": "openco", "amount": "USD 40bn"}
    for ids in (("q1", "q2"), ("q2", "q1")):
        agreement = {
            "agreement": "deal",
            "parties": {name: {"name": name} for name in ("azura", "openco")},
            "clauses": {"e1": bound},
        }
        added = [{"add": id, "clause": {**stake, "stake": f"{30 + n}%"}} for n, id in enumerate(ids)]
        sheet = {
            "term_sheet": "renewal",
            "agreement": "deal",
            "dated": "2025-07-01",
            "changes": [*added, {"add": "g1", "clause": supply}],
        }
        line = json.dumps({"agreement": agreement, "term_sheet": sheet}).encode()
        found = screen.rows(line)
        assert found == expected_rows(line, [pack])
        assert ("e1", "q1", "g1") in {row.clauses for row in found}
    assert screen.fell == 0


def test_what_is_wrong_raises_as_everywhere(partnership: RulePack) -> None:
    screen = Screen([partnership], AS_OF)
    for line in (b"", b"{", b"\xff", b"[]", b'{"agreement": "x"}'):
        with pytest.raises(InputError):
            screen.rows(line)


def test_a_key_that_stands_twice_is_noticed_wherever_it_stands(partnership: RulePack) -> None:
    """Keys are counted where clauses are read, so every place of a record is tried."""
    screen = Screen([partnership], AS_OF)
    tried = 0
    for number in range(60):
        made = Records(f"twice/{number}")
        line = made.text(made.record()).decode()
        try:
            screen.full_rows(line.encode())
        except InputError:
            continue
        members = list(re.finditer(r'"[a-z_0-9-]+": ?"[^"\\]*"(?=[,}])', line))
        for member in made.random.sample(members, min(4, len(members))):
            doubled = f"{line[: member.end()]}, {member[0]}{line[member.end() :]}"
            with pytest.raises(InputError):
                screen.rows(doubled.encode())
            tried += 1
    assert tried > 150


def test_counting_keys_is_enough_where_no_text_has_a_colon(
    partnership: RulePack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise every record would be written again to see whether a key was lost."""
    written_again = []
    monkeypatch.setattr(record, "_refuse_doubles", lambda again, text, more=0: written_again.append(again))
    screen = Screen([partnership], AS_OF)
    counted = 0
    for number in range(500):
        made = Records(f"counted/{number}")
        line = made.text(made.record())
        keys = len(re.findall(rb'": ?', line))
        if b"\\" in line or b'"set"' in line or line.count(b":") != keys:
            continue
        try:
            screen.rows(line)
        except InputError:
            continue
        assert not written_again, line
        counted += 1
    assert counted > 30


def test_counting_keys_is_enough_for_all_that_a_term_sheet_may_hold(
    partnership: RulePack, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_again = []
    plain = record._refuse_doubles

    def noted(again: bytes, text: bytes, more: int = 0) -> None:
        if not more:  # an amendment is compared by itself
            written_again.append(again)
        plain(again, text, more)

    monkeypatch.setattr(record, "_refuse_doubles", noted)
    origin = {"quote": "as said", "basis": "assumed"}
    clause = {"kind": "supply", "supplier": "a", "venture": None, "source": origin}
    agreement = {
        "agreement": "deal", "title": "Deal", "signed": None, "parties": {"a": {"name": "A", "exists": "yes"}},
        "sources": {"press": {"title": "Release"}}, "amendments": {}, "clauses": {"c1": clause, "c2": clause},
    }  # fmt: skip
    sheet = {
        "term_sheet": "s", "agreement": "deal", "dated": "2025-07-01", "parties": {"b": {"name": "B"}},
        "sources": {"mail": {"title": "Mail", "date": None}}, "proposed_by": "b",
        "changes": [
            {"add": "c4", "clause": {**clause, "heading": "More", "text": "So.", "customer": "b"}},
            {"remove": "c2"},
            {"amend": "c1", "set": {"customer": "b", "text": "Now: then"}},
        ],
    }  # fmt: skip
    screen = OnlyPlain([partnership], AS_OF)
    for separators in ((", ", ": "), (",", ":")):
        line = json.dumps({"agreement": agreement, "term_sheet": sheet}, separators=separators).encode()
        assert screen.rows(line) == expected_rows(line, [partnership])
    assert not screen.fell and not written_again
