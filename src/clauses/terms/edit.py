"""A document's text, edited in place: one value is another, and every other character stays, comments too.

    set_value("ends: 2030  # a guess\\n", ("ends",), "2027-12-31")  →  "ends: 2027-12-31  # a guess\\n"

Whatever is written is read again, and says what was meant and nothing else; an edit of which that is not so is
refused. YAML and JSON can be edited; TOML cannot.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from clauses.errors import InputError
from clauses.source import Place, Source
from clauses.terms.layout import Part, Step, layout
from clauses.yaml_nodes import Mapping_, parse

Path = tuple[Step, ...]
"""The keys, and the numbers of items, that lead to a value."""

Plain = Any
"""Plain data: texts, None, lists and mappings of them."""

LONGEST_LINE = 100
"""A list that would make a longer line is written with a line for each item."""


def written(document: Mapping[str, Plain]) -> str:
    """A document as a YAML text of its own."""
    return "".join(f"{_key(str(key))}:{_block(value, 0)}\n" for key, value in document.items())


def read(text: str, name: str = "sheet.yaml") -> Mapping_:
    """The tree of a text. Raises InputError with every problem in it."""
    return parse(_source(text, name))


def set_value(text: str, path: Path, value: Plain, name: str = "sheet.yaml") -> str:
    """The text in which a value is another. A key that is not there is added.

    `name` tells YAML from JSON by its ending. Raises InputError where the text cannot be read or the edit not made.
    """
    editor = _Editor(text, name)
    if not path:
        raise editor.refused("an edit has to say which value it is about")
    parent = editor.part(path[:-1])
    _source(json.dumps(value, ensure_ascii=False), name)
    if path[-1] not in parent.items:
        if parent.form == "list" and path[-1] != len(parent.items):
            raise editor.refused(f"there is no item `{path[-1]}` in the list")
        return editor.checked(editor.added(path, value), _with(editor.plain, path, value))
    return editor.checked(editor.replaced(path, value), _with(editor.plain, path, value))


def add_key(text: str, path: Path, key: str, value: Plain, name: str = "sheet.yaml") -> str:
    """The text with a key more in the mapping at a path. Raises InputError where it is there already."""
    editor = _Editor(text, name)
    if key in editor.part(path).items:
        raise editor.refused(f"the key `{key}` is there already")
    return set_value(text, (*path, key), value, name)


def remove_key(text: str, path: Path, name: str = "sheet.yaml") -> str:
    """The text without a key and its value, or without an item of a list."""
    editor = _Editor(text, name)
    if not path or path[-1] not in editor.part(path[:-1]).items:
        raise editor.refused("what should be removed is not there")
    return editor.checked(editor.removed(path), _without(editor.plain, path))


def add_change(text: str, change: Mapping[str, Plain], name: str = "sheet.yaml") -> str:
    """The text of a term sheet with a change more, after the others."""
    editor = _Editor(text, name)
    changes = editor.part(()).items.get("changes")
    if changes is None or changes.form == "nothing":
        return set_value(text, ("changes",), [dict(change)], name)
    return set_value(text, ("changes", len(changes.items)), dict(change), name)


def remove_change(text: str, number: int, name: str = "sheet.yaml") -> str:
    """The text of a term sheet without one of its changes, counted from nought."""
    return remove_key(text, ("changes", number), name)


def become(text: str, wanted: Mapping[str, Plain], name: str = "sheet.yaml") -> str:
    """The text edited until it says `wanted`, with as little of it touched as can be: how a fix is applied."""
    editor = _Editor(text, name)
    for edit in list(_differences((), editor.plain, dict(wanted))):
        text = edit(text, name)
    return _Editor(text, name).checked(text, dict(wanted))


# --- what differs ------------------------------------------------------------------------------

_Edit = Callable[[str, str], str]


def _differences(path: Path, old: Plain, new: Plain) -> list[_Edit]:
    """Edits that make the new of the old, in the order in which they can be made."""
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key, value in new.items():
            found += _differences((*path, key), old[key], value) if key in old else [_setting((*path, key), value)]
        return found + [_removal((*path, key)) for key in old if key not in new]
    if isinstance(old, list) and isinstance(new, list):
        return _differences_of_lists(path, old, new)
    return [_setting(path, new)]


def _differences_of_lists(path: Path, old: list[Plain], new: list[Plain]) -> list[_Edit]:
    """Items removed, changed where they stand, and added at the end; or the whole list, where that will not do."""
    kept = [item for item in old if _name(item) in {_name(other) for other in new}]
    if not kept or [_name(item) for item in kept] != [_name(item) for item in new[: len(kept)]]:
        return [_setting(path, new)]
    gone = [number for number, item in enumerate(old) if item not in kept]
    found = [_removal((*path, number)) for number in reversed(gone)]
    for number, item in enumerate(new):
        here = (*path, number)
        found += _differences(here, kept[number], item) if number < len(kept) else [_setting(here, item)]
    return found


def _name(item: Plain) -> str:
    """By what an item of a list is known again: a change by its clause, anything else by what it is."""
    if isinstance(item, dict):
        for action in ("add", "amend", "remove"):
            if action in item:
                return f"{action} {item[action]}"
    return json.dumps(item, sort_keys=True)


def _setting(path: Path, value: Plain) -> _Edit:
    return lambda text, name: set_value(text, path, value, name)


def _removal(path: Path) -> _Edit:
    return lambda text, name: remove_key(text, path, name)


def _with(plain: Plain, path: Path, value: Plain) -> Plain:
    """Plain data in which a value is another."""
    found = copy.deepcopy(plain)
    inner = found
    for number, step in enumerate(path[:-1]):
        if inner[step] is None:
            inner[step] = {}
        inner = inner[path[number]]
    if isinstance(inner, list) and path[-1] == len(inner):
        inner.append(value)
    else:
        inner[path[-1]] = value
    return found


def _without(plain: Plain, path: Path) -> Plain:
    found = copy.deepcopy(plain)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return found


# --- in the text -------------------------------------------------------------------------------


def _source(text: str, name: str) -> Source:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InputError.of("not-text", "the text holds half of a character", Place(Source(name, ""), 0, 0))
    return Source(name, text.removeprefix("\ufeff"), is_sent=True)


class _Editor:
    """A text with its layout."""

    def __init__(self, text: str, name: str) -> None:
        self.source = _source(text, name)
        self.text = self.source.text
        self.root = parse(self.source)
        self.plain = self.root.plain()
        if name.endswith(".toml"):
            raise self.refused("a TOML text cannot be edited in place", "write it as YAML or JSON, or edit it by hand")
        self.is_json = name.endswith(".json")
        self.layout = layout(self.source)
        self.line_break = "\r\n" if "\r\n" in self.text else "\n"

    def refused(self, sentence: str, hint: str | None = None) -> InputError:
        return InputError.of("edit-refused", sentence, Place(self.source, 0, 0), hint)

    def part(self, path: Path) -> Part:
        """The mapping or list at a path, or a key without a value that can become a mapping."""
        found = self.layout
        for step in path:
            if step not in found.items:
                raise self.refused(f"there is nothing at `{'.'.join(map(str, path))}` in the text")
            found = found.items[step]
        if found.form == "text":
            raise self.refused(f"`{'.'.join(map(str, path))}` is a single value and holds no keys")
        return found

    def checked(self, text: str, wanted: Plain) -> str:
        """The text, if it says what is wanted."""
        try:
            said = parse(_source(text, self.source.name)).plain()
        except InputError:
            said = None
        if said != wanted:
            raise self.refused("the text cannot be edited here without losing something", "edit the line by hand")
        return text

    # --- the three edits

    def replaced(self, path: Path, value: Plain) -> str:
        """The text with another value for a key or an item that is there."""
        parent = self.part(path[:-1])
        old, after = parent.items[path[-1]], parent.after[path[-1]]
        if self.is_json:
            return self.spliced(old.start, old.end, self.json(value, old.start, old.style))
        if old.in_flow or parent.in_flow:
            return self.spliced(old.start, old.end, self.spaced(old.start, _flow(value, old.style)))
        is_single = value is None or isinstance(value, str)
        if is_single and old.form == "text" and (value is None or "\n" not in value) and old.style not in ("|", ">"):
            return self.spliced(old.start, old.end, self.spaced(old.start, _scalar(value, False, old.style)))
        indent = self.column(parent.leads[path[-1]])
        if value == {} or value == []:
            return self.emptied(old, after, "{}" if value == {} else "[]")
        written = _item(value, indent) if parent.form == "list" else _block(value, indent)
        return self.spliced(after, max(old.end, after), written)

    def emptied(self, old: Part, after: int, written: str) -> str:
        """The text with nothing in the place of a mapping or list; a comment before it stays."""
        has_comment = "#" in self.text[after : old.start]
        start = old.start if has_comment else after
        return self.spliced(start, max(old.end, after), written if has_comment else f" {written}")

    def added(self, path: Path, value: Plain) -> str:
        """The text with one more key or item, after the others."""
        inside, key = self.part(path[:-1]), path[-1]
        if inside.form == "nothing":
            return self.replaced(path[:-1], {str(key): value})
        last: Step | None = list(inside.items)[-1] if inside.items else None
        if inside.in_flow:
            return self.added_in_flow(inside, last, key, value)
        assert last is not None  # what is empty is written with brackets
        indent = self.column(inside.leads[last])
        pad = self.line_break + " " * indent
        lead = (
            f"{pad}-{_item(value, indent)}"
            if inside.form == "list"
            else f"{pad}{_key(str(key))}:{_block(value, indent)}"
        )
        end = self.line_end(max(inside.items[last].end, inside.after[last]))
        return self.spliced(end, end, lead)

    def added_in_flow(self, inside: Part, last: Step | None, key: Step, value: Plain) -> str:
        """The text with one more key or item within brackets or braces, on a line of its own where the others are."""
        before, end, like = "", inside.start + 1, inside.start
        if last is not None:
            end, like = inside.items[last].end, inside.leads[last]
            above = self.text[:like]
            between = above[len(above.rstrip()) :]
            before = "," + (between if "\n" in between else " ")
        name = str(key)
        if self.is_json:
            key_text = f"{json.dumps(name, ensure_ascii=False)}: " if inside.form == "mapping" else ""
            written = key_text + self.json(value, like)
        else:
            written = (f"{_key(name, True)}: " if inside.form == "mapping" else "") + _flow(value)
        return self.spliced(end, end, before + written)

    def removed(self, path: Path) -> str:
        """The text without a key or an item."""
        inside, key = self.part(path[:-1]), path[-1]
        order = list(inside.items)
        number = order.index(key)
        start, end = inside.leads[key], max(inside.items[key].end, inside.after[key])
        if len(order) == 1:
            return self.last_removed(path, inside, start, end)
        if inside.in_flow:
            if number + 1 < len(order):
                return self.spliced(start, inside.leads[order[number + 1]], "")
            previous = order[number - 1]
            return self.spliced(max(inside.items[previous].end, inside.after[previous]), end, "")
        line = self.text.rfind("\n", 0, start) + 1
        if not self.text[line:start].strip():
            stop = self.line_end(end)
            stop += len(self.line_break) if stop < len(self.text) else 0
            return self.spliced(line, stop, "")
        return self.spliced(start, inside.leads[order[number + 1]], "")  # the first key behind a dash

    def last_removed(self, path: Path, inside: Part, start: int, end: int) -> str:
        """The text without the only key of a mapping or the only item of a list."""
        if inside.in_flow:
            return self.spliced(start, end, "")
        if len(path) < 2:
            raise self.refused("the only key of a document cannot be removed")
        parent = self.part(path[:-2])
        return self.emptied(inside, parent.after[path[-2]], "{}" if inside.form == "mapping" else "[]")

    # --- characters

    def spliced(self, start: int, end: int, written: str) -> str:
        if self.line_break != "\n":
            written = re.sub("\r?\n", self.line_break, written)
        return self.text[:start] + written + self.text[end:]

    def spaced(self, index: int, written: str) -> str:
        """What is written, with a blank before it where it would touch a colon or a dash."""
        return f" {written}" if index and self.text[index - 1] in ":-" else written

    def column(self, index: int) -> int:
        return index - (self.text.rfind("\n", 0, index) + 1)

    def line_end(self, index: int) -> int:
        found = re.compile(r"[^\r\n]*").match(self.text, index)
        return found.end() if found else index

    def json(self, value: Plain, index: int, style: str = '"') -> str:
        if isinstance(value, str):
            is_number = not style and re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", value)
            return value if is_number else json.dumps(value, ensure_ascii=False)
        if value is None or "\n" not in self.text.strip():
            return json.dumps(value, ensure_ascii=False)
        line = self.text.rfind("\n", 0, index) + 1
        pad = re.match(r"[ \t]*", self.text[line:index])
        return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n" + (pad[0] if pad else ""))


# --- how YAML writes a value -------------------------------------------------------------------


def _block(value: Plain, indent: int) -> str:
    """What stands behind `key:`; `indent` is the column of the key."""
    pad = "\n" + " " * (indent + 2)
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_key(str(key))}:{_block(item, indent + 2)}" for key, item in value.items())
    if isinstance(value, list) and value:
        flow = _flow(value)
        if all(isinstance(item, str) for item in value) and len(flow) <= LONGEST_LINE:
            return f" {flow}"
        return "".join(f"{pad}-{_item(item, indent + 2)}" for item in value)
    if isinstance(value, str) and "\n" in value:
        return " " + (_literal(value, pad) or _in_double_quotes(value))
    return " " + (_scalar(value, False) if value is None or isinstance(value, str) else _flow(value))


def _item(value: Plain, indent: int) -> str:
    """What stands behind the dash of an item; `indent` is the column of the dash."""
    if not isinstance(value, dict) or not value:
        return _block(value, indent)
    pad = "\n" + " " * (indent + 2)
    return " " + pad.join(f"{_key(str(key))}:{_block(item, indent + 2)}" for key, item in value.items())


def _flow(value: Plain, style: str = "") -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(key), True)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value, True, style)


def _literal(text: str, pad: str) -> str | None:
    """A text of several lines as it is, behind a `|`; None where that would not keep it."""
    lines = text.removesuffix("\n").split("\n")
    is_kept = all(line.isprintable() and line == line.rstrip() for line in lines) and lines[0] and lines[-1]
    if not is_kept or lines[0].startswith(" ") or text.endswith("\n\n"):
        return None
    return ("|" if text.endswith("\n") else "|-") + "".join(f"{pad}{line}" if line else "\n" for line in lines)


_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.%-]*[A-Za-z0-9%])?")


def _key(text: str, in_flow: bool = False) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]*[A-Za-z0-9_]", text) and text[0].isalnum() else _in_double_quotes(text)


def _scalar(text: str | None, in_flow: bool, style: str = "") -> str:
    """A text as YAML: in the quotes it had, or else plainly where that is read as the same text."""
    if text is None:
        return "null"
    if style not in ("'", '"') and _PLAIN.fullmatch(text) and text != "null":
        return text
    return _found_scalar(text, in_flow, style)


@lru_cache(maxsize=512)
def _found_scalar(text: str, in_flow: bool, style: str) -> str:
    single, double = "'" + text.replace("'", "''") + "'", _in_double_quotes(text)
    ways = [text, double, single] if style != "'" else [single, text, double]
    if style == '"':
        ways = [double]
    for written in ways:
        if "\n" not in written and _is_read_as(written, in_flow, text):
            return written
    return double


def _is_read_as(written: str, in_flow: bool, text: str) -> bool:
    around = f"key: [{written}, {{key: {written}}}]" if in_flow else f"key: {written}\n"
    wanted = [text, {"key": text}] if in_flow else text
    try:
        return bool(parse(Source("(one value)", around)).plain() == {"key": wanted})
    except InputError:
        return False


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _in_double_quotes(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable() and char != "\ufeff":
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\U{ord(char):08x}"
