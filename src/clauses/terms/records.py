"""A record: one deal as one document, such as one line of a portfolio's JSONL file.

It is an agreement document as it stands, or an agreement with the term sheet that would change it:

    {"agreement": "acme-cloud", "parties": {...}, "clauses": {...}, "amendments": {...}}
    {"agreement": {"agreement": "acme-cloud", ...}, "term_sheet": {"term_sheet": "renewal", ...}}

What a record means is always `deal(agreement, term sheet, as of)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clauses.errors import InputError, Problems, did_you_mean
from clauses.terms.agreement import Agreement, TermSheet, read_agreement, read_term_sheet
from clauses.yaml_nodes import Absent, Mapping_, from_plain

KEYS = ("agreement", "term_sheet")
"""What a record of two documents holds."""


def read_record(node: Mapping_ | Mapping[str, Any]) -> tuple[Agreement, TermSheet | None]:
    """The agreement of a record and its term sheet, if it has one. Raises InputError with every problem found."""
    root = node if isinstance(node, Mapping_) else from_plain(node)
    assert isinstance(root, Mapping_)
    inner = root.get("agreement")
    if not isinstance(inner, Mapping_):
        return read_agreement(root), None
    problems = Problems()
    for key, place in root.keys.items():
        if key not in KEYS:
            problems.add("unknown-key", f"a record has no key `{key}`", place, did_you_mean(key, KEYS))
    problems.raise_as(InputError)
    agreement = read_agreement(inner)
    proposed = root.get("term_sheet")
    if proposed is None or isinstance(proposed, Absent):
        return agreement, None
    if not isinstance(proposed, Mapping_):
        sentence = "`term_sheet` should be `key: value` lines"
        raise InputError.of("wrong-type", sentence, root.keys["term_sheet"])
    return agreement, read_term_sheet(proposed, agreement)
