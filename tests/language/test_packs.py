"""Reading a pack: everything that is wrong with it, at once, at its place; parameters by date; selections."""

# ruff: noqa: E501 - the rows of the tables stay whole
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clauses.errors import ClausesError, PackError
from clauses.language.pack import RulePack, load_pack
from clauses.terms.values import Date, Money

HEADER = """\
pack: tried
version: 1.0.0
sources:
  article: {title: An article}
parameters:
  large:
    description: a large amount
    values:
      - {starting: 2024-01-01, value: USD 1bn, verify_by: 2024-06-30}
      - {starting: 2025-01-01, value: USD 2bn, verify_by: 2025-12-31}
facts:
  large_supply: {supplier: party, amount: money}
"""
DERIVING = """\
rule: large-supply
heading: a large supply
given:
  s: {kind: supply, in: proposed}
when: s.amount > parameters.large
derives: {kind: large_supply, supplier: s.supplier, amount: s.amount}
"""
READING = """\
rule: large-supplier
heading: a large supplier
severity: flag
tags: [size, supply]
authority:
  - {document: article, quote: words}
given:
  l: {kind: large_supply}
when: stated(l.supplier)
says: "{l.supplier} would supply {l.amount}, more than {parameters.large}"
"""
OTHER = """\
rule: no-end
heading: no end
tags: [dates]
given:
  s: {kind: supply, in: proposed}
when: not stated(s.ends)
says: no end
"""
FILES = {"pack.yaml": HEADER, "large-supply.yaml": DERIVING, "large-supplier.yaml": READING, "no-end.yaml": OTHER}


def write(folder: Path, **changed: str | None) -> Path:
    """A pack in a folder, with some of its files changed or (None) left out; `_` stands for `-` in names."""
    shutil.rmtree(folder / "tried", ignore_errors=True)
    (folder / "tried").mkdir()
    files = {**FILES, **{f"{name.replace('_', '-')}.yaml": text for name, text in changed.items()}}  # type: ignore[dict-item]
    for name, text in files.items():
        if text is not None:
            (folder / "tried" / name).write_text(text, encoding="utf-8")
    return folder / "tried"


def problems(folder: Path, **changed: str | None) -> list[str]:
    """What is wrong with a changed pack, each as `place: error[id] sentence`."""
    with pytest.raises(ClausesError) as error:
        load_pack(write(folder, **changed), "tried")
    return [problem.text().splitlines()[0] for problem in error.value.problems]


def good(folder: Path) -> RulePack:
    """The pack as it stands above."""
    return load_pack(write(folder), "tried")


def test_a_right_pack_is_read_in_strata(tmp_path: Path) -> None:
    pack = good(tmp_path)
    assert [[rule.id for rule in stratum] for stratum in pack.strata] == [
        ["large-supply"],
        ["large-supplier", "no-end"],
    ]
    assert pack.rule("no-end") and pack.rule("none") is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"no_end": OTHER.replace("kind: supply", "kind: suply")},
            ["tried/no-end.yaml:5:13: error[unknown-kind] there is no kind called `suply`"],
        ),
        (
            {"no_end": OTHER.replace("rule: no-end", "rule: some-end")},
            ["tried/no-end.yaml:1:7: error[misnamed-rule] the rule `some-end` stands in a file called `no-end.yaml`"],
        ),
        (
            {"no_end": OTHER.replace("heading: no end", "heading: no end\nheading: again")},
            ["tried/no-end.yaml:3:1: error[duplicate-key] the key `heading` stands twice, first in line 2"],
        ),
        (
            {"no_end": OTHER.replace("heading: no end\n", "")},
            ["tried/no-end.yaml:1:1: error[missing-key] a rule needs the key `heading`"],
        ),
        (
            {"no_end": OTHER.replace("says: no end\n", "")},
            ["tried/no-end.yaml:1:1: error[missing-key] a rule needs the key `says`"],
        ),
        (
            {"no_end": OTHER + "seys: more\n"},
            ["tried/no-end.yaml:8:1: error[unknown-key] a rule has no key `seys`"],
        ),
        (
            {"no_end": OTHER.replace("tags: [dates]", "severity: grave")},
            ["tried/no-end.yaml:3:11: error[not-a-choice] `grave` is not one of the choices of `severity`"],
        ),
        (
            {"no_end": OTHER.replace("s: {kind", "and: {kind").replace("s.ends", "and.ends")},
            [
                "tried/no-end.yaml:5:3: error[bad-alias] `and` cannot name a clause in a rule",
                "tried/no-end.yaml:6:18: error[syntax] `and` stands where a term, a value or `(` is expected",
            ],
        ),
        (
            {"no_end": OTHER.replace("  s: {kind: supply, in: proposed}", "  s: {kind: supply}\n  t: {kind: supply}")},
            ["tried/no-end.yaml:6:3: error[unused-alias] no condition reads `t`, so it would match every clause of its kind"],
        ),
        (
            {"no_end": OTHER.replace("says: no end", 'says: "{s.ennds} and {t.ends} but {{s}}"')},
            [
                "tried/no-end.yaml:7:8: error[unknown-term] `s` has no term `ennds`",
                "tried/no-end.yaml:7:22: error[unknown-name] nothing here is called `t`",
            ],
        ),
        (
            {"no_end": OTHER.replace("tags: [dates]", "authority: [{document: artikle}]")},
            ["tried/no-end.yaml:3:13: error[unknown-source] the pack lists no source `artikle`"],
        ),
        (
            {"no_end": OTHER + "unless: {s: {kind: consent}}\n"},
            ["tried/no-end.yaml:8:10: error[duplicate-alias] `s` is already the name of a clause of this rule"],
        ),
        (
            {"large_supplier": READING.replace("{kind: large_supply}", "{kind: large_supply, in: result}")},
            ["tried/large-supplier.yaml:8:31: error[no-layer] `large_supply` is derived by rules and stands in no layer"],
        ),
        (
            {"large_supply": DERIVING + "says: nobody hears\n"},
            ["tried/large-supply.yaml:7:1: error[unused-key] a rule that derives a fact makes no finding, so nobody reads `says`"],
        ),
        (
            {"large_supply": DERIVING.replace("kind: large_supply", "kind: larg_supply")},
            ["tried/large-supply.yaml:6:17: error[unknown-kind] the pack derives no kind called `larg_supply`"],
        ),
        (
            {"large_supply": DERIVING.replace("amount: s.amount", "amonnt: s.amount")},
            [
                "tried/large-supply.yaml:6:53: error[unknown-key] `large_supply` has no term `amonnt`",
                "tried/large-supply.yaml:6:10: error[missing-key] `large_supply` needs its term `amount`",
            ],
        ),
        (
            {"large_supply": DERIVING.replace("amount: s.amount", "amount: s.ends")},
            ["tried/large-supply.yaml:6:61: error[wrong-type] `s.ends` is a date, and a money belongs here"],
        ),
        (
            {"large_supply": DERIVING.replace("amount: s.amount", "amount: s.amuont")},
            ["tried/large-supply.yaml:6:61: error[unknown-term] `s` has no term `amuont`"],
        ),
        (
            {"large_supply": DERIVING.replace("amount: s.amount", "amount: a lot")},
            ["tried/large-supply.yaml:6:61: error[not-a-value] `a lot` is not an amount of money"],
        ),
        (
            {"large_supply": DERIVING.replace("supplier: s.supplier", "supplier: supply.supplier")},
            ["tried/large-supply.yaml:6:41: error[unknown-name] nothing here is called `supply`"],
        ),
        (
            {"large_supply": DERIVING.replace("{kind: supply,", "{kind: suply,")},
            ["tried/large-supply.yaml:4:13: error[unknown-kind] there is no kind called `suply`"],
        ),
        ({"large_supply": None}, ["tried/pack.yaml:12:3: error[unused] no rule derives `large_supply`",
                                  "tried/pack.yaml:6:3: error[unused] no rule reads the parameter `large`"]),
        ({"large_supplier": None}, ["tried/pack.yaml:12:3: error[unused] no rule reads `large_supply`"]),
        (
            {"pack": HEADER.replace("USD 2bn", "EUR 2bn")},
            ["tried/pack.yaml:6:3: error[two-currencies] the values of `large` are in different currencies"],
        ),
        (
            {"pack": HEADER.replace("USD 2bn", "20%")},
            ["tried/pack.yaml:6:3: error[wrong-type] the values of `large` are of different types",
             "tried/large-supply.yaml:5:7: error[wrong-type] a money cannot be compared with a percentage"],
        ),
        (
            {"pack": HEADER.replace("supplier: party", "supplier: partei")},
            ["tried/pack.yaml:12:28: error[unknown-type] there is no type `partei`",
             "tried/large-supply.yaml:6:41: error[wrong-type] `s.supplier` is a party, and a partei belongs here"],
        ),
        (
            {"pack": HEADER.replace("version: 1.0.0", "version: one")},
            ["tried/pack.yaml:2:10: error[not-an-id] `one` is not an id"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_said_at_its_place(
    tmp_path: Path, changed: dict[str, str | None], expected: list[str]
) -> None:
    assert sorted(problems(tmp_path, **changed)) == sorted(expected)


def test_a_text_is_derived_from_texts_only(tmp_path: Path) -> None:
    header = HEADER.replace("amount: money", "amount: text")
    assert problems(tmp_path, pack=header) == [
        "tried/large-supply.yaml:6:61: error[wrong-type] `s.amount` is a money, and a text belongs here"
    ]


def test_facts_derived_in_a_circle_are_refused(tmp_path: Path) -> None:
    header = HEADER.replace("facts:\n", "facts:\n  small_supply: {supplier: party}\n")
    circle = DERIVING.replace("kind: supply, in: proposed", "kind: small_supply").replace(
        "s.amount > parameters.large", "stated(s.supplier)"
    )
    circle = circle.replace("amount: s.amount", "amount: USD 1")
    back = DERIVING.replace("large-supply", "small-supply").replace("kind: supply, in: proposed", "kind: large_supply")
    back = back.replace(
        "{kind: large_supply, supplier: s.supplier, amount: s.amount}", "{kind: small_supply, supplier: s.supplier}"
    )
    assert problems(tmp_path, pack=header, large_supply=circle, small_supply=back) == [
        "tried/large-supply.yaml:1:7: error[circular-derivation] facts are derived from each other in a circle: "
        "`large_supply`, `small_supply`"
    ]


def test_fifty_errors_are_reported_at_once(tmp_path: Path) -> None:
    broken = {f"bad_{i}": OTHER.replace("no-end", f"bad-{i}").replace("s.ends", f"s.ends{i}") for i in range(50)}
    found = problems(tmp_path, **broken)
    assert len(found) == 50
    assert found[0] == "tried/bad-0.yaml:6:18: error[unknown-term] `s` has no term `ends0`"


def test_one_rule_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "no-end.yml").write_text(OTHER, encoding="utf-8")
    with pytest.raises(PackError) as error:
        load_pack(folder, "tried")
    assert [problem.id for problem in error.value.problems] == ["duplicate-rule"]


def test_a_condition_that_is_refused_does_not_leave_its_aliases_unused(tmp_path: Path) -> None:
    rule = OTHER.replace("  s: {kind: supply, in: proposed}", "  s: {kind: holding}\n  t: {kind: holding}")
    found = problems(tmp_path, no_end=rule.replace("not stated(s.ends)", "s.stake * s.stake > t.stake"))
    assert found == ["tried/no-end.yaml:7:7: error[squared] a term is multiplied with itself"]


def test_folders_that_are_no_packs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="there is no such rule pack"):
        load_pack(tmp_path / "nowhere", "nowhere")
    with pytest.raises(PackError, match=r"this folder has no `pack\.yaml`, so it is not a rule pack"):
        load_pack(tmp_path, "empty")
    only_header = write(tmp_path, large_supply=None, large_supplier=None, no_end=None)
    with pytest.raises(PackError, match="the pack has no rules"):
        load_pack(only_header, "tried")


def test_a_parameter_has_the_value_of_the_day(tmp_path: Path) -> None:
    pack = good(tmp_path)
    for day, value in (
        ("2024-01-01", "USD 1bn"),
        ("2024-12-31", "USD 1bn"),
        ("2025-01-01", "USD 2bn"),
        ("2030-01-01", "USD 2bn"),
    ):
        assert pack.parameters_at(Date.read(day))["large"] == Money.read(value)


def test_a_parameter_without_a_value_yet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError) as error:
        good(tmp_path).parameters_at(Date.read("2023-12-31"))
    assert error.value.problems[0].text().splitlines()[0] == (
        "tried/pack.yaml:9:39: error[no-value-yet] the parameter `large` has no value on 2023-12-31; "
        "its first holds from 2024-01-01"
    )


def test_a_value_that_should_have_been_verified_is_overdue_from_the_day_after(tmp_path: Path) -> None:
    pack = good(tmp_path)
    assert not pack.overdue(Date.read("2024-06-30"))
    assert [(p.name, str(v.value)) for p, v in pack.overdue(Date.read("2024-07-01"))] == [("large", "USD 1bn")]
    assert not pack.overdue(Date.read("2025-01-01"))


@pytest.mark.parametrize(
    ("select", "ignore", "left"),
    [
        ([], [], {"large-supply", "large-supplier", "no-end"}),
        (["no-end"], [], {"large-supply", "no-end"}),
        (["size"], [], {"large-supply", "large-supplier"}),
        ([], ["size"], {"large-supply", "no-end"}),
        (["size", "dates"], ["no-end"], {"large-supply", "large-supplier"}),
        (["large-supplier"], ["dates"], {"large-supply", "large-supplier"}),
    ],
)
def test_a_selection_keeps_what_is_chosen_and_what_derives(
    tmp_path: Path, select: list[str], ignore: list[str], left: set[str]
) -> None:
    assert {rule.id for rule in good(tmp_path).select(select, ignore).rules} == left


def test_a_selection_of_nothing_is_an_error_with_the_nearest_word(tmp_path: Path) -> None:
    pack = good(tmp_path)
    with pytest.raises(PackError) as error:
        pack.select(["no-and"], ["sise"])
    assert [(p.sentence, p.hint) for p in error.value.problems] == [
        ("no rule or tag is called `no-and`", "did you mean `no-end`?"),
        ("no rule or tag is called `sise`", "did you mean `size`?"),
    ]
    with pytest.raises(PackError, match="the selection leaves no rule"):
        pack.select(["size"], ["size"])


def test_the_digest_changes_with_every_file(tmp_path: Path) -> None:
    first = good(tmp_path).sha256
    assert load_pack(write(tmp_path), "elsewhere").sha256 == first
    assert load_pack(write(tmp_path, no_end=OTHER + "# a comment\n"), "tried").sha256 != first
    assert load_pack(write(tmp_path, pack=HEADER + "title: New\n"), "tried").sha256 != first
