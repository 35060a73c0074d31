"""A small negotiation on disk, sound as it is, for tests that change one thing about it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from clauses.cli import main

PACK = {
    "pack.yaml": {"pack": "small", "version": "1.0.0"},
    "stake-below-a-fifth.yaml": {
        "rule": "stake-below-a-fifth", "heading": "stake below a fifth", "severity": "conflict",
        "given": {"h": {"kind": "holding", "in": "result"}},
        "when": 'h.event == "raise" and h.holder == "alder" and h.stake < 20%',
        "unless": {"s": {"kind": "supply", "in": "result", "when": "s.amount > USD 1m"}}, "says": "Too small.",
    },
    "floor-touched.yaml": {
        "rule": "floor-touched", "heading": "floor touched", "severity": "flag",
        "given": {"e": {"kind": "equity_on_conversion", "in": "proposed"}}, "when": '"floor" in e.changed',
        "says": "The floor is touched.",
    },
}  # fmt: skip
AGREEMENT = {
    "agreement": "small",
    "parties": {"alder": {"name": "Alder"}, "birch": {"name": "Birch"}, "cedar": {"name": "Cedar"}},
    "clauses": {
        "conversion": {"kind": "conversion", "issuer": "birch", "closing": "2026-02-01"},
        "shares": {
            "kind": "equity_on_conversion", "holder": "alder", "issuer": "birch", "trigger": "conversion",
            "stake": "30%", "floor": "20%", "anti_dilution": "none",
        },
    },
}  # fmt: skip
SHEET = {
    "term_sheet": "draft", "agreement": "small", "dated": "2026-01-01", "effective": "2026-01-01",
    "proposed_by": "birch",
    "changes": [
        {"amend": "shares", "set": {"stake": "25%"}},
        {"add": "supply", "clause": {"kind": "supply", "supplier": "cedar", "customer": "birch", "amount": "USD 10"}},
        {"add": "raise", "clause": {
            "kind": "capital_raise", "issuer": "birch", "investors": ["cedar"], "amount": "USD 1m",
            "pre_money": "USD 9m", "closing": "2026-06-01",
        }},
    ],
}  # fmt: skip
ALDER: dict[str, Any] = {
    "position": "position-of-alder", "party": "alder", "agreement": "small", "term_sheet": "sheet.yaml",
    "sources": {"letter": {"title": "Letter"}},
    "must": {
        "enough": {"says": "Enough.", "term": "shares.stake", "at_least": "22%"},
        "lasting": {"says": "Lasting.", "stake_of": "alder", "after": "raise", "at_least": "18%"},
        "protected": {"says": "Protected.", "term": "shares.anti_dilution", "one_of": ["none", "floor-top-up"]},
    },
    "wants": {
        "more": {"says": "More.", "term": "shares.stake", "from": "20%", "to": "40%", "weight": "2"},
        "class": {"says": "The best class.", "term": "shares.share_class", "best": ["preferred", "common"]},
    },
    "walk_away": "10%",
}  # fmt: skip
BIRCH: dict[str, Any] = {
    "position": "position-of-birch", "party": "birch", "agreement": "small", "term_sheet": "sheet.yaml",
    "must": {"no-more": {"says": "No more.", "term": "shares.stake", "at_most": "28%"}},
    "wants": {"cheap": {"says": "Cheap.", "term": "supply.amount", "from": "USD 20", "to": "USD 5"}},
}  # fmt: skip


@dataclass(frozen=True)
class Folder:
    """The files of a negotiation."""

    path: Path

    @property
    def words(self) -> list[str]:
        """The command that negotiates it."""
        return [
            "negotiate",
            str(self.path / "alder.yaml"),
            str(self.path / "birch.yaml"),
            "--rules",
            str(self.path / "pack"),
        ]


def folder(path: Path, changes: Mapping[str, Any] | None = None) -> Folder:
    """The negotiation with changes: a path of keys (`alder/must/enough/at_least`) and its value; None: without it."""
    documents = copy.deepcopy({"agreement": AGREEMENT, "sheet": SHEET, "alder": ALDER, "birch": BIRCH})
    for where, value in (changes or {}).items():
        *steps, last = where.split("/")
        node: Any = documents
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if value is None:
            del node[last]
        else:
            node[int(last) if isinstance(node, list) else last] = value
    (path / "pack").mkdir(parents=True, exist_ok=True)
    for name, document in {**documents, **{f"pack/{name}": made for name, made in PACK.items()}}.items():
        file = path / (name if name.endswith(".yaml") else f"{name}.yaml")
        file.write_text(yaml.safe_dump(document, sort_keys=False, width=200))
    return Folder(path)


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(*words: str | Path) -> Ran:
    """Run `clauses` inside the test process."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8") for _ in range(2))
    code = 0
    with patch.object(sys, "argv", ["clauses", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Ran(code, *texts)
