"""Makes new deals and new rules that check clean, to be edited."""

from __future__ import annotations

import os
import re
from pathlib import Path

from clauses.errors import UsageError
from clauses.language.pack import PACK_FILE
from clauses.source import printable
from clauses.terms.party import ID_PATTERN, MAXIMUM_ID
from clauses.yaml_nodes import Mapping_, read_file, reason

_AGREEMENT = """\
# The agreement in force. `clauses schema agreement` says what may stand here; `clauses schema kinds` lists the
# kinds of clause. Leave out what is not stated: a review then says that it cannot tell.
agreement: {id}
title: Services agreement between Alder and Birch
signed: 2025-01-15
parties:
  alder: {{name: Alder Ltd, roles: [customer]}}
  birch: {{name: Birch Inc., roles: [supplier]}}
clauses:
  exclusivity:
    kind: exclusivity
    heading: Birch as the only supplier of software
    obligor: alder
    beneficiary: birch
    subject: software
    scope: all
    starts: 2025-01-15
    ends: 2027-12-31
"""

_TERM_SHEET = """\
# A proposed change of the agreement. Each change says `add`, `amend` or `remove`.
term_sheet: first-draft
title: A second supplier from 2028
agreement: {id}
dated: 2025-07-01
effective: 2025-08-01
proposed_by: alder
parties:
  cedar: {{name: Cedar GmbH, roles: [supplier]}}
changes:
  - add: cedar-supply
    clause:
      kind: supply
      heading: Software from Cedar
      supplier: cedar
      customer: alder
      subject: software
      scope: all
      amount: EUR 2m
      starts: 2028-01-01
      ends: 2029-12-31
"""

_PACK = """\
# Rules of your own. `clauses new rule ID --pack {folder}` makes one; `clauses test {folder}` runs its examples.
pack: own-rules
version: 0.1.0
title: Our own rules
sources:
  playbook: {{title: Our playbook}}
"""

_SETTINGS = """\
# The nearest clauses.toml holds the settings of a folder; options on the command line win over it.
rules = ["partnership", "rules"]
fail_on = "consent"
"""

_RULE = """\
rule: {id}
heading: {heading}
severity: flag
tags: []
authority:
  - {{document: {source}, note: say where the rule comes from}}
given:
  supply: {{kind: supply, in: proposed}}
when: >
  supply.ends > 2035-12-31
says: "{{supply.supplier}} would supply {{supply.customer}} until {{supply.ends}}"
redraft: "let the supply end by 31 December 2035"
examples:
  - name: it ends too late
    expect: breached
    term_sheet:
      changes:
        - add: supply
          clause: {{kind: supply, supplier: alder, customer: birch, ends: 2036-12-31}}
  - name: it ends in time
    expect: satisfied
    term_sheet:
      changes:
        - add: supply
          clause: {{kind: supply, supplier: alder, customer: birch, ends: 2030-12-31}}
  - name: its end is not stated
    expect: undetermined
    term_sheet:
      changes:
        - add: supply
          clause: {{kind: supply, supplier: alder, customer: birch}}
"""


def new_deal(folder: Path) -> list[Path]:
    """Make a folder for a deal. Raises UsageError rather than overwrite anything."""
    if os.path.exists(folder) and not (os.path.isdir(folder) and not os.listdir(folder)):
        raise UsageError.of("already-there", f"`{folder}` exists already and is not an empty folder")
    id = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:MAXIMUM_ID].strip("-") or "deal"
    files = {
        folder / "agreement.yaml": _AGREEMENT.format(id=id),
        folder / "term-sheets" / "first-draft.yaml": _TERM_SHEET.format(id=id),
        folder / "rules" / PACK_FILE: _PACK.format(folder=printable(str(folder / "rules"))),
        folder / "rules" / "supply-without-an-early-end.yaml": _rule("supply-without-an-early-end", "playbook"),
        folder / "clauses.toml": _SETTINGS,
    }
    for path, text in files.items():
        _write(path, text)
    return list(files)


def new_rule(id: str, pack: Path) -> Path:
    """Make a rule in a pack. Raises UsageError where there is no pack, or such a rule already."""
    if not re.fullmatch(ID_PATTERN, id) or len(id) > MAXIMUM_ID:
        raise UsageError.of(
            "not-an-id",
            f"`{id}` is not an id",
            None,
            f"use lower-case letters, digits and single hyphens, {MAXIMUM_ID} at most",
        )
    if not os.path.isfile(pack / PACK_FILE):
        hint = "name the pack's folder with `--pack`, or make one with `clauses init`"
        raise UsageError.of("no-such-pack", f"`{pack}` is not a rule pack: it has no `{PACK_FILE}`", None, hint)
    path = pack / f"{id}.yaml"
    if path.exists():
        raise UsageError.of("already-there", f"`{path}` exists already")
    _write(path, _rule(id, _first_source(pack)))
    return path


def _rule(id: str, source: str) -> str:
    return _RULE.format(id=id, heading=id.replace("-", " "), source=source)


def _first_source(pack: Path) -> str:
    node = read_file(pack / PACK_FILE).get("sources")
    if isinstance(node, Mapping_) and node.items:
        return next(iter(node.items))
    raise UsageError.of("no-source", f"`{pack / PACK_FILE}` lists no source to cite", None, "add one under `sources`")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        raise UsageError.of("cannot-write", f"`{path}` cannot be written: {reason(error)}") from None
