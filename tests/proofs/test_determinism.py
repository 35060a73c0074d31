"""Resolve and margins print the same bytes for any hash seed and any order of the rule files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .command import clauses_command
from .sheets import EXAMPLES

RULES = EXAMPLES.parent / "rules" / "partnership"
SHEETS = EXAMPLES / "microsoft-openai" / "term-sheets"


def printed(verb: str, name: str, seed: str, *more: str | Path) -> str:
    """What a command prints of a shipped term sheet."""
    ran = clauses_command(verb, SHEETS / f"{name}.yaml", "-f", "json", *more, PYTHONHASHSEED=seed)
    assert not ran.stderr, ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("verb", "name"), [("resolve", "stakes-past-the-whole"), ("margins", "oracle-stargate-capacity")]
)
def test_hash_seeds_and_the_order_of_rule_files_change_nothing(verb: str, name: str, tmp_path: Path) -> None:
    usual = printed(verb, name, "0")
    assert printed(verb, name, "4711") == usual
    again = tmp_path / "partnership"
    again.mkdir()
    files = sorted(RULES.glob("*.yaml"))
    for file in reversed(files):
        shutil.copy(file, again / file.name)
    assert told(printed(verb, name, "1", "-r", again)) == told(usual)


def test_the_order_of_the_changes_does_not_matter(tmp_path: Path) -> None:
    text = (SHEETS / "walk-away.yaml").read_text()
    head, _, changes = text.partition("changes:\n")
    one, *rest = changes.split("\n  - ")
    assert rest, "several changes"
    parts = [one.strip().removeprefix("- ").rstrip("\n"), *(part.rstrip("\n") for part in rest)]
    shuffled = tmp_path / "sheet.yaml"
    shuffled.write_text(head + "changes:\n" + "".join(f"  - {part}\n" for part in reversed(parts)))
    agreement = EXAMPLES / "microsoft-openai" / "agreement.yaml"
    ran = clauses_command("resolve", shuffled, "--agreement", agreement, "-f", "json")
    assert ran.returncode == 0, ran.stderr
    usual = json.loads(printed("resolve", "walk-away", "0"))
    found = json.loads(ran.stdout)
    kept = ("action", "clause", "term", "before", "after", "least", "greatest", "cost")
    edits = [
        [sorted([edit[key] for key in kept] for edit in fix["edits"]) for fix in data["fixes"]]
        for data in (usual, found)
    ]
    assert edits[0] == edits[1]


def told(text: str) -> object:
    """The data without the digests of what was read."""
    data = json.loads(text)
    for fix in data.get("fixes", ()):
        fix.pop("review", None)
    return data
