"""clauses reviews a term sheet against the agreement in force, and says why.

    from clauses import examine_file

    examined = examine_file("term-sheets/oracle-stargate-capacity.yaml")
    print(examined.review.verdict, [finding.message for finding in examined.review.findings])

What stands in `__all__` is public: it changes only with a new major version. Names are imported when they are
first used, so that `import clauses` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clauses.errors import ClausesError, Problem
    from clauses.language.pack import RulePack, load_pack
    from clauses.memo.memo import write_memo, write_redline
    from clauses.portfolio.check import check_portfolio
    from clauses.portfolio.impact import impact
    from clauses.portfolio.ingest import ingest
    from clauses.portfolio.screen import Screen
    from clauses.portfolio.store import open_portfolio
    from clauses.proving import margins, negotiate, resolve
    from clauses.proving_packs import diff_packs, verify
    from clauses.review.finding import Finding, Review
    from clauses.review.review import Examined, Reviewer
    from clauses.terms.agreement import Agreement, TermSheet, read_agreement, read_term_sheet
    from clauses.terms.values import Date, Days, Money, Months, Number, Percentage
    from clauses.use_cases import built_in_pack, examine_file

__all__ = [
    "Agreement", "ClausesError", "Date", "Days", "Examined", "Finding", "Money", "Months", "Number", "Percentage",
    "Problem", "Review", "Reviewer", "RulePack", "Screen", "TermSheet", "built_in_pack", "check_portfolio",
    "diff_packs", "examine_file", "impact", "ingest", "load_pack", "margins", "negotiate", "open_portfolio",
    "read_agreement", "read_term_sheet", "resolve", "verify", "write_memo", "write_redline",
]  # fmt: skip

_HOMES = {
    "clauses.errors": ("ClausesError", "Problem"),
    "clauses.language.pack": ("RulePack", "load_pack"),
    "clauses.memo.memo": ("write_memo", "write_redline"),
    "clauses.portfolio.check": ("check_portfolio",),
    "clauses.portfolio.impact": ("impact",),
    "clauses.portfolio.ingest": ("ingest",),
    "clauses.portfolio.screen": ("Screen",),
    "clauses.portfolio.store": ("open_portfolio",),
    "clauses.proving": ("margins", "negotiate", "resolve"),
    "clauses.proving_packs": ("diff_packs", "verify"),
    "clauses.review.finding": ("Finding", "Review"),
    "clauses.review.review": ("Examined", "Reviewer"),
    "clauses.terms.agreement": ("Agreement", "TermSheet", "read_agreement", "read_term_sheet"),
    "clauses.terms.values": ("Date", "Days", "Money", "Months", "Number", "Percentage"),
    "clauses.use_cases": ("built_in_pack", "examine_file"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
