"""Settings of a folder: the nearest `clauses.toml`, or `[tool.clauses]` in a `pyproject.toml`.

Options on the command line win over the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clauses.errors import Problems, UsageError, did_you_mean
from clauses.yaml_nodes import Mapping_, Scalar, Sequence, read_file

FILE = "clauses.toml"
_LISTS = ("rules", "select", "ignore")
_TEXTS = ("engine", "fail_on", "templates", "agreement")
_SWITCHES = ("strict",)


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
    strict: bool = False
    file: str | None = None


def find_settings(start: Path, named: str | None = None) -> Settings:
    """The settings of the file named, or of the nearest one at or above a folder. Raises UsageError."""
    if named is not None:
        return _read(Path(named), required=True) or Settings()
    for folder in (start, *start.parents):
        for name in (FILE, "pyproject.toml"):
            path = folder / name
            if path.is_file():
                found = _read(path, required=name == FILE)
                if found is not None:
                    return found
    return Settings()


def _read(path: Path, required: bool) -> Settings | None:
    root: Mapping_ | None = read_file(path)
    if path.name == "pyproject.toml":
        tool = root.get("tool") if root else None
        table = tool.get("clauses") if isinstance(tool, Mapping_) else None
        if not isinstance(table, Mapping_):
            return None
        root = table
    assert root is not None
    return _settings(root, path)


def _settings(root: Mapping_, path: Path) -> Settings:
    problems = Problems()
    found: dict[str, object] = {}
    for key, node in root.items.items():
        if key in _LISTS and isinstance(node, Sequence):
            found[key] = tuple(item.text for item in node.items if isinstance(item, Scalar))
        elif key in _TEXTS and isinstance(node, Scalar):
            found[key] = node.text
        elif key in _SWITCHES and isinstance(node, Scalar) and node.text in ("yes", "no"):
            found[key] = node.text == "yes"
        elif key in (*_LISTS, *_TEXTS, *_SWITCHES):
            wanted = "a list of texts" if key in _LISTS else "true or false" if key in _SWITCHES else "a text"
            problems.add("wrong-type", f"`{key}` should be {wanted}", node.place)
        else:
            hint = did_you_mean(key, (*_LISTS, *_TEXTS, *_SWITCHES))
            problems.add("unknown-key", f"the configuration has no key `{key}`", root.keys[key], hint)
    problems.raise_as(UsageError)
    # Paths in the file are relative to it.
    for key in ("rules", "templates", "agreement"):
        value = found.get(key)
        if isinstance(value, tuple):
            found[key] = tuple(_relative(item, path) for item in value)
        elif isinstance(value, str):
            found[key] = _relative(value, path)
    return Settings(**found, file=str(path))  # type: ignore[arg-type]


def _relative(text: str, path: Path) -> str:
    beside = path.parent / text
    return str(beside) if beside.exists() else text
