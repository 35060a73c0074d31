"""A condition as the language writes it is the same condition again."""

from __future__ import annotations

from pathlib import Path

from clauses.language.pack import load_pack
from clauses.language.parse import parse_condition
from clauses.language.show import show

ROOT = Path(__file__).resolve().parents[2]


def test_every_condition_of_the_built_in_pack_comes_back_from_its_text() -> None:
    for rule in load_pack(str(ROOT / "rules" / "partnership")).rules:
        for written in (rule.when_text, *(absence.text for absence in rule.unless)):
            if written:
                node = parse_condition(written)
                assert parse_condition(show(node)) == node
