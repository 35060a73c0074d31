"""How to print for people: colour for terminals, none for files; and how much."""

from __future__ import annotations

from dataclasses import dataclass

from clauses.source import printable

_CODES = {"red": "31", "yellow": "33", "green": "32", "blue": "34", "cyan": "36", "bold": "1", "dim": "2"}

SEVERITY_COLOURS = {"conflict": "red", "consent": "yellow", "flag": "blue", "note": "cyan"}
VERDICT_COLOURS = {"conflict": "red", "consent": "yellow", "undetermined": "yellow", "flag": "blue", "clear": "green"}


@dataclass(frozen=True)
class Ink:
    """Paints text, or leaves it as it is."""

    colour: bool = False
    verbose: bool = False
    """Whether to list the rules that found nothing, too."""

    def paint(self, text: str, *styles: str) -> str:
        """The text in some styles; what a terminal would obey becomes dots."""
        text = printable(text)
        if not self.colour or not styles:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"
