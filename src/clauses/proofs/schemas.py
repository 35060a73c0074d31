"""The JSON Schemas of what proofs answer: `resolve`, `margins`, `negotiate` and `verify` with `-f json`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic accepts that of `typing` only from Python 3.12 on

from clauses.extras import needs

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ANSWERS = {
    "resolution": ("clauses.proofs.resolve", "Resolution"),
    "margins": ("clauses.proofs.margins", "Margins"),
    "negotiation": ("clauses.proofs.negotiate", "Negotiation"),
    "verification": ("clauses.proofs.pack.defects", "Verification"),
}


def answer_schemas() -> dict[str, Callable[[], dict[str, Any]]]:
    """The schema of each answer by its name; it is made when it is asked for, and then needs the extra `verify`."""
    return {name: lambda name=name: _schema(name) for name in _ANSWERS}  # type: ignore[misc]


def _schema(name: str) -> dict[str, Any]:
    from pydantic import TypeAdapter

    module, answer = _ANSWERS[name]
    with needs("verify", f"the schema `{name}`"):
        shape: Any = getattr(import_module(module), answer)
    if name == "verification":
        shape = _report_of(shape)
    return {"$schema": DIALECT, **TypeAdapter(shape).json_schema(by_alias=True)}


def _report_of(verification: Any) -> Any:
    """What `clauses verify` prints: the verification of each pack."""
    fields = {"schema_version": Literal[1], "packs": list[verification]}
    return TypedDict("Report", fields)  # type: ignore[operator]
