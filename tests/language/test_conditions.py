"""What is wrong with a condition: the sentence, the hint, and exactly which characters of the file.

In the tables, «…» marks the characters at fault.
"""

# ruff: noqa: E501 - the rows of the tables stay whole
from __future__ import annotations

import re
from pathlib import Path

import pytest

from clauses.errors import Problem, Problems
from clauses.language import ast
from clauses.language.parse import MAXIMUM_LENGTH, parse_condition
from clauses.language.rule import PackScope, Rule, read_rule
from clauses.terms.values import VALUE_TYPES
from clauses.yaml_nodes import read_file

SCOPE = PackScope(
    {"large": VALUE_TYPES["money"].read("USD 10bn"), "share": VALUE_TYPES["percentage"].read("30%"), "word": "x"},
    {},
    {},
)

SYNTAX = [
    ("s.amount «=» USD 1", "`=` has no meaning here", "write `==` to compare"),
    ("s.amount «/» 2 > USD 1", "`/` has no meaning here", "there is no division: multiply the other side"),
    ("s.amount > USD 1 «&» s.id == e.id", "`&` has no meaning here", "write `and`"),
    ("s.amount > USD 1 «|» s.id == e.id", "`|` has no meaning here", "write `or`"),
    ("«!»stated(s.amount)", "`!` has no meaning here", "write `not` or `!=`"),
    ("h.stake > «%»", "`%` has no meaning here", "write a percentage as `49%`"),
    ("s.supplier in «[»s.customer]", "`[` has no meaning here", 'write a list in parentheses: `("a", "b")`'),
    ("s.supplier in «{»s.customer}", "`{` has no meaning here", 'write a list in parentheses: `("a", "b")`'),
    ("s.supplier == «\"»oracle", '`"` has no meaning here', "a text ends with the sign that it starts with"),
    ("s.supplier == «'»oracle", "`'` has no meaning here", "a text ends with the sign that it starts with"),
    ("s.supplier == «é»", "`é` has no meaning here", None),
    ("h.stake > «0.3»", "`0.3` is not a whole number", "write a percentage as `2.5%`"),
    ("s.starts < «2030-06»", "`2030-06` is not a single day", "write `2030-12-31`"),
    ("s.starts < «2030-13-01»", "there is no such date as `2030-13-01`", None),
    ("s.amount > «XYZ 5»", "`XYZ` is not a currency", "use an ISO 4217 code such as `USD`"),
    ("h.stake > «3.00001%»", "`3.00001` is finer than 0.0001 %", None),
    ("s.amount > USD 1 and«»", "the condition ends where a term, a value or `(` is expected", None),
    ("(s.amount > USD 1«»", "the condition ends where `)` is expected", None),
    ("stated(s.amount«»", "the condition ends where `)` is expected", None),
    ("s.«»", "the condition ends where the name of a term is expected", None),
    ("s.«3» == 1", "`3` stands where the name of a term is expected", None),
    ("s.amount > USD 1 «)»", "`)` stands where `and`, `or`, or the end of the condition is expected", None),
    ("s.amount > USD 1 «s».id == e.id", "`s` stands where `and`, `or`, or the end of the condition is expected", None),
    ("«and» s.amount > USD 1", "`and` stands where a term, a value or `(` is expected", None),
    ("s.amount > «>» USD 1", "`>` stands where a term, a value or `(` is expected", "comparisons do not chain: write `a < b and b < c`"),
    ("s.amount > «-» USD 1", "`-` stands where a term, a value or `(` is expected", None),
    ("USD 1 < s.amount «<» USD 3", "`<` follows another comparison", "write `a < b and b < c`"),
    ("s.supplier in s.customer «==» s.id", "`==` follows another comparison", "write `a < b and b < c`"),
    ("stated(«)»", "`)` stands where a term, a value or `(` is expected", None),
    ("s.supplier in («)»", "`)` stands where a term, a value or `(` is expected", None),
    ("s.supplier in (\"a\"«»", "the condition ends where `)` is expected", None),
]  # fmt: skip

MEANING = [
    ("unknown-name", "«t.amount» > USD 1", "nothing here is called `t`", "known here: `context`, `e`, `h`, `parameters`, `s`"),
    ("unknown-name", "«exlusivity.ends» > s.ends", "nothing here is called `exlusivity`", "known here: `context`, `e`, `h`, `parameters`, `s`"),
    ("unknown-name", "s.supplier == «oracle»", "nothing here is called `oracle`", "known here: `context`, `e`, `h`, `parameters`, `s`"),
    ("unknown-term", "«s.amuont» > USD 1", "`s` has no term `amuont`", "did you mean `amount`?"),
    ("unknown-term", "«context.today» > s.ends", "`context` has no term `today`", "known here: `as_of`, `effective`, `id`, `proposed_by`"),
    ("unknown-term", "«s.amount.currency» == \"USD\"", "`s.amount` has no terms of its own", None),
    ("unknown-parameter", "s.amount > «parameters.lrge»", "the pack has no parameter `lrge`", "did you mean `large`?"),
    ("unknown-parameter", "s.amount > «parameters»", "the pack has no parameter `parameters`", "known here: `large`, `share`, `word`"),
    ("not-a-value", "«s» == 1", "`s` is a whole clause, not a value", "name a term of it, such as `s.id`"),
    ("not-a-condition", "«s.amount»", "this is a value, not a condition", "compare it with something"),
    ("not-a-condition", "s.amount > USD 1 and «\"yes\"»", "this is a value, not a condition", "compare it with something"),
    ("not-a-condition", "«currency(s.amount)»", "`currency` is a value, not a condition", "compare it with something"),
    ("unknown-function", "«overlap(s, e)»", "there is no function `overlap`", "did you mean `overlaps`?"),
    ("wrong-arguments", "«overlaps(s)»", "`overlaps` takes 2 arguments", "overlaps(a, b): whether the periods of two clauses have a day in common"),
    ("wrong-arguments", "«overlaps(s.starts, e)»", "`overlaps` takes the names of two clauses", "overlaps(a, b): whether the periods of two clauses have a day in common"),
    ("wrong-arguments", "«stated(s.amount, e.ends)»", "`stated` takes one argument", "stated(x): whether the term x is stated at all"),
    ("unknown-name", "overlaps(s, «x»)", "nothing here is called `x`", "known here: `e`, `h`, `s`"),
    ("wrong-type", "«stated(USD 1)»", "`stated` asks about a term of a clause", None),
    ("wrong-type", "«currency(s.starts)» == \"USD\"", "`currency` asks about an amount of money of a clause", None),
    ("wrong-type", "«s.amount > 5»", "a money cannot be compared with a number", None),
    ("wrong-type", "«h.stake > 5»", "a percentage cannot be compared with a number", "write a percentage with its sign: `49%`"),
    ("wrong-type", "«s.ends - s.starts > 3 months»", "a days cannot be compared with a months", "a month has no fixed number of days: write both in days, or both in months"),
    ("wrong-type", "«s.starts + 3 months» < e.ends", "a date plus a months means nothing", "a month has no fixed number of days: add days"),
    ("wrong-type", "«s.amount * s.amount» > USD 1", "a money times a money means nothing", None),
    ("wrong-type", "«e.carve_outs == s.supplier»", "a list is not compared: use `in`", None),
    ("wrong-type", "s.supplier in «e.obligor»", "`in` needs a list: a list term, or `(\"a\", \"b\")`", None),
    ("wrong-type", "«s.id in e.carve_outs»", "a clause is never in a list of party", None),
    ("wrong-type", "s.supplier == «(\"a\", \"b\")»", "a list is not a value: use `in`", None),
    ("wrong-type", "s.amount + «(s.amount > USD 1)» > USD 2", "a condition stands where a value belongs", None),
    ("no-order", "«s.supplier < \"b\"»", "a party has no order, so `<` means nothing", "use `==`, `!=` or `in`"),
    ("not-a-choice", "s.subject == «\"cloud-computing\"»", "`cloud-computing` is not one of the choices here", "did you mean `cloud-compute`?"),
    ("constant-condition", "«s.amount == s.amount»", "a term is compared with itself", None),
    ("constant-condition", "«parameters.share > 1%»", "both sides are fixed, so the condition says nothing about the deal", None),
    ("two-currencies", "«s.amount + EUR 1 > USD 2»", "amounts of different currencies cannot be compared", "write both in one currency"),
    ("squared", "«h.stake * h.stake > 1%»", "a term is multiplied with itself", "write the condition without squares"),
    ("too-large", "«h.stake * s.amount > USD 1»", "the numbers compared here can exceed 64 bits", "compare percentages that the cap table works out (`holding.stake`), or use a smaller factor"),
]  # fmt: skip

STYLES = {
    "plain": "when: {}\n",
    "plain over lines": "when:\n    {}\n",
    "folded": "when: >\n  {}\n",
    "folded and stripped": "when: >-\n\n    {}\n",
    "literal": "when: |\n   {}\n",
    "in double quotes": 'when: "{}"\n',
    "in single quotes": "when:   '{}'\n",
}


def rule_file(folder: Path, when: str) -> tuple[Path, str]:
    """A rule file with a condition, and the text of the file."""
    text = (
        "# 😀 a comment before\nrule: tried\nheading: tried\ngiven:\n  s: {kind: supply}\n  e: {kind: exclusivity}\n"
        f"  h: {{kind: holding}}\n{when}says: tried\n"
    )
    path = folder / "tried.yaml"
    path.write_text(text, encoding="utf-8")
    return path, text


def read(folder: Path, when: str) -> tuple[Rule | None, list[Problem]]:
    """The rule with a condition, and what is wrong with it."""
    problems = Problems()
    path, _ = rule_file(folder, when)
    return read_rule(read_file(path, "tried.yaml"), SCOPE, problems), problems.found


def marked_place(text: str) -> tuple[int, int, int]:
    """Line, column and length of the marked characters, as if the marks were not there."""
    before, marked, _ = re.split("[«»]", text)
    return before.count("\n") + 1, len(before) - before.rfind("\n"), max(1, len(marked))


def fits(style: str, condition: str) -> bool:
    """Whether a condition can be written in a style of YAML without escapes."""
    plain = re.sub("[«»]", "", condition)
    if style.startswith("plain"):
        return not re.match(r"""[!&*|>%@`"'\[{]""", plain) and " #" not in plain and ": " not in plain
    return {"in double quotes": '"', "in single quotes": "'"}.get(style, "\0") not in plain


def test_every_syntax_error_says_what_where_and_how(tmp_path: Path) -> None:
    for condition, sentence, hint in SYNTAX:
        for style, template in STYLES.items():
            if not fits(style, condition):
                continue
            _, text = rule_file(tmp_path, template.format(condition))
            read_rule, problems = read(tmp_path, template.format(re.sub("[«»]", "", condition)))
            assert read_rule is None
            (problem,) = problems
            assert (problem.sentence, problem.hint) == (sentence, hint), condition
            assert problem.place is not None
            place = problem.place.line, problem.place.column, problem.place.length
            assert place == marked_place(text), (style, condition, problem.text())


def test_every_error_of_meaning_says_what_where_and_how(tmp_path: Path) -> None:
    for id, condition, sentence, hint in MEANING:
        for style, template in STYLES.items():
            if not fits(style, condition):
                continue
            _, text = rule_file(tmp_path, template.format(condition))
            read_rule, problems = read(tmp_path, template.format(re.sub("[«»]", "", condition)))
            assert read_rule is None
            problem = problems[0]
            assert (problem.id, problem.sentence, problem.hint) == (id, sentence, hint), condition
            assert {p.id for p in problems} == {id}, condition
            assert problem.place is not None
            place = problem.place.line, problem.place.column, problem.place.length
            assert place == marked_place(text), (style, condition, problem.text())


def test_the_line_of_a_long_condition_is_the_right_one(tmp_path: Path) -> None:
    for style in (">", "|", ""):
        when = (
            f"when: {style}\n  s.amount > USD 1\n  and s.supplier != e.beneficiary\n\n  and «s.suplier» == h.holder\n"
        )
        _, text = rule_file(tmp_path, when)
        _, (problem,) = read(tmp_path, re.sub("[«»]", "", when))
        assert problem.place is not None
        assert (problem.place.line, problem.place.column, problem.place.length) == marked_place(text)


def test_the_place_is_right_inside_braces_and_after_wide_characters(tmp_path: Path) -> None:
    when = 'unless: {w: {kind: consent, when: w.permits == "😀é" or «w.permit» == s.id}}\n'
    _, text = rule_file(tmp_path, when)
    _, problems = read(tmp_path, re.sub("[«»]", "", when))
    assert problems[0].place is not None
    assert (problems[0].place.line, problems[0].place.column) == marked_place(text)[:2]


def test_the_text_of_a_problem_shows_the_line_with_a_caret(tmp_path: Path) -> None:
    _, (problem,) = read(tmp_path, "when: s.amuont > USD 1 and s.id != e.id and h.stake > 1%\n")
    assert problem.text() == (
        "tried.yaml:8:7: error[unknown-term] `s` has no term `amuont`\n"
        "  8 | when: s.amuont > USD 1 and s.id != e.id and h.stake > 1%\n"
        "    |       ^^^^^^^^\n"
        "  = did you mean `amount`?"
    )


def test_all_problems_of_a_condition_are_reported_at_once(tmp_path: Path) -> None:
    _, problems = read(tmp_path, 'when: s.amuont > USD 1 and e.suject == "x" and h.stake > 5 and q.id == s.id\n')
    assert [problem.id for problem in problems] == ["unknown-term", "unknown-term", "wrong-type", "unknown-name"]


def test_a_text_with_escapes_is_read_as_yaml_reads_it(tmp_path: Path) -> None:
    for written in ("when: 's.supplier == ''a'' and s.id != e.id and h.id != e.id'\n",
                    'when: "s.supplier == \\"a\\" and s.id != e.id and h.id != e.id"\n'):  # fmt: skip
        rule, problems = read(tmp_path, written)
        assert rule is not None, problems
        assert isinstance(rule.when, ast.And)
        assert rule.when_text_of(rule.when.parts[0]).replace("'", '"') == 's.supplier == "a"'


def test_an_error_in_a_text_with_escapes_points_at_the_text(tmp_path: Path) -> None:
    _, (problem,) = read(tmp_path, "when: 's.suplier == ''a'' and s.id != e.id and h.id != e.id'\n")
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (8, 7)


def test_a_condition_that_is_too_long_or_too_deep_is_refused(tmp_path: Path) -> None:
    long = " or ".join(["s.amount > USD 1"] * (MAXIMUM_LENGTH // 10))
    _, (problem,) = read(tmp_path, f"when: {long}\n")
    assert problem.sentence == "the condition is too long"
    for deep in ("(" * 60 + "s.amount > USD 1" + ")" * 60, "not " * 60 + "stated(s.amount)"):
        _, (problem,) = read(tmp_path, f"when: >\n  {deep}\n")
        assert problem.sentence == "the condition is nested too deeply"


@pytest.mark.parametrize(
    ("condition", "pieces"),
    [
        ("(s.amount + s.amount) * 2 > USD 1", ["(s.amount + s.amount) * 2 > USD 1"]),
        ("(s.id == e.id) and (h.id != e.id or s.id != h.id)", ["s.id == e.id", "h.id != e.id", "s.id != h.id"]),
        ("not (s.amount > USD 1)", ["s.amount > USD 1"]),
        ("stated(s.amount) and overlaps(s, e)", ["stated(s.amount)", "overlaps(s, e)"]),
        ("s.ends < (s.starts + 3 days)", ["s.ends < (s.starts + 3 days)"]),
    ],
)
def test_the_words_of_the_smallest_conditions_are_whole(tmp_path: Path, condition: str, pieces: list[str]) -> None:
    rule, problems = read(tmp_path, f"when: >\n  {condition} and h.id != s.id and e.id != h.id\n")
    assert rule is not None, problems
    assert [rule.when_text_of(leaf) for leaf in ast.leaves(rule.when)][: len(pieces)] == pieces


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ("a.b == 1 or a.c == 2 and a.d == 3", "a.b == 1 or (a.c == 2 and a.d == 3)"),
        ("not a.b == 1 and a.c == 2", "(not (a.b == 1)) and a.c == 2"),
        ("a.b + a.c * 2 > 1", "(a.b + (a.c * 2)) > 1"),
        ("a.b - a.c - 2 > 1", "((a.b - a.c) - 2) > 1"),
        ("a.b == 1 and a.c == 2 and a.d == 3", "(a.b == 1 and a.c == 2) and a.d == 3"),
        ("a.b not in a.c and a.d == 1", "(a.b not in a.c) and (a.d == 1)"),
        ("not a.b in a.c", "not (a.b in a.c)"),
    ],
)
def test_operators_bind_as_they_should(condition: str, same: str) -> None:
    assert parse_condition(condition) == parse_condition(same)
