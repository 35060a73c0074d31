"""The command line. It alone reads the clock, prints, and knows exit codes.

0   nothing at or above `--fail-on`
1   findings, failed tests, defects, or a difference that was asked about
2   the call, the input, a pack or the configuration is wrong
3   undetermined, and nothing worse
"""

from clauses.cli.main import main

__all__ = ["main"]
