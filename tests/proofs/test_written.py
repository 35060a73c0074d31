"""A term sheet with edits, as a file: it says what was meant, and keeps its comments where it can."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from clauses.proofs.edits import Edit, with_edits
from clauses.proofs.written import as_yaml
from clauses.source import Source
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.yaml_nodes import parse

from .command import clauses
from .sheets import EXAMPLES, SEED, many

AGREEMENT = read_agreement({"agreement": "a", "title": "A", "parties": {"ann": {"name": "Ann"}}, "clauses": {}})
PLAIN = """# who proposes this
term_sheet: s
agreement: a
dated: 2026-01-01
effective: 2026-02-01
changes:
  - add: supply   # the supply
    clause:
      kind: supply
      text: "from 2027-01-01: é 😀"
      amount: USD 5   # per year
      starts: 2027-01-01
# the end
"""
CONSENT = {"kind": "consent", "heading": "Consent of Ann", "by": "ann", "permits": "supply", "given": "2026-01-01"}


def move(term: str, before: str | None, after: str) -> Edit:
    """A term of the supply moved, or stated."""
    return Edit("move" if before else "state", "supply", term, before, after)


MOVES = (move("amount", "USD 5", "USD 7.50"), move("starts", "2027-01-01", "2028-12-31"))
ADDITION = Edit("add", "consent-of-ann-to-supply", None, None, None)
EFFECTIVE = Edit("move", "", "effective", "2026-02-01", "2026-03-01")


def rewritten(text: str, *edits: Edit, name: str = "sheet.yaml") -> str:
    """The text of a term sheet with edits; it is read again, and says what was meant."""
    root = parse(Source(name, text))
    sheet = read_term_sheet(root, AGREEMENT)
    wanted = with_edits(sheet, edits, {ADDITION.clause: CONSENT})
    found = as_yaml(sheet, edits, wanted)
    assert parse(Source("out.yaml", found)).plain() == wanted, found
    return found


def test_moves_and_additions_keep_every_comment() -> None:
    found = rewritten(PLAIN, *MOVES, ADDITION, EFFECTIVE)
    for comment in ("# who proposes this", "# the supply", "# per year", "# the end"):
        assert comment in found
    assert "effective: 2026-03-01" in found and "amount: USD 7.50   # per year" in found


def test_what_is_stated_or_left_out_is_written_anew() -> None:
    found = rewritten(PLAIN, move("ends", None, "2030-01-01"))
    assert "ends: 2030-01-01" in found
    two = PLAIN.replace("# the end", "  - add: other\n    clause: {kind: supply}\n")
    assert "other" not in rewritten(two, Edit("drop", "other", None, None, None))


HOSTILE = {
    "flow": "{term_sheet: s, agreement: a, dated: 2026-01-01, effective: 2026-02-01, changes: "
    "[{add: supply, clause: {kind: supply, amount: USD 5, starts: 2027-01-01}}]}\n",
    "quoted": PLAIN.replace("amount: USD 5", "amount: 'USD 5'").replace("starts: 2027-01-01", 'starts: "2027-01-01"'),
    "escaped": PLAIN.replace("amount: USD 5", 'amount: "USD\\x205"'),
    "changes first": PLAIN.replace("effective: 2026-02-01\n", "").replace("# the end", "effective: 2026-02-01\n# end"),
    "no end of line": PLAIN.removesuffix("\n# the end\n"),
    "windows": PLAIN.replace("\n", "\r\n"),
    "bom": "\ufeff" + PLAIN,
    "not indented": PLAIN.replace("  - add", "- add")
    .replace("\n    clause", "\n  clause").replace("\n      ", "\n    "),
    "deeply indented": PLAIN.replace("  - add", "      - add")
    .replace("\n    clause", "\n        clause").replace("\n      kind", "\n          kind")
    .replace("\n      text", "\n          text").replace("\n      amount", "\n          amount")
    .replace("\n      starts", "\n          starts"),
    "the same value twice": PLAIN.replace('"from 2027-01-01: é 😀"', "2027-01-01 USD 5"),
    "folded": PLAIN.replace("amount: USD 5   # per year", "amount: >-\n        USD 5"),
    "document end": PLAIN + "...\n",
    "json": json.dumps(parse(Source("s", PLAIN)).plain()),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_come_out_right(name: str) -> None:
    for edits in ((MOVES[0],), (MOVES[1],), MOVES, (ADDITION,), (*MOVES, ADDITION, EFFECTIVE)):
        rewritten(HOSTILE[name], *edits, name="sheet.json" if name == "json" else "sheet.yaml")


NASTY = (
    "null", "~", "yes", "1", "1e3", "2026-01-01", "a: b", "# x", "- x", "&a", "*a", "!t", "{}", "[", "'", '"', "\\",
    "x\ny",
    "  lead", "trail  ", "%", "@", "`", "|", ">", "?", "=", "<<", "é😀", "\u2028", "\u0085", "\ttab", "x" * 300, "a #b",
)  # fmt: skip


def test_any_text_survives_where_the_whole_is_written_anew() -> None:
    chance = random.Random(f"{SEED}/written")
    for _ in range(many(100)):
        text = chance.choice(("", " ", "\n")).join(chance.sample(NASTY, chance.choice((1, 1, 2, 3))))
        document = parse(Source("s", PLAIN)).plain()
        document["changes"][0]["clause"]["text"] = text
        sheet = read_term_sheet(document, AGREEMENT)
        edits = [move("ends", None, "2030-01-01")]
        wanted = with_edits(sheet, edits)
        assert parse(Source("out.yaml", as_yaml(sheet, edits, wanted))).plain() == wanted, repr(text)


def test_a_term_sheet_in_toml_is_written_as_yaml(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.toml"
    sheet.write_text(
        'term_sheet = "s"\nagreement = "microsoft-openai"\ndated = "2025-07-15"\nproposed_by = "openai"\n'
        '[[changes]]\nadd = "oracle-supply"\n[changes.clause]\nkind = "supply"\nsupplier = "oracle"\ncustomer = '
        '"openai"\n'
        'subject = "cloud-compute"\namount = "USD 5bn"\nstarts = "2027-01-01"\nends = "2032-01-01"\n'
    )
    agreement = EXAMPLES / "microsoft-openai" / "agreement.yaml"
    out = tmp_path / "out.yaml"
    ran = clauses("resolve", sheet, "--agreement", agreement, "--write", out)
    assert ran.code == 0, ran.all
    again = clauses("resolve", out, "--agreement", agreement)
    assert again.code == 0 and "nothing stands in its way" in again.out, again.all
