"""A situation as documents: an agreement and a term sheet, with what the rules say of them.

Nothing is shown to a reader that was not read and run again on every engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clauses.errors import ClausesError
from clauses.proofs.pack.evidence import Judge, Trial
from clauses.review.status import Status
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.facts import Deal, deal
from clauses.terms.values import Date

Plain = dict[str, Any]
NAME = "witness"

NOTHING: Plain = {"add": "note", "clause": {"kind": "context_note"}}
"""A change for a term sheet that would else have none."""


@dataclass(frozen=True)
class Situation:
    """An agreement and a term sheet, with what rules say of them on every engine that ran."""

    shows: str
    as_of: str
    agreement: Plain
    term_sheet: Plain | None
    statuses: Mapping[str, Status]
    """By rule; of two packs, by `old: rule` and `new: rule`."""
    example: str | None = None
    """The example that it is taken from, as `rule: name`; None where the solver found it."""


@dataclass(frozen=True)
class Documents:
    """A situation before it is run."""

    agreement: Plain
    term_sheet: Plain | None
    as_of: Date
    example: str | None = None

    def deal(self) -> Deal:
        """What a review would look at. Raises ClausesError where it cannot be read."""
        agreement = read_agreement(self.agreement)
        sheet = read_term_sheet(self.term_sheet, agreement) if self.term_sheet is not None else None
        return deal(agreement, sheet, self.as_of)


def of_trial(trial: Trial) -> Documents:
    """An example as documents; one without a term sheet gets one that changes nothing that rules speak of."""
    agreement = trial.deal.agreement.root.plain()
    sheet = trial.deal.sheet.root.plain() if trial.deal.sheet else None
    if sheet is None:
        header = {"term_sheet": NAME, "agreement": agreement["agreement"], "dated": str(trial.deal.as_of)}
        sheet = {**header, "changes": [NOTHING]}
    example = f"{trial.rule}: {trial.name}" if trial.rule else None
    return Documents(agreement, sheet, trial.deal.as_of, example)


def run_again(documents: Documents, judge: Judge, engines: Sequence[str]) -> dict[str, Status] | None:
    """What the rules of a pack say of a situation; None where it cannot be read, or the engines do not agree."""
    try:
        found = documents.deal()
        statuses = [judge.statuses(found, name) for name in engines]
    except ClausesError:
        return None
    return statuses[0] if all(one == statuses[0] for one in statuses) else None


# --- as text

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ .%/+-]*(?<! )")


def as_yaml(document: Plain) -> str:
    """A document as YAML: one line for each clause and change."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, dict) and value and key in ("clauses", "parties", "sources"):
            lines += [f"{key}:", *(f"  {_scalar(str(id))}: {_flow(item)}" for id, item in value.items())]
        elif isinstance(value, list) and value:
            lines += [f"{key}:", *(f"  - {_flow(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "".join(f"{line}\n" for line in lines)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return "null" if value is None else _scalar(str(value))


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text not in ("null", "Null", "NULL")
    return text if is_plain else json.dumps(text, ensure_ascii=False)
