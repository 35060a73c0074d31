"""Features whose packages are installed on request only.

    with needs("word", "a memo in Word"):
        from clauses.memo.word import package

A feature that is asked for and not installed is one sentence with the command that installs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clauses.errors import UsageError


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Around the imports of a feature. Raises UsageError where a package of the extra is missing."""
    try:
        yield
    except ImportError as error:
        package = (error.name or "clauses").partition(".")[0]
        if package == "clauses":  # a defect of ours, not a missing package
            raise
        sentence = f"{what} needs the package `{package}`, which is not installed"
        raise UsageError.of("missing-extra", sentence, None, f"pip install 'clauses[{extra}]'") from None
