"""Settings of a folder: the nearest `clauses.toml`, or `[tool.clauses]` in a `pyproject.toml`.

Options on the command line win over the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clauses.errors import Problems, UsageError, did_you_mean
from clauses.yaml_nodes import Mapping_, Node, Scalar, Sequence, parse, read_source

FILE = "clauses.toml"
FAIL_ON = ("conflict", "consent", "flag", "note", "never")
ENGINES = ("both", "rete", "reference")
MAXIMUM_WEIGHT = 1_000

_LISTS = ("rules", "select", "ignore")
_TEXTS = ("engine", "fail_on", "templates", "agreement", "ledger")
_SWITCHES = ("strict",)
_TABLES = ("weights",)
_KEYS = (*_LISTS, *_TEXTS, *_SWITCHES, *_TABLES)
_CHOICES = {"engine": ENGINES, "fail_on": FAIL_ON}


@dataclass(frozen=True)
class Settings:
    """What a configuration file may say."""

    rules: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    engine: str | None = None
    fail_on: str | None = None
    templates: str | None = None
    agreement: str | None = None
    ledger: str | None = None
    """The database in which reviews are recorded: a file, or a URL."""
    strict: bool = False
    weights: Mapping[str, int] = field(default_factory=dict)
    """How many times as much an edit costs that `resolve` proposes: by term, clause, kind of clause or party."""
    file: str | None = None


def find_settings(named: str | None = None, start: Path | None = None) -> Settings:
    """The settings of the file named, or of the nearest one at or above a folder, by default the current one.

    Raises UsageError or InputError where the file is not what it should be.
    """
    if named is not None:
        return _read(Path(named)) or Settings()
    for folder in _upwards(start):
        for name in (FILE, "pyproject.toml"):
            path = folder / name
            if os.path.isfile(path):
                found = _read(path)
                if found is not None:
                    return found
    return Settings()


def _upwards(start: Path | None) -> Iterator[Path]:
    try:
        levels = len((start or Path.cwd()).resolve().parents)
    except OSError:  # the current folder was deleted
        return
    for level in range(levels + 1):  # as relative paths: what is printed is then the same on every machine
        yield (start or Path()).joinpath(*[".."] * level)


def _read(path: Path) -> Settings | None:
    """The settings of a file; None for a `pyproject.toml` that has none."""
    source = read_source(path)
    root = parse(source) if source.text.strip() else Mapping_({}, {}, source.place(0, 0))
    if path.name != "pyproject.toml":
        return _settings(root, path)
    tool = root.get("tool")
    table = tool.get("clauses") if isinstance(tool, Mapping_) else None
    if table is not None and not isinstance(table, Mapping_):
        raise UsageError.of("wrong-type", "`tool.clauses` should be a table", table.place, "write `[tool.clauses]`")
    return _settings(table, path) if table is not None else None


def _settings(root: Mapping_, path: Path) -> Settings:
    problems = Problems()
    found: dict[str, object] = {}
    for key, node in root.items.items():
        if key in _LISTS and isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
            found[key] = tuple(item.text for item in node.items if isinstance(item, Scalar))
        elif key in _TEXTS and isinstance(node, Scalar):
            found[key] = _text(key, node, problems)
        elif key in _SWITCHES and isinstance(node, Scalar) and node.text in ("yes", "no"):
            found[key] = node.text == "yes"
        elif key in _TABLES and isinstance(node, Mapping_):
            found[key] = _weights(node, problems)
        elif key in _KEYS:
            shapes = {"a list of texts": _LISTS, "true or false": _SWITCHES, "a table": _TABLES, "a text": _TEXTS}
            wanted = next(shape for shape, keys in shapes.items() if key in keys)
            problems.add("wrong-type", f"`{key}` should be {wanted}", _item_at_fault(node).place)
        else:
            hint = did_you_mean(key, _KEYS)
            problems.add("unknown-key", f"the configuration has no key `{key}`", root.keys[key], hint)
    problems.raise_as(UsageError)
    # Paths in the file are relative to it.
    for key in ("rules", "templates", "agreement"):
        value = found.get(key)
        if isinstance(value, tuple):
            found[key] = tuple(_relative(item, path) for item in value)
        elif isinstance(value, str):
            found[key] = _relative(value, path)
    ledger = found.get("ledger")
    if isinstance(ledger, str) and "://" not in ledger:
        found["ledger"] = str(path.parent / ledger)  # it may be yet to be made
    return Settings(**found, file=str(path))  # type: ignore[arg-type]


def _weights(table: Mapping_, problems: Problems) -> dict[str, int]:
    found = {}
    for name, node in table.items.items():
        if isinstance(node, Scalar) and node.text.isdecimal() and 0 < int(node.text) <= MAXIMUM_WEIGHT:
            found[name] = int(node.text)
        else:
            sentence = f"the weight of `{name}` should be a whole number from 1 to {MAXIMUM_WEIGHT}"
            problems.add("wrong-type", sentence, node.place)
    return found


def _text(key: str, node: Scalar, problems: Problems) -> str:
    choices = _CHOICES.get(key)
    if choices is not None and node.text not in choices:
        sentence = f"`{node.text}` is not one of the choices of `{key}`"
        problems.add("not-a-choice", sentence, node.place, did_you_mean(node.text, choices))
    return node.text


def _item_at_fault(node: Node) -> Node:
    if isinstance(node, Sequence):
        return next((item for item in node.items if not isinstance(item, Scalar)), node)
    return node


def _relative(text: str, path: Path) -> str:
    beside = path.parent / text
    return str(beside) if os.path.exists(beside) else text
