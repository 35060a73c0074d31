"""A condition as the language writes it is the same condition again."""

from __future__ import annotations

from pathlib import Path

from clauses.language.pack import load_pack
from clauses.language.parse import parse_condition
from clauses.language.show import show

ROOT = Path(__file__).resolve().parents[2]


def test_every_condition_of_the_built_in_pack_comes_back_from_its_text() -> None:
    for rule in load_pack(str(ROOT / "rules" / "partnership")).rules:
        for node in (rule.when, *(absence.when for absence in rule.unless)):
            text = show(node)
            if text != "always":
                assert show(parse_condition(text)) == text
