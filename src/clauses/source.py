"""Where something stands in a file: the text of a source, and a place in it.

Everything that a reader may ask "where does that come from?" about carries a `Place`.
Lines and columns count from one and count characters, as editors do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NotRequired

from typing_extensions import TypedDict  # pydantic accepts that of `typing` only from Python 3.12 on

LINE_BREAKS = ("\r\n", "\n", "\r", "\x85", "\u2028", "\u2029")
"""What YAML counts as the end of a line; we must count as it does to point at the right one."""
_LINE_BREAK = re.compile("|".join(LINE_BREAKS))


def printable(text: str) -> str:
    """A text that is safe on a terminal: control and direction characters become dots."""
    return "".join(char if char.isprintable() else " " if char == "\t" else "·" for char in text)


class Location(TypedDict):
    """A place as the JSON output writes it."""

    file: str
    line: int
    column: int
    spot: NotRequired[str]
    """Where a document that has no lines shows it, such as `table 2, row 3`; the line is then that of its text."""


def shown(location: Location, *, with_column: bool = False) -> str:
    """A location as people read it: `sheet.yaml:12`, `form.docx: table 2, row 3`."""
    if "spot" in location:
        return f"{location['file']}: {location['spot']}"
    column = f":{location['column']}" if with_column else ""
    return f"{location['file']}:{location['line']}{column}"


@dataclass(frozen=True)
class Document:
    """A document that another program sends: what others take as a path, they take so too.

    Nothing in it is a path: where it names a file, it is refused, and nothing is looked for beside it.
    """

    name: str
    """What places say; it opens nothing."""
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Source:
    """A text with the name under which its reader knows it."""

    name: str
    text: str = field(repr=False)
    spots: Mapping[int, str] = field(default_factory=dict, repr=False, compare=False)
    """For a document that has no lines, such as one of Word: where it shows what stands in a line of the text."""
    is_sent: bool = field(default=False, repr=False, compare=False)
    """Whether another program sent the text: its name is no path, and nothing beside it is looked for."""

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def index(self, line: int, column: int) -> int:
        """The index into the text of a place whose line and column count from zero."""
        return self._starts[min(line, len(self._starts) - 1)] + column

    def line_text(self, line: int) -> str:
        """The text of a line (from one), without its line break; empty beyond the end."""
        if not 1 <= line <= len(self._starts):
            return ""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    def place(self, start: int, end: int) -> Place:
        """The place of the characters from `start` to `end`."""
        start = min(max(start, 0), len(self.text))
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= start else (low, middle)
        return Place(self, low + 1, start - self._starts[low] + 1, max(1, end - start))


@dataclass(frozen=True)
class Place:
    """Some characters of one line of a source."""

    source: Source
    line: int
    column: int
    length: int = 1

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.source.name

    def location(self) -> Location:
        """The place as plain data for the JSON output."""
        found: Location = {"file": self.file, "line": self.line, "column": self.column}
        if self.line in self.source.spots:
            found["spot"] = self.source.spots[self.line]
        return found

    def __str__(self) -> str:
        return shown(self.location(), with_column=True)

    def excerpt(self, width: int = 110) -> str:
        """The line with a caret under the place, in the form that compilers use."""
        text = printable(self.source.line_text(self.line))
        offset = max(0, self.column - 1 - width // 2) if self.column > width else 0
        shown = text[offset : offset + width]
        caret = self.column - 1 - offset
        length = max(1, min(self.length, len(shown) - caret))
        gutter = " | " if self.line in self.source.spots else f"{self.line} | "
        return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {' ' * caret}{'^' * length}"


NOWHERE = Place(Source("(given in code)", ""), 0, 0)
"""The place of a value that a program passed, not a file."""
