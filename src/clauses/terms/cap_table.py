"""Temporary."""
from __future__ import annotations
from collections.abc import Mapping
from dataclasses import dataclass
from clauses.terms.values import Percentage
@dataclass(frozen=True)
class HoldingAfter:
    event: str
    holder: str
    issuer: str
    stake: Percentage | None
@dataclass(frozen=True)
class CapTable:
    issuers: tuple = ()
def cap_table(clauses: Mapping) -> CapTable: return CapTable()
def holdings_after(table) -> list[HoldingAfter]: return []
