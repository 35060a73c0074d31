"""The engines by name, listed once."""

from __future__ import annotations

from clauses.engines.engine import Engine
from clauses.errors import UsageError, did_you_mean
from clauses.extras import needs

NAMES = ("rete", "reference", "smt", "columnar", "compiled")


def engine(name: str) -> Engine:
    """The engine of a name. It is imported only when it is asked for."""
    match name:
        case "reference":
            from clauses.engines.reference import ENGINE as found
        case "rete":
            from clauses.engines.rete.engine import ENGINE as found
        case "compiled":
            from clauses.engines.compiled.engine import ENGINE as found
        case "columnar":
            with needs("portfolio", "the columnar engine"):
                from clauses.engines.columnar.engine import ENGINE as found
        case "smt":
            with needs("verify", "the engine of proofs"):
                from clauses.engines.smt.engine import ENGINE as found
        case _:
            raise UsageError.of("unknown-engine", f"there is no engine `{name}`", None, did_you_mean(name, NAMES))
    return found
