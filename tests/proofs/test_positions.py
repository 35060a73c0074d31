"""Position files: what is refused, where, and what would mend it; the published schema; the shipped positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from clauses.errors import ClausesError, Problem
from clauses.proofs.positions import read_position
from clauses.proving import negotiate
from clauses.use_cases import Choice

from .small_files import folder, run

EXAMPLE = Path(__file__).parents[2] / "examples" / "microsoft-openai"
SHIPPED = sorted((EXAMPLE / "positions").glob("*.yaml"))

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a key that nobody reads": ({"alder/walkaway": "10%"}, "unknown-key", "walkaway"),
    "a key of a must that nobody reads": ({"alder/must/enough/at_leest": "1%"}, "unknown-key", "at_leest"),
    "no must and no want": ({"alder/must": {}, "alder/wants": {}, "alder/walk_away": "0%"}, "empty-position", "must"),
    "a must that asks nothing": ({"alder/must/enough/at_least": None}, "empty-must", "enough"),
    "a want that asks nothing": ({"alder/wants/more/from": None, "alder/wants/more/to": None}, "empty-want", "more"),
    "a want with one end": ({"alder/wants/more/to": None}, "empty-want", "more"),
    "a want that is both": ({"alder/wants/more/best": ["none"]}, "empty-want", "more"),
    "a want that goes nowhere": ({"alder/wants/more/to": "20%"}, "empty-want", "same value"),
    "a must that is both": ({"alder/must/enough/one_of": ["none"]}, "mixed-must", "enough"),
    "choices for a stake": ({"alder/must/lasting/one_of": ["none"]}, "mixed-must", "lasting"),
    "a must that cannot hold": ({"alder/must/enough/at_most": "21%"}, "ends-before-it-starts", "enough"),
    "no term": ({"alder/must/enough/term": None}, "no-term", "enough"),
    "a term and a stake": ({"alder/must/lasting/term": "shares.stake"}, "no-term", "lasting"),
    "a stake after nothing": ({"alder/must/lasting/after": None}, "no-term", "lasting"),
    "no name of a term": ({"alder/must/enough/term": "stake"}, "not-a-term", "stake"),
    "a term that the draft leaves alone": (
        {"alder/must/enough/term": "conversion.closing", "alder/must/enough/at_least": "2026-03-01"},
        "not-on-the-table", "conversion.closing",
    ),
    "a term that does not exist": ({"alder/must/enough/term": "shares.steak"}, "not-on-the-table", "shares.steak"),
    "a party as a term": ({"alder/must/enough/term": "shares.holder"}, "not-on-the-table", "shares.holder"),
    "a value of another type": ({"alder/must/enough/at_least": "USD 5"}, "not-a-value", "USD 5"),
    "a want of another type": ({"alder/wants/more/to": "2026-01-01"}, "not-a-value", "2026-01-01"),
    "a range": ({"alder/must/enough/at_least": "20%..25%"}, "not-one-value", "20%..25%"),
    "a bound for a choice": (
        {"alder/must/enough/term": "shares.anti_dilution"}, "other-sort-of-term", "shares.anti_dilution",
    ),
    "choices for a quantity": ({"alder/must/protected/term": "shares.stake"}, "other-sort-of-term", "shares.stake"),
    "an unknown choice": ({"alder/must/protected/one_of": ["full-rachet"]}, "not-a-choice", "full-rachet"),
    "an unknown choice wanted": ({"alder/wants/class/best": ["prefered"]}, "not-a-choice", "prefered"),
    "a choice twice": ({"alder/wants/class/best": ["common", "common"]}, "listed-twice", "common"),
    "another currency": (
        {"alder/must/enough/term": "supply.amount", "alder/must/enough/at_least": "EUR 5"}, "another-currency", "EUR",
    ),
    "another currency wanted": ({"birch/wants/cheap/to": "EUR 5"}, "another-currency", "EUR"),
    "an unknown source": (
        {"alder/must/enough/source": {"document": "leter", "basis": "assumed"}}, "unknown-source", "leter",
    ),
    "a report without a quote": (
        {"alder/must/enough/source": {"document": "letter", "basis": "reported"}}, "reported-without-quote", "words",
    ),
    "a report without a document": (
        {"alder/must/enough/source": {"quote": "so", "basis": "reported"}}, "reported-without-quote", "words",
    ),
    "a stake of nobody": ({"alder/must/lasting/stake_of": "alde"}, "stake-not-followed", "alde"),
    "a stake after no event": ({"alder/must/lasting/after": "rais"}, "stake-not-followed", "rais"),
    "a stake after what is no event": ({"alder/must/lasting/after": "supply"}, "stake-not-followed", "supply"),
    "a stake that nothing tells": (
        {"sheet/changes/2/clause/pre_money": "unknown"}, "stake-not-followed", "cannot be followed",
    ),
    "a walk-away beyond the whole": ({"alder/walk_away": "101%"}, "not-a-walk-away", "101%"),
    "a walk-away that is a range": ({"alder/walk_away": "10%..20%"}, "not-a-walk-away", "10%..20%"),
    "a walk-away too fine": ({"alder/walk_away": "33.33%"}, "not-a-walk-away", "33.33%"),
    "a walk-away that is none": ({"alder/walk_away": "much"}, "not-a-value", "much"),
    "a walk-away from nothing": ({"alder/wants": {}}, "not-a-walk-away", "without wants"),
    "a negative walk-away": ({"alder/walk_away": "-5%"}, "not-a-value", "-5%"),
    "a weight of nothing": ({"alder/wants/more/weight": "0"}, "not-a-weight", "0"),
    "a weight too great": ({"alder/wants/more/weight": "1001"}, "not-a-weight", "1001"),
    "a weight that is a range": ({"alder/wants/more/weight": "1..3"}, "not-a-weight", "1..3"),
    "a weight that is none": ({"alder/wants/more/weight": "1.5"}, "not-a-value", "1.5"),
    "the same side twice": ({"birch/party": "alder"}, "same-side-twice", "alder"),
    "a stranger": ({"alder/party": "aldr"}, "unknown-party", "aldr"),
    "two drafts": ({"alder/term_sheet": "other.yaml"}, "two-drafts", "different drafts"),
    "no draft": ({"alder/term_sheet": "no.yaml", "birch/term_sheet": "no.yaml"}, "no-draft", "no.yaml"),
    "another agreement": ({"alder/agreement": "large"}, "another-agreement", "large"),
    "another agreement by its file": ({"alder/agreement": "no.yaml"}, "no-agreement", "no.yaml"),
}  # fmt: skip


def refused(tmp_path: Path, changes: dict[str, Any]) -> list[Problem]:
    """What a negotiation with changes is refused for."""
    made = folder(tmp_path, changes).path
    with pytest.raises(ClausesError) as raised:
        negotiate(
            made / "alder.yaml", made / "birch.yaml", choice=Choice(rules=(str(made / "pack"),), engine="reference")
        )
    return list(raised.value.problems)


def test_the_negotiation_that_the_tests_change_is_sound(tmp_path: Path) -> None:
    made = folder(tmp_path).path
    choice = Choice(rules=(str(made / "pack"),))
    assert negotiate(made / "alder.yaml", made / "birch.yaml", choice=choice).has_zone


@pytest.mark.parametrize("what", REFUSED)
def test_a_position_amiss_is_refused_at_its_place_with_a_hint(tmp_path: Path, what: str) -> None:
    changes, id, word = REFUSED[what]
    problems = refused(tmp_path, changes)
    assert [problem.id for problem in problems] == [id], [problem.text() for problem in problems]
    (problem,) = problems
    side = "birch" if next(iter(changes)).startswith("birch") or what in ("two drafts",) else "alder"
    assert problem.place is not None and problem.place.line > 0, problem
    assert Path(problem.place.file).name == f"{side}.yaml"
    assert word in problem.sentence and problem.hint, problem.text()


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    changes = {
        "alder/must/enough/at_least": "USD 5", "alder/must/protected/one_of": ["no", "nope"],
        "birch/wants/cheap/to": "EUR 5", "alder/must/lasting/after": "rais",
    }  # fmt: skip
    found = [problem.id for problem in refused(tmp_path, changes)]
    assert sorted(found) == ["another-currency", "not-a-choice", "not-a-choice", "not-a-value", "stake-not-followed"]


def test_what_is_refused_on_the_command_line_is_code_2_and_no_traceback(tmp_path: Path) -> None:
    ran = run(*folder(tmp_path, {"alder/must/enough/at_least": "much"}).words)
    assert ran.code == 2 and "error[not-a-value]" in ran.err and "Traceback" not in ran.err and not ran.out


def test_an_agreement_may_be_named_by_its_file(tmp_path: Path) -> None:
    made = folder(tmp_path, {"alder/agreement": "agreement.yaml"})
    assert run(*made.words).code == 0


def test_the_schema_of_positions_is_published_and_true_of_the_shipped_ones() -> None:
    ran = run("schema", "position")
    schema = json.loads(ran.out)
    assert ran.code == 0 and schema["required"] == ["position", "party", "agreement", "term_sheet"]
    for path in SHIPPED:
        document = yaml.load(path.read_text(), yaml.BaseLoader)
        jsonschema.validate(document, schema)
        for broken in ({**document, "walkaway": "1%"}, {**document, "must": {"x": {"says": "It.", "term": "stake"}}}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(broken, schema)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_point_of_the_shipped_positions_is_assumed_beside_words_of_the_article(path: Path) -> None:
    article = " ".join((EXAMPLE / "article.txt").read_text().split())
    position = read_position(path)
    assert position.points and "(assumed)" in position.title
    for point in position.points:
        assert point.source.basis == "assumed" and point.source.document == "article", point
        assert point.source.quote and " ".join(point.source.quote.split()) in article, point
