"""Runs the command line."""

from __future__ import annotations

import os
import sys

from clauses.cli import (  # noqa: F401 (each registers its commands)
    documents,
    ledger,
    mcp,
    pack_proofs,
    packs,
    portfolio,
    proofs,
    reviews,
    serve,
)
from clauses.cli.app import app
from clauses.cli.shared import WRONG
from clauses.errors import ClausesError, Disagreement


def main() -> None:
    """Run the command line, and turn everything that can go wrong into a sentence and an exit code."""
    if sys.stderr is None:  # what is meant for it would go to standard output
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except ClausesError as error:
        print(error, file=sys.stderr)
        if isinstance(error, Disagreement):
            print("nothing is shown, because the engines do not agree", file=sys.stderr)
        sys.exit(WRONG)
    except (RecursionError, MemoryError):
        print("error[too-large] the input is too large or too deeply nested to be worked on", file=sys.stderr)
        sys.exit(WRONG)
    except Exception as error:  # the last net: a defect of ours must not print a traceback over the user's work
        if os.environ.get("CLAUSES_DEBUG"):
            raise
        kind = type(error).__name__
        print(f"error[internal] clauses failed ({kind}); this is a defect of ours: please report it", file=sys.stderr)
        print("  = set CLAUSES_DEBUG=1 to see where", file=sys.stderr)
        sys.exit(WRONG)
