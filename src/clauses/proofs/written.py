"""An edited term sheet as a file: the lines of the original with the edits in them, comments and all.

Where the edits cannot be put into its lines (a document in another form than YAML, a value over several lines) the
whole is written anew. Either way what was written is read again, and says what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from clauses.errors import InputError
from clauses.proofs.edits import Edit, Plain
from clauses.source import Source
from clauses.terms.agreement import TermSheet
from clauses.yaml_nodes import Mapping_, Node, Scalar, parse
from clauses.yaml_nodes import Sequence as Listed


def as_yaml(sheet: TermSheet, edits: Sequence[Edit], wanted: Plain) -> str:
    """The text of a term sheet with edits; `wanted` is what it must say."""
    patched = _patched(sheet.root, edits, wanted)
    if patched is not None and _says(patched, wanted):
        return patched
    text = _Dumper.text(wanted)
    return text if _says(text, wanted) else _Dumper.quoted(wanted)


def _says(text: str, wanted: Plain) -> bool:
    try:
        return parse(Source("(edited)", text)).plain() == wanted
    except InputError:
        return False


class _Dumper(yaml.SafeDumper):
    """Writes every text plainly where it can: a document of ours is read as texts."""

    @classmethod
    def text(cls, data: Any) -> str:
        """Plain data as YAML."""
        return str(yaml.dump(data, Dumper=cls, sort_keys=False, allow_unicode=True, width=110))

    @classmethod
    def quoted(cls, data: Any) -> str:
        """Plain data as YAML with every text in quotes, for texts that are lost otherwise (odd ends of lines)."""
        return str(yaml.dump(data, Dumper=cls, sort_keys=False, default_style='"', width=110))

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing refers to anything else in the document."""
        return True


_Dumper.yaml_implicit_resolvers = {}


# --- into the lines of the original


def _patched(root: Mapping_, edits: Sequence[Edit], wanted: Plain) -> str | None:
    """The original's text with the edits; None where they do not fit its lines."""
    text = root.place.source.text
    changes = root.get("changes")
    if not text or not isinstance(changes, Listed) or any(edit.action in ("drop", "state") for edit in edits):
        return None
    for scalar, edit in sorted(_moved(root, changes, edits), key=lambda one: -one[0].place.line):
        start = root.place.source.index(scalar.place.line - 1, scalar.place.column - 1)
        if text[start : start + len(scalar.text)] != scalar.text:
            return None
        after = f'"{edit.after}"' if "," in str(edit.after) else str(edit.after)  # a comma ends a value within braces
        text = text[:start] + after + text[start + len(scalar.text) :]
    added = [edit.clause for edit in edits if edit.action == "add"]
    clauses = {change.get("add"): change for change in wanted["changes"]}
    indent = " " * max(0, changes.items[0].place.column - 3)
    for id in added:
        lines = _Dumper.text([clauses[id]]).splitlines()
        text = text.rstrip("\n") + "\n" + "".join(f"{indent}{line}\n" for line in lines)
    return text


def _moved(root: Mapping_, changes: Listed, edits: Sequence[Edit]) -> list[tuple[Scalar, Edit]]:
    found = []
    for edit in edits:
        if edit.action == "move":
            node = _term(root, changes, edit)
            if isinstance(node, Scalar):
                found.append((node, edit))
    return found


def _term(root: Mapping_, changes: Listed, edit: Edit) -> Node | None:
    if not edit.clause:
        return root.get("effective")
    for change in changes.items:
        assert isinstance(change, Mapping_)
        for action, body in (("add", "clause"), ("amend", "set")):
            id, terms = change.get(action), change.get(body)
            if isinstance(id, Scalar) and id.text == edit.clause and isinstance(terms, Mapping_):
                return terms.get(str(edit.term))
    return None
