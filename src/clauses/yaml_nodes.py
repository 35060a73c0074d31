"""YAML, JSON and TOML as trees of text that know where they stand.

Every scalar stays text, so that `NO` is Norway and `0.02` is exact; whoever knows the type reads it.
Duplicate keys, aliases and tags are refused: each of them makes a document say something other than
what a reader sees. The trees are the only way in which files enter the package.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def read_source(path: Path | str, shown_as: str | None = None) -> Source:
    """Read a text file of ours: UTF-8, of a sensible size. `-` is standard input."""
    name = shown_as or str(path)
    nowhere = Place(Source(name, ""), 0, 0)
    try:
        data = _read_bytes(path)
    except FileNotFoundError:
        raise InputError.of("no-such-file", "there is no such file", nowhere) from None
    except IsADirectoryError:
        raise InputError.of("is-a-folder", "this is a folder, and a file belongs here", nowhere) from None
    except OSError as error:
        raise InputError.of("unreadable-file", f"the file cannot be read: {_reason(error)}", nowhere) from None
    if len(data) > MAXIMUM_BYTES:
        raise InputError.of(
            "file-too-large",
            f"the file has more than {MAXIMUM_BYTES // 1024 // 1024} MB",
            nowhere,
            "one agreement or term sheet a file",
        )
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InputError.of(
            "not-text",
            "the file is not UTF-8 text",
            Place(Source(name, ""), line, column),
            "save it as plain text in UTF-8; Word and PDF files are read by other commands",
        ) from None


def _read_bytes(path: Path | str) -> bytes:
    if str(path) == "-":
        import sys

        return sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
    with open(path, "rb") as file:
        return file.read(MAXIMUM_BYTES + 1)


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()


def parse(source: Source, stop: int | None = None) -> Mapping_:
    """Parse a source by the ending of its name: `.json`, `.toml`, else YAML. The top is a mapping.

    `stop` leaves out what comes after that index of a YAML text.
    """
    if not source.text.strip():
        raise InputError.of("empty-file", "the file is empty", source.place(0, 0))
    if source.name.endswith(".toml"):
        node: Node = _parse_toml(source)
    else:
        if source.name.endswith(".json"):
            _require_json(source)
        node = _parse_yaml(source, stop)
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


# --- YAML and JSON -----------------------------------------------------------------------------


def _parse_yaml(source: Source, stop: int | None) -> Node:
    _refuse_deep_nesting(source)
    try:
        root = yaml.compose(source.text[:stop], Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _not_yaml(source, error) from None
    if root is None:
        raise InputError.of("empty-file", "the file holds nothing but comments", source.place(0, 0))
    problems = Problems()
    node = _Converter(source, problems).convert(root, 0)
    problems.raise_as(InputError)
    return node


def _not_yaml(source: Source, error: yaml.YAMLError) -> InputError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        index = source.index(mark.line, mark.column)
        place = source.place(index, index + 1)
        said = str(getattr(error, "problem", None) or "it cannot be read")
    else:
        position = getattr(error, "position", 0)
        place = source.place(position, position + 1)
        said = "it holds a character that text files do not have"
    return InputError.of("not-yaml", f"this is not valid YAML: {said}", place, _yaml_hint(said))


def _yaml_hint(said: str) -> str | None:
    if "mapping values are not allowed" in said:
        return "a text with `: ` in it needs quotes around it"
    if "could not find expected ':'" in said or "expected <block end>" in said:
        return "check the indentation, and that each key ends with a colon"
    if "cannot start any token" in said:
        return "indent with spaces, not tabs; a text that starts with a special character needs quotes"
    return None


def _refuse_deep_nesting(source: Source) -> None:
    """Before the C parser sees it: brackets or indicators nested beyond any honest document."""
    for pattern in (rf"(?:[\[{{]\s*){{{MAXIMUM_DEPTH}}}", rf"(?:[-?]\s+){{{MAXIMUM_DEPTH}}}"):
        found = re.search(pattern, source.text)
        if found:
            raise InputError.of("too-deep", "the file is nested too deeply", source.place(found.start(), found.end()))
    depth = 0
    for match in re.finditer(r"[\[{\]}]", source.text):
        depth += 1 if match.group() in "[{" else -1
        if depth > 20 * MAXIMUM_DEPTH:
            raise InputError.of("too-deep", "the file is nested too deeply", source.place(match.start(), match.end()))


class _Converter:
    """Turns the parser's nodes into ours, noting what we refuse."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.seen: set[int] = set()

    def place(self, node: yaml.Node) -> Place:
        source, start, end = self.source, node.start_mark, node.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Place(source, start.line + 1, start.column + 1, max(1, length))

    def convert(self, node: yaml.Node, depth: int) -> Node:
        place = self.place(node)
        if id(node) in self.seen:
            self.problems.add("alias", "aliases (`*name`) are not accepted", place, "write the value out again")
            return Absent(place)
        self.seen.add(id(node))
        if depth > MAXIMUM_DEPTH:
            raise InputError.of("too-deep", "the file is nested too deeply", place)
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.split(":")[-1] not in ("str", "map", "seq"):
            self.problems.add("tag", f"tags (`{node.tag}`) are not accepted", place, "write the value as plain text")
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, place)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.convert(item, depth + 1) for item in node.value), place)
        return self.mapping(node, place, depth)

    def scalar(self, node: yaml.ScalarNode, place: Place) -> Node:
        if not node.style and node.value in ("", "null", "~"):
            return Absent(place)
        return Scalar(node.value, place, *self.raw(node))

    def raw(self, node: yaml.ScalarNode) -> tuple[str, int]:
        """The text as it stands in the file, so that an offset into it is an offset into the file."""
        source = self.source
        start = source.index(node.start_mark.line, node.start_mark.column)
        end = source.index(node.end_mark.line, node.end_mark.column)
        if node.style in ("|", ">"):
            start = source.text.find("\n", start) + 1
        elif node.style in ("'", '"'):
            start, end = start + 1, end - 1
        return source.text[start:end], start

    def mapping(self, node: yaml.Node, place: Place, depth: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = self.place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.add("odd-key", "a key must be a plain text", key_place)
                continue
            key = key_node.value
            if key in items:
                sentence = f"the key `{key}` stands twice, first in line {keys[key].line}"
                self.problems.add("duplicate-key", sentence, key_place)
                continue
            keys[key] = key_place
            items[key] = self.convert(value_node, depth + 1)
        return Mapping_(items, keys, place)


def _require_json(source: Source) -> None:
    """A `.json` file must be JSON, although YAML would read more."""
    try:
        json.loads(source.text)
    except json.JSONDecodeError as error:
        place = source.place(error.pos, error.pos + 1)
        raise InputError.of("not-json", f"this is not valid JSON: {error.msg.lower()}", place) from None
    except RecursionError:
        raise InputError.of("too-deep", "the file is nested too deeply", source.place(0, 0)) from None


# --- TOML --------------------------------------------------------------------------------------


def _parse_toml(source: Source) -> Node:
    try:
        data = tomllib.loads(source.text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        place = source.place(0, 0)
        if found:
            index = source.index(int(found[1]) - 1, int(found[2]) - 1)
            place = source.place(index, index + 1)
        said = re.sub(r" ?\(at .*\)", "", str(error)).lower()
        raise InputError.of("not-toml", f"this is not valid TOML: {said}", place) from None
    except RecursionError:
        raise InputError.of("too-deep", "the file is nested too deeply", source.place(0, 0)) from None
    return _place_toml(data, (), source, _toml_places(source), source.place(0, 0))


def _toml_places(source: Source) -> dict[tuple[str, ...], Place]:
    """Where each `key =` and each `[table]` stands: the standard library reads TOML without places."""
    places: dict[tuple[str, ...], Place] = {}
    table: tuple[str, ...] = ()
    array_lengths: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(source.text.splitlines()):
        if heading := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = tuple(part.strip().strip("\"'") for part in heading[2].split("."))
            if heading[1] == "[[":
                array_lengths[table] = array_lengths.get(table, -1) + 1
                table = (*table, str(array_lengths[table]))
            index = source.index(number, heading.start(1))
            places[table] = source.place(index, index + len(line.strip()))
        elif entry := re.match(r"\s*([\w.\-\"']+)\s*=\s*(.*)", line):
            key = tuple(part.strip("\"'") for part in entry[1].split("."))
            index = source.index(number, entry.start(2))
            places[(*table, *key)] = source.place(index, index + len(entry[2]))
    return places


def _place_toml(
    value: Any, path: tuple[str, ...], source: Source, places: dict[tuple[str, ...], Place], outer: Place
) -> Node:
    place = places.get(path, outer)
    if isinstance(value, dict):
        items = {key: _place_toml(item, (*path, key), source, places, place) for key, item in value.items()}
        return Mapping_(items, {key: places.get((*path, key), place) for key in items}, place)
    if isinstance(value, list):
        listed = enumerate(value)
        return Sequence(tuple(_place_toml(v, (*path, str(i)), source, places, place) for i, v in listed), place)
    if isinstance(value, bool):
        return Scalar("yes" if value else "no", place)
    return Scalar(value.isoformat() if hasattr(value, "isoformat") else str(value), place)


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
