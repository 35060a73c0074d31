"""The answer of a review, exactly as the JSON output, the HTTP service, MCP and the ledger give it.

Plain frozen dataclasses: `as_data` turns them into JSON-ready data, and `clauses schema review` prints their
JSON Schema.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from clauses.language.rule import Severity
from clauses.review.status import Status
from clauses.source import Location

SCHEMA_VERSION: Literal[1] = 1

Verdict = Literal["conflict", "consent", "undetermined", "flag", "clear"]
VERDICTS: tuple[Verdict, ...] = ("conflict", "consent", "undetermined", "flag", "clear")
"""From the worst. `undetermined`: a rule of severity conflict, consent or flag cannot be told yet."""


LEFT_OUT = {"left_out": True}
"""Marks a key that is left out where its value is None."""

DeviationState = Literal["accepted", "unsigned", "changed", "expired", "withdrawn"]
"""Of an acceptance: whether it holds, and if not, why not."""


@dataclass(frozen=True)
class Digest:
    """An input by its id and the digest of its text."""

    id: str
    sha256: str


@dataclass(frozen=True)
class PackDigest:
    """A rule pack by its name, version and digest."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Summary:
    """How many rules there are, and how many came out each way."""

    rules: int
    breached: int
    undetermined: int
    satisfied: int
    not_applicable: int
    accepted: int | None = field(default=None, metadata=LEFT_OUT)
    """How many of those breached or undetermined count no longer, for every finding of theirs is accepted; left out
    where no finding is."""


@dataclass(frozen=True)
class Authority:
    """Where a rule comes from."""

    document: str
    quote: str | None


@dataclass(frozen=True)
class MatchedClause:
    """A clause that a rule matched."""

    alias: str
    id: str
    kind: str
    layer: Annotated[str | None, Field(alias="in")]
    heading: str
    basis: str
    quote: str | None
    location: Location | None


@dataclass(frozen=True)
class TermValue:
    """A term that decided, with its value as its document writes it."""

    term: str
    value: str
    location: Location | None


@dataclass(frozen=True)
class Derivation:
    """Why: a condition with its truth value, and the conditions of which it is made."""

    text: str
    truth: Literal["true", "false", "unknown"]
    parts: tuple[Derivation, ...] = ()


@dataclass(frozen=True)
class AcceptedBy:
    """Who accepted a finding and who signed, and whether that holds on the day of the review."""

    id: str
    state: DeviationState
    """`accepted`: the finding counts no longer. Else it counts as open: `unsigned` no second person has signed;
    `changed` it was accepted on other terms; `expired`; `withdrawn`."""
    who: str
    why: str
    expires: str
    """The last day on which it holds."""
    signed_by: str | None
    withdrawn_by: str | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class Finding:
    """A rule that is breached or undetermined, with the clauses that matched it."""

    rule: str
    heading: str
    severity: Severity
    status: Literal["breached", "undetermined"]
    message: str
    redraft: str
    authority: tuple[Authority, ...]
    clauses: tuple[MatchedClause, ...]
    values: tuple[TermValue, ...]
    derivation: Derivation
    missing: tuple[str, ...]
    """The terms that would have to be known, as `clause.term`."""
    question: str | None
    """What to ask, where the rule cannot tell."""
    fingerprint: str
    """The same for the same finding in another run: a digest of rule and clauses."""
    deviation: AcceptedBy | None = field(default=None, metadata=LEFT_OUT)
    """The acceptance that somebody recorded of it; left out where nobody did."""

    @property
    def is_accepted(self) -> bool:
        """Whether it counts no longer, for a deviation that holds."""
        return self.deviation is not None and self.deviation.state == "accepted"


@dataclass(frozen=True)
class RuleStatus:
    """How one rule came out."""

    rule: str
    severity: Severity
    status: Status
    counts_as: Literal["breached", "undetermined", "accepted"] | None = field(default=None, metadata=LEFT_OUT)
    """Where a finding of the rule is accepted: what those make it that are not; left out elsewhere."""

    @property
    def standing(self) -> Status | Literal["accepted"]:
        """What it counts as, for the verdict and for exit codes."""
        return self.counts_as or self.status


@dataclass(frozen=True)
class Review:
    """What a term sheet would do to an agreement, by some rule packs, as of a day."""

    schema_version: Literal[1]
    verdict: Verdict
    as_of: str
    review_id: str
    agreement: Digest
    term_sheet: Digest | None
    packs: tuple[PackDigest, ...]
    engines: tuple[str, ...]
    summary: Summary
    findings: tuple[Finding, ...]
    rules: tuple[RuleStatus, ...] = field(default=())

    def data(self) -> dict[str, Any]:
        """The review as JSON-ready data."""
        found = as_data(self)
        assert isinstance(found, dict)
        return found


def as_data(value: Any) -> Any:
    """Dataclasses as dictionaries, tuples as lists; `layer` is written `in`, which Python keeps for itself."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            "in" if f.name == "layer" else f.name: as_data(found)
            for f in dataclasses.fields(value)
            if (found := getattr(value, f.name)) is not None or "left_out" not in f.metadata
        }
    if isinstance(value, (tuple, list)):
        return [as_data(item) for item in value]
    if isinstance(value, dict):
        return {key: as_data(item) for key, item in value.items()}
    return value


def review_schema() -> dict[str, Any]:
    """The JSON Schema of a review."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Review).json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
