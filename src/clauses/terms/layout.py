"""Where each value of a document stands in its text, from its first character to its last.

The trees of `yaml_nodes` know where a value starts, which is what a message needs. Who edits a text in place needs
to know where it ends as well, and how it is written. The text must have been read by `yaml_nodes.parse` before: what
is refused there is not looked for again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from clauses.source import Source

Step = str | int
"""A key, or the number of an item."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Part:
    """A value in its text."""

    start: int
    end: int
    form: str
    """`mapping`, `list`, `text`, or `nothing` where a key has no value."""
    style: str = ""
    """Of a text: its quotes, `|` or `>`, or nothing for a plain one."""
    in_flow: bool = False
    """Whether it stands within brackets or braces, its own or others."""
    items: Mapping[Step, Part] = field(default_factory=dict)
    leads: Mapping[Step, int] = field(default_factory=dict)
    """Where the key of each item starts, or in a list its dash (in brackets: the item itself)."""
    after: Mapping[Step, int] = field(default_factory=dict)
    """The index behind the colon or dash of each item."""


def layout(source: Source) -> Part:
    """Where everything stands in a text of YAML or JSON that has been read before."""
    return _Json(source.text).document() if source.name.endswith(".json") else _Yaml(source).document()


# --- YAML --------------------------------------------------------------------------------------

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")


class _Yaml:
    """Follows the parser's events."""

    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.events: Iterator[Any] = yaml.parse(source.text, Loader=_LOADER)

    def document(self) -> Part:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        return self.part(next(self.events), False)

    def index(self, mark: Any) -> int:
        return min(self.source.index(mark.line, mark.column), len(self.text))

    def part(self, event: Any, in_flow: bool) -> Part:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, in_flow)
        in_flow = in_flow or bool(event.flow_style)
        return self.list(event, in_flow) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(event, in_flow)

    def scalar(self, event: Any, in_flow: bool) -> Part:
        start, end = self.index(event.start_mark), self.index(event.end_mark)
        if start == end:
            return Part(start, end, "nothing", "", in_flow)
        if event.style in ("|", ">"):
            written = self.text[start:end]
            keeps_blank_lines = "+" in written.partition("\n")[0].partition("#")[0]
            end = end - written.endswith("\n") if keeps_blank_lines else start + len(written.rstrip("\n"))
        form = "nothing" if not event.style and event.value in ("", "null", "~") else "text"
        return Part(start, end, form, event.style or "", in_flow)

    def list(self, first: Any, in_flow: bool) -> Part:
        items: dict[Step, Part] = {}
        leads: dict[Step, int] = {}
        after: dict[Step, int] = {}
        start = end = self.index(first.start_mark)
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            number = len(items)
            found = self.part(event, in_flow)
            if in_flow:
                leads[number] = after[number] = found.start
            else:
                leads[number] = self.dash(end)
                after[number] = leads[number] + 1
            items[number] = found
            end = max(found.end, after[number])
        end = self.index(event.end_mark) if in_flow else end
        return Part(start, end, "list", "", in_flow, items, leads, after)

    def dash(self, index: int) -> int:
        """The next sign after blanks and comments."""
        found = _BLANK.match(self.text, index)
        return found.end() if found else index

    def question_mark(self, key: int) -> int:
        """Where a key starts that is announced by a `?`, as a long one may be."""
        before = key - 1
        while before >= 0 and self.text[before] in " \t":
            before -= 1
        return before if before >= 0 and before < key - 1 and self.text[before] == "?" else key

    def mapping(self, first: Any, in_flow: bool) -> Part:
        items: dict[Step, Part] = {}
        leads: dict[Step, int] = {}
        after: dict[Step, int] = {}
        start = end = self.index(first.start_mark)
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            leads[event.value] = self.question_mark(self.index(event.start_mark))
            behind = self.index(event.end_mark)
            found = self.part(next(self.events), in_flow)
            colon = self.text.find(":", behind)
            after[event.value] = colon + 1 if 0 <= colon <= found.start else behind
            items[event.value] = found
            end = max(found.end, after[event.value])
        end = self.index(event.end_mark) if in_flow else end
        return Part(start, end, "mapping", "", in_flow, items, leads, after)


# --- JSON --------------------------------------------------------------------------------------


class _Json:
    """Goes through the signs of a JSON text."""

    SIGN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+)')

    def __init__(self, text: str) -> None:
        self.signs = [(found.start(1), found.end(1)) for found in self.SIGN.finditer(text)]
        self.text = text
        self.number = 0

    def document(self) -> Part:
        return self.part()

    @property
    def sign(self) -> str:
        return self.text[slice(*self.signs[self.number])]

    def next(self) -> tuple[int, int]:
        self.number += 1
        return self.signs[self.number - 1]

    def part(self) -> Part:
        opening = self.sign
        start, end = self.next()
        if opening not in ("{", "["):
            form = "nothing" if opening == "null" else "text"
            return Part(start, end, form, '"' if opening.startswith('"') else "", True)
        items: dict[Step, Part] = {}
        leads: dict[Step, int] = {}
        after: dict[Step, int] = {}
        while self.sign not in ("}", "]"):
            key: Step = len(items)
            lead = self.signs[self.number][0]
            behind = lead
            if opening == "{":
                key = str(json.loads(self.text[slice(*self.next())]))
                behind = self.next()[1]
            leads[key], after[key], items[key] = lead, behind, self.part()
            if self.sign == ",":
                self.next()
        end = self.next()[1]
        return Part(start, end, "mapping" if opening == "{" else "list", "", True, items, leads, after)
