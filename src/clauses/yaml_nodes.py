"""YAML, JSON and TOML as trees of text that know where they stand.

Every scalar stays text, so that `NO` is Norway and `0.02` is exact; whoever knows the type reads it.
Duplicate keys, aliases and tags are refused: each of them makes a document say something other than
what a reader sees. The trees are the only way in which files enter the package.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from clauses.errors import InputError, Problems
from clauses.source import NOWHERE, Place, Source

MAXIMUM_BYTES = 4 * 1024 * 1024
MAXIMUM_DEPTH = 64
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Scalar:
    """A single text. `raw` is the text as it stands in the file and `raw_start` its index there."""

    text: str
    place: Place
    raw: str | None = None
    raw_start: int = 0

    def plain(self) -> str:
        """The text."""
        return self.text


@dataclass(frozen=True)
class Absent:
    """A key without a value (`ends:`), or with `null`."""

    place: Place

    def plain(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place

    def plain(self) -> list[Any]:
        """The list as plain data."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True)
class Mapping_:
    """A mapping; `keys` gives the place of each key."""

    items: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place

    def plain(self) -> dict[str, Any]:
        """The mapping as plain data."""
        return {key: value.plain() for key, value in self.items.items()}

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        return self.items.get(key)


Node = Scalar | Absent | Sequence | Mapping_


def read_file(path: Path | str, shown_as: str | None = None) -> Mapping_:
    """Read a document. Raises InputError with a place for anything that is not one."""
    return parse(read_source(path, shown_as))


def read_data(
    path: Path | str, shown_as: str | None = None, limit: int = MAXIMUM_BYTES, is_checked: bool = True
) -> bytes:
    """The bytes of a file of a sensible size. `-` is standard input.

    Where it is not checked here, one byte beyond the limit is read, and `check_size` is for the caller.
    """
    nowhere = Place(Source(shown_as or str(path), ""), 0, 0)
    try:
        data = _read_bytes(path, nowhere, limit)
    except FileNotFoundError:
        raise InputError.of("no-such-file", "there is no such file", nowhere) from None
    except IsADirectoryError:
        raise InputError.of("is-a-folder", "this is a folder, and a file belongs here", nowhere) from None
    except (OSError, ValueError) as error:
        raise InputError.of("unreadable-file", f"the file cannot be read: {reason(error)}", nowhere) from None
    if is_checked:
        check_size(data, nowhere.file, limit)
    return data


def check_size(data: bytes, shown_as: str, limit: int = MAXIMUM_BYTES) -> None:
    """Raise InputError for a file of more bytes than one of ours has."""
    if len(data) > limit:
        sentence = f"the file has more than {limit // 1024 // 1024} MB"
        nowhere = Place(Source(shown_as, ""), 0, 0)
        raise InputError.of("file-too-large", sentence, nowhere, "one agreement or term sheet a file")


def read_source(path: Path | str, shown_as: str | None = None) -> Source:
    """Read a text file of ours: UTF-8, of a sensible size. `-` is standard input."""
    return text_source(read_data(path, shown_as), shown_as or str(path))


def text_source(data: bytes, name: str, is_sent: bool = False) -> Source:
    """The text of a file that was read, or of a document that was sent; `name` is what its reader calls it."""
    try:
        return Source(name, data.decode("utf-8-sig"), is_sent=is_sent)
    except UnicodeDecodeError as error:
        readable = Source(name, data[: error.start].decode("utf-8-sig", "ignore"))
        end = len(readable.text)
        raise InputError.of(
            "not-text",
            "the file is not UTF-8 text",
            readable.place(end, end + 1),
            "save it as plain text in UTF-8; of Word documents, the forms of `clauses form` are read",
        ) from None


def _read_bytes(path: Path | str, nowhere: Place, limit: int) -> bytes:
    if str(path) == "-":
        import sys

        if sys.stdin is None:
            raise InputError.of("no-input", "standard input is closed", nowhere)
        return sys.stdin.buffer.read(limit + 1)
    mode = os.stat(path).st_mode
    # A shell passes `<(command)` and standard input as pipes under these names; any other pipe or device may
    # never end, or never start.
    is_from_shell = str(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or is_from_shell):
        hint = "to read from a pipe, name `-` and redirect standard input"
        raise InputError.of("not-a-file", "this is a pipe or a device, and a file belongs here", nowhere, hint)
    with open(path, "rb") as file:
        return file.read(limit + 1)


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read or written, in the words of the system."""
    return (getattr(error, "strerror", None) or "its name is not one that files have").lower()


def parse(source: Source, stop: int | None = None) -> Mapping_:
    """Parse a source by the ending of its name: `.json`, `.toml`, else YAML. The top is a mapping.

    `stop` leaves out what comes after that index of a YAML text.
    """
    if not source.text.strip():
        raise InputError.of("empty-file", "the file is empty", Place(source, 0, 0))
    problems = Problems()
    if source.name.endswith(".toml"):
        node = _parse_toml(source, problems)
    elif source.name.endswith(".json"):
        node = _JsonReader(source, problems).document()
    else:
        node = _parse_yaml(source, problems, stop)
    problems.raise_as(InputError)
    if not isinstance(node, Mapping_):
        raise InputError.of("not-a-mapping", "the file should hold `key: value` lines at the top", node.place)
    return node


def from_plain(value: Any, place: Place = NOWHERE) -> Node:
    """The tree of plain data that a program passed; all of it stands at one place."""
    if value is None:
        return Absent(place)
    if isinstance(value, Mapping):
        items = {str(key): from_plain(item, place) for key, item in value.items()}
        return Mapping_(items, dict.fromkeys(items, place), place)
    if isinstance(value, (list, tuple)):
        return Sequence(tuple(from_plain(item, place) for item in value), place)
    if isinstance(value, float):
        raise InputError.of("float", f"`{value}` is a float and so not exact", place, "pass it as text")
    if isinstance(value, bool):
        return Scalar("yes" if value else "no", place)
    return Scalar(str(value), place)


# --- YAML --------------------------------------------------------------------------------------


def _parse_yaml(source: Source, problems: Problems, stop: int | None) -> Node:
    """The tree of a YAML text. It is built from the parser's events: what the parser itself would build
    is built by recursion in C, and a text that is nested deeply enough would end the process."""
    try:
        return _YamlReader(source, problems, source.text[:stop]).document()
    except yaml.YAMLError as error:
        raise _not_yaml(source, error) from None


_YAML_SAYS = (
    ("mapping values are not allowed", "a `:` stands where no key can be",
     "a text with `: ` in it needs quotes around it; keys of one level start in one column"),
    ("could not find expected ':'", "a key lacks its `:`", "check the indentation and the colons"),
    ("expected <block end>", "a key belongs here", "keys of one level start in one column"),
    ("did not find expected key", "a key belongs here", "keys of one level start in one column"),
    ("expected '-' indicator", "the next `-` of the list belongs here", "all `-` of a list start in one column"),
    ("',' or ']'", "a `,` or `]` belongs here", "a text with brackets or commas in it needs quotes around it"),
    ("',' or '}'", "a `,` or `}` belongs here", "a text with braces or commas in it needs quotes around it"),
    ("node content", "a value belongs here", None),
    ("tab character", "a tab cannot indent a line", "indent with spaces"),
    ("cannot start any token", "no text can start with this character",
     "a text that starts with a special character needs quotes"),
    ("sequence entries are not allowed", "a list cannot start here", "put the first `-` on a line of its own"),
    ("mapping keys are not allowed", "a key cannot stand here", None),
    ("unexpected end of stream", "a text in quotes does not end", None),
    ("unexpected document", "a text in quotes does not end before this", None),
    ("escape", "there is no such escape", "put the text into single quotes"),
    ("number of 8", "an escape lacks its digits", None),
    ("hex", "an escape lacks its digits", None),
    ("document start", "the document ends before this, and nothing may follow", None),
    ("directive", "a line cannot start with `%`", None),
    ("tag", "a tag is not written as tags are", "a text that starts with `!` needs quotes"),
)  # fmt: skip
"""What the parser says, what we say instead, and what would mend it."""


def _not_yaml(source: Source, error: yaml.YAMLError) -> InputError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that no YAML text may hold; the position counts bytes, or characters
        found = _NOT_IN_YAML.search(source.text)
        index = found.start() if found else 0
        sentence = "it holds a character that text files do not have"
        return InputError.of("not-yaml", f"this is not valid YAML: {sentence}", source.place(index, index + 1))
    problem = str(getattr(error, "problem", None))
    if "unexpected" in problem:  # what does not end is better shown where it starts
        mark = getattr(error, "context_mark", None) or mark
    index = min(source.index(mark.line, mark.column), len(source.text.rstrip()))
    place = source.place(index, index + 1)
    if source.text.startswith("\t", index):
        problem = "tab character"
    known = ((ours, hint) for theirs, ours, hint in _YAML_SAYS if theirs in problem)
    sentence, hint = next(known, ("it cannot be read here", None))
    return InputError.of("not-yaml", f"this is not valid YAML: {sentence}", place, hint)


_NOT_IN_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|(?<!^)\ufeff")


class _YamlReader:
    """Turns the parser's events into a tree, noting what we refuse."""

    def __init__(self, source: Source, problems: Problems, text: str) -> None:
        self.source = source
        self.problems = problems
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)

    def document(self) -> Node:
        node: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    place = self.place(event, event)
                    hint = "one agreement, term sheet or rule a file"
                    raise InputError.of("two-documents", "a second document starts here", place, hint)
                node = self.node(next(self.events), 0)
        if node is None or isinstance(node, Absent):
            raise InputError.of("empty-file", "the file holds nothing but comments", Place(self.source, 0, 0))
        return node

    def place(self, first: Any, last: Any) -> Place:
        start, end = first.start_mark, last.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Place(self.source, start.line + 1, start.column + 1, max(1, length))

    def node(self, event: Any, depth: int) -> Node:
        place = self.place(event, event)
        if isinstance(event, yaml.AliasEvent):
            self.problems.add("alias", "aliases (`*name`) are not accepted", place, "write the value out again")
            return Absent(place)
        if depth > MAXIMUM_DEPTH:
            raise InputError.of("too-deep", "the file is nested too deeply", place)
        if event.tag not in _YAML_TAGS:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.problems.add("tag", f"tags (`{tag}`) are not accepted", place, "write the value as plain text")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: Any, place: Place) -> Node:
        if not event.style and event.value in ("", "null", "~"):
            return Absent(place)
        return Scalar(event.value, place, *self.raw(event))

    def raw(self, event: Any) -> tuple[str | None, int]:
        """The text as it stands in the file, so that an offset into it is an offset into the file."""
        source, mark = self.source, event.start_mark
        start = source.index(mark.line, mark.column)
        end = source.index(event.end_mark.line, event.end_mark.column)
        if event.style in ("|", ">"):
            start = source.index(mark.line + 1, 0)
        elif event.style in ("'", '"'):
            start, end = start + 1, end - 1
            if ("\\" if event.style == '"' else "''") in source.text[start:end]:
                return None, 0  # escapes: what stands in the file is not the text
        return source.text[start:end], start

    def sequence(self, first: Any, depth: int) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return Sequence(tuple(items), self.place(first, event))

    def mapping(self, first: Any, depth: int) -> Mapping_:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            place = self.place(event, event)
            if not isinstance(event, yaml.ScalarEvent):
                self.node(event, depth + 1)
                self.problems.add("odd-key", "a key must be a plain text", place)
                self.node(next(self.events), depth + 1)
                continue
            value = self.node(next(self.events), depth + 1)
            _enter(items, keys, event.value, value, place, self.problems)
        return Mapping_(items, keys, self.place(first, event))


_YAML_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))}


def _enter(
    items: dict[str, Node], keys: dict[str, Place], key: str, value: Node, place: Place, problems: Problems
) -> None:
    """Enter a key and its value, unless the key is there."""
    if key in items:
        problems.add("duplicate-key", f"the key `{key}` stands twice, first in line {keys[key].line}", place)
        return
    items[key], keys[key] = value, place


# --- JSON --------------------------------------------------------------------------------------


_read_json_text: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]
"""Reads a text in quotes from the character after the first; the standard library's own."""


class _JsonReader:
    """Reads JSON by its own grammar, with the place of everything; numbers stay as they are written."""

    BLANK = re.compile(r"[ \t\n\r]*")
    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
    WORDS: ClassVar[dict[str, str | None]] = {"true": "yes", "false": "no", "null": None}

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.text, self.problems = source, source.text, problems
        self.index = 0

    def document(self) -> Node:
        self.skip()
        node = self.value(0)
        self.skip()
        if self.index < len(self.text):
            raise self.refused("the document ends before this, and nothing may follow")
        return node

    def skip(self) -> None:
        found = self.BLANK.match(self.text, self.index)
        self.index = found.end() if found else self.index

    def is_at(self, sign: str) -> bool:
        """Whether a sign follows; it is then passed, with the blanks around it."""
        self.skip()
        if not self.text.startswith(sign, self.index):
            return False
        self.index += len(sign)
        self.skip()
        return True

    def refused(self, sentence: str, index: int | None = None) -> InputError:
        at = self.index if index is None else index
        return InputError.of("not-json", f"this is not valid JSON: {sentence}", self.source.place(at, at + 1))

    def value(self, depth: int) -> Node:
        start = self.index
        if depth > MAXIMUM_DEPTH:
            raise InputError.of("too-deep", "the file is nested too deeply", self.source.place(start, start + 1))
        if self.is_at("{"):
            return self.object(start, depth)
        if self.is_at("["):
            return self.array(start, depth)
        if self.text.startswith('"', start):
            text = self.string()
            raw = self.text[start + 1 : self.index - 1]
            return Scalar(text, self.place(start), *((raw, start + 1) if "\\" not in raw else (None, 0)))
        for word, meaning in self.WORDS.items():
            if self.is_at(word):
                place = self.source.place(start, start + len(word))
                return Absent(place) if meaning is None else Scalar(meaning, place)
        number = self.NUMBER.match(self.text, start)
        if number is None:
            raise self.refused("a value belongs here")
        self.index = number.end()
        return Scalar(number[0], self.place(start), number[0], start)

    def place(self, start: int) -> Place:
        end = self.index if "\n" not in self.text[start : self.index] else start + 1
        return self.source.place(start, end)

    def string(self) -> str:
        start = self.index
        if not self.text.startswith('"', start):
            raise self.refused('a key in quotes (`"`) belongs here')
        try:
            text, self.index = _read_json_text(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            said = {"U": "a text in quotes does not end", "Invalid c": "a text holds a control character"}
            sentence = next((ours for theirs, ours in said.items() if error.msg.startswith(theirs)), None)
            if self.text.startswith(("\n", "\r"), error.pos):
                sentence = said["U"]
            raise self.refused(sentence or "there is no such escape", error.pos) from None
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise self.refused("a text holds half of a character", start)
        return text

    def object(self, start: int, depth: int) -> Mapping_:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not (not items and not keys and self.is_at("}")):
            key_start = self.index
            key = self.string()
            place = self.place(key_start)
            if not self.is_at(":"):
                raise self.refused("a `:` belongs here")
            _enter(items, keys, key, self.value(depth + 1), place, self.problems)
            if self.is_at("}"):
                break
            if not self.is_at(","):
                raise self.refused("a `,` or `}` belongs here")
        return Mapping_(items, keys, self.place(start))

    def array(self, start: int, depth: int) -> Sequence:
        items: list[Node] = []
        while not (not items and self.is_at("]")):
            items.append(self.value(depth + 1))
            if self.is_at("]"):
                break
            if not self.is_at(","):
                raise self.refused("a `,` or `]` belongs here")
        return Sequence(tuple(items), self.place(start))


# --- TOML --------------------------------------------------------------------------------------

Steps = tuple[str, ...]
"""The keys, and the numbers of list items, that lead to a value."""

_TOML_SAYS = (
    ("twice", "a table is declared twice"),
    ("overwrite", "a key stands twice"),
    ("Duplicate", "a key stands twice"),
    ("mutate", "a table in braces is complete and takes no more keys"),
    ("Expected '='", "a key lacks its `=`"),
    ("Expected ']", "a `]` belongs here"),
    ("newline or end of document", "the line should end here"),
    ("Unclosed array", "a `,` or `]` belongs here"),
    ("Unclosed inline", "a `,` or `}` belongs here"),
    ("Unterminated", "a text in quotes does not end"),
    ("Expected \"'", "a text in quotes does not end"),
    ("Unescaped", "there is no such escape"),
    ("Escaped", "an escape stands for no character"),
    ("hex value", "an escape lacks its digits"),
    ("character '\\n'", "a text in quotes does not end"),
    ("Illegal character", "a text holds a control character"),
    ("key part", "a key belongs here"),
    ("statement", "a `key = value` line or a `[table]` belongs here"),
    ("nvalid date", "there is no such date"),
    ("value", "a value belongs here; a text needs quotes"),
)
"""What the standard library says, and what we say instead."""


def _parse_toml(source: Source, problems: Problems) -> Node:
    places = _TomlPlaces(source, problems)
    places.read()
    problems.raise_as(InputError)
    try:
        data = tomllib.loads(source.text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        index = source.index(int(found[1]) - 1, int(found[2]) - 1) if found else len(source.text.rstrip())
        said = next((ours for theirs, ours in _TOML_SAYS if theirs in str(error)), "it cannot be read here")
        place = source.place(index, index + 1)
        raise InputError.of("not-toml", f"this is not valid TOML: {said}", place) from None
    except (ValueError, RecursionError):
        sentence = "this is not valid TOML: a number has too many digits"
        raise InputError.of("not-toml", sentence, source.place(0, 0)) from None
    return places.tree(data, (), source.place(0, 0))


class _TomlPlaces:
    """Where each key and each value stands: the standard library reads TOML without places.

    It reads what is valid, and stops at what is not: the library then says what is wrong.
    """

    BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
    PART = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|("(?:[^"\\\n]|\\.)*+")|'([^'\n]*)')[ \t]*""")
    TEXT = re.compile(
        r"""\"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*+\"{3,5}|'{3}(?:[^']|'{1,2}(?!'))*+'{3,5}"""
        r"""|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*'""",
        re.DOTALL,
    )
    BARE = re.compile(r"""[^\s,\[\]{}#"'=]+(?:[ ]\d\d:[\d:.Zz+-]+)?""")

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.text, self.problems = source, source.text, problems
        self.index = 0
        self.keys: dict[Steps, Place] = {}
        self.values: dict[Steps, tuple[Place, str]] = {}
        """The place of a value, and how it is written where it is a single one."""
        self.lengths: dict[Steps, int] = {}
        """The number of the last table of each `[[array]]`."""

    def read(self) -> None:
        table: Steps = ()
        while self.skip():
            start = self.index
            if self.text[start] == "[":
                is_array = self.text.startswith("[[", start)
                self.index += 2 if is_array else 1
                parts = self.key()
                if not parts:
                    return
                table = self.table(parts, is_array)
                self.index += 2 if is_array else 1
                place = self.source.place(start, self.index)
                for length in range(1, len(table) + 1):
                    self.keys.setdefault(table[:length], place)
                    self.values.setdefault(table[:length], (place, ""))
            elif not self.entry(table, 0):
                return

    def skip(self) -> bool:
        """Pass blanks, line breaks and comments; False at the end."""
        found = self.BLANK.match(self.text, self.index)
        self.index = found.end() if found else self.index
        return self.index < len(self.text)

    def is_at(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.index):
            return False
        self.index += len(sign)
        return True

    def key(self) -> Steps:
        """The parts of a dotted key; empty where there is none."""
        start, parts = self.index, []
        while found := self.PART.match(self.text, self.index):
            quoted = found[2]
            parts.append(_toml_text(quoted) if quoted else found[1] or found[3] or "")
            self.index = found.end()
            self.refuse_depth(len(parts), start)
            if not self.is_at("."):
                return tuple(parts)
        return ()

    def refuse_depth(self, depth: int, start: int) -> None:
        if depth > MAXIMUM_DEPTH:
            place = self.source.place(start, start + 1)
            raise InputError.of("too-deep", "the file is nested too deeply", place)

    def table(self, parts: Steps, is_array: bool) -> Steps:
        """The path of a table; one inside an `[[array]]` belongs to its last item."""
        path: Steps = ()
        for number, part in enumerate(parts, 1):
            path = (*path, part)
            if number == len(parts) and is_array:
                self.lengths[path] = self.lengths.get(path, -1) + 1
            if path in self.lengths:
                path = (*path, str(self.lengths[path]))
        return path

    def entry(self, table: Steps, depth: int) -> bool:
        """A `key = value`; False where there is none."""
        start = self.index
        parts = self.key()
        path = (*table, *parts)
        self.refuse_depth(len(path), start)
        if not parts or not self.is_at("="):
            return False
        place = self.source.place(start, start + len(self.text[start : self.index - 1].rstrip()))
        if path in self.keys:
            name, line = ".".join(parts), self.keys[path].line
            self.problems.add("duplicate-key", f"the key `{name}` stands twice, first in line {line}", place)
        for length in range(len(table) + 1, len(path)):
            self.keys.setdefault(path[:length], place)
            self.values.setdefault(path[:length], (place, ""))
        self.keys[path] = place
        return self.value(path, depth)

    def value(self, path: Steps, depth: int) -> bool:
        self.refuse_depth(depth, self.index)
        self.skip_spaces()
        start = self.index
        if self.is_at("["):
            done = self.items(path, "]", depth)
        elif self.is_at("{"):
            done = self.items(path, "}", depth)
        else:
            found = self.TEXT.match(self.text, start) or self.BARE.match(self.text, start)
            done = found is not None
            self.index = found.end() if found else start
        written = self.text[start : self.index]
        end = self.index if "\n" not in written else start + 1
        self.values[path] = (self.source.place(start, end), written)
        return done

    def skip_spaces(self) -> None:
        while self.text.startswith((" ", "\t"), self.index):
            self.index += 1

    def items(self, path: Steps, closing: str, depth: int) -> bool:
        """What stands in brackets or braces, and the closing sign; False where that is not what stands there."""
        number = 0
        while self.skip() and not self.is_at(closing):
            inside = self.value((*path, str(number)), depth + 1) if closing == "]" else self.entry(path, depth + 1)
            number += 1
            if not inside or not self.skip():
                return False
            if not self.is_at(",") and self.text[self.index] != closing:
                return False
        return self.index <= len(self.text)

    def tree(self, data: Any, path: Steps, outer: Place) -> Node:
        """The tree of what the library read, each at its place."""
        place, written = self.values.get(path, (outer, ""))
        if isinstance(data, dict):
            items = {key: self.tree(item, (*path, key), place) for key, item in data.items()}
            return Mapping_(items, {key: self.keys.get((*path, key), place) for key in items}, place)
        if isinstance(data, list):
            listed = (self.tree(item, (*path, str(number)), place) for number, item in enumerate(data))
            return Sequence(tuple(listed), place)
        if isinstance(data, bool):
            return Scalar("yes" if data else "no", place)
        return Scalar(data if isinstance(data, str) else written or str(data), place)


def _toml_text(quoted: str) -> str:
    """The text of a quoted part of a key."""
    try:
        return str(tomllib.loads(f"key = {quoted}")["key"])
    except tomllib.TOMLDecodeError:
        return quoted


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Every node of a tree with its path."""
    yield path, node
    if isinstance(node, Mapping_):
        for key, item in node.items.items():
            yield from walk(item, (*path, key))
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            yield from walk(item, (*path, number))


def at(node: Node, path: tuple[str | int, ...]) -> tuple[Node, Place]:
    """The node nearest to a path, and the best place to point at for it."""
    place = node.place
    for step in path:
        if isinstance(node, Mapping_) and str(step) in node.items:
            place = node.keys.get(str(step), node.items[str(step)].place)
            node = node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
    if isinstance(node, Scalar):
        place = node.place
    return node, place


def scalars(node: Node) -> Iterator[Scalar]:
    """The texts of a value: the text itself, or those of a list."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
