"""Conditions and rules in plain English: what a lawyer reads who does not write rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clauses.language import ast
from clauses.language.english import English, choice_words, english, rule_in_english, statements, with_article, words
from clauses.language.operators import Operator
from clauses.language.pack import load_pack
from clauses.language.types import Quantity
from clauses.terms.kinds import TermType
from clauses.terms.values import Percentage

ROOT = Path(__file__).resolve().parents[2]
DATE, CHOICE, PARTY = TermType("date"), TermType("choice"), TermType("party")


def term(alias: str, name: str, type: TermType = PARTY) -> ast.Term:
    return ast.Term(alias, name, type, type)


def word(text: str) -> ast.Literal:
    return ast.Literal(text, CHOICE)


def equal(left: ast.Node, right: ast.Node) -> ast.Compare:
    return ast.Compare(Operator.EQUAL, left, right)


def sets(name: str) -> ast.Membership:
    return ast.Membership(Operator.IN, word(name), term("after", "changed", TermType("choice", (), True)))


OPEN, DONE = (equal(term("flag", "status", CHOICE), word(text)) for text in ("open", "cleared"))
PARTIES = term("flag", "parties", TermType("party", (), True))


@pytest.mark.parametrize(
    "node, said",
    [
        (sets("ends"), "the term sheet sets the end of the after"),
        (ast.Not(sets("anti_dilution")), "the term sheet does not set the anti-dilution protection of the after"),
        (ast.Or((sets("ends"), sets("floor"))), "the term sheet sets the end or the floor of the after"),
        (equal(term("old", "id"), term("new", "id")), "the old and the new are the same clause"),
        (equal(term("old", "holder"), term("new", "holder")), "the old and the new have the same holder"),
        (equal(term("consent", "permits"), term("act", "id")), "the consent permits the act"),
        (equal(term("act", "id"), term("consent", "permits")), "the consent permits the act"),
        (equal(term("talks", "about"), term("act", "id")), "the talks are about the act"),
        (equal(term("ending", "exercised"), word("no")), "the ending is not exercised"),
        (ast.Not(ast.Stated(term("old", "pre_money"))), "the pre-money valuation of the old is not stated"),
        (ast.Or((OPEN, DONE)), "the status of the flag is “open” or “cleared”"),
        (ast.Not(ast.Or((OPEN, DONE))), "the status of the flag is neither “open” nor “cleared”"),
        (ast.Membership(Operator.NOT_IN, term("old", "by"), PARTIES), "the flag does not name the author of the old"),
        (
            ast.Compare(Operator.AT_MOST, term("new", "ends", DATE), term("context", "as_of", DATE)),
            "the end of the new is on or before the date of the review",
        ),
        (
            ast.Compare(
                Operator.ABOVE, term("new", "stake", TermType("percentage")),
                ast.Literal(Percentage.read("33%"), Quantity("number", 1)),
            ),
            "the stake of the new is above 33%",
        ),
    ],
)  # fmt: skip
def test_a_condition_reads_as_a_lawyer_would_say_it(node: ast.Node, said: str) -> None:
    assert english(node) == said


def test_clauses_may_be_called_by_their_headings() -> None:
    named = English(lambda alias: "“Azure exclusivity”")
    assert named.condition(sets("ends")) == "the term sheet sets the end of “Azure exclusivity”"


def test_compounds_keep_their_hyphen_and_others_lose_it() -> None:
    assert words("anti_dilution") == "anti-dilution"
    assert words("longest_post_term_non_compete") == "longest post-term non-compete"
    assert choice_words("for-profit") == "for-profit"
    assert choice_words("merger-control") == "merger control"
    assert choice_words("floor-top-up") == "floor top-up"
    assert choice_words("equity_on_conversion") == "stake on conversion"


def test_articles() -> None:
    assert with_article("exclusivity") == "an exclusivity"
    assert with_article("contradiction between two amendments") == "a contradiction between two amendments"


def test_no_rule_of_the_built_in_pack_shows_a_raw_name() -> None:
    for rule in load_pack(str(ROOT / "rules" / "partnership")).rules:
        text = " ".join(rule_in_english(rule))
        assert not re.search(r"[a-z]_[a-z]|\bchanged\b|\ba [aeio]|, and[.;]", text), text
        assert text.startswith("This rule looks at a") and text.endswith(".")


def test_statements_that_hold_a_comma_are_parted_by_more() -> None:
    assert statements(["a, b"]) == "a, b"
    assert statements(["a", "b", "c"]) == "a, b and c"
    assert statements(["a, x", "b"]) == "a, x, and b"
    assert statements(["either a, or x", "b"]) == "either a, or x; and b"
    assert statements(["a, x", "b", "c"]) == "a, x; b; and c"
