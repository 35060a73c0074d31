"""What the settings of a house (`house.toml`) may say: its colours, its fonts, its paper, its numbering.

They are checked once, when they are read, so that every format refuses the same slip with the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clauses.memo.plain import Plain

HOUSE = "house.toml"
PAPERS = ("a4", "us-letter")
NUMBERINGS = ("decimal", "legal", "none")

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONTS = re.compile(r"[\w ,'\"-]+")


def faults(settings: Plain) -> Iterator[tuple[str, str, str]]:
    """Each setting that no format could follow: its name with dots, what is wrong with it, and what would mend it."""
    for name, known in (("paper", PAPERS), ("numbering", NUMBERINGS)):
        if settings[name] not in known:
            listed = ", ".join(f"`{one}`" for one in known)
            yield name, f"there is no {name} `{settings[name]}`", f"one of {listed}"
    for table in ("colour", "dark"):
        for name, value in settings[table].items():
            if not _COLOUR.fullmatch(value):
                yield f"{table}.{name}", f"`{value}` is not a colour", "a colour reads `#1f3a5f`"
    for name, value in settings["font"].items():
        if not _FONTS.fullmatch(value):
            hint = "the names of fonts, with commas between them"
            yield f"font.{name}", f"`{value}` is not a list of fonts", hint
