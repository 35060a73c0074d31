"""The templates of the memo: those of `clauses`, and over them, file by file, those of a house.

A house folder has the same tree and holds only the files that differ. A TOML file of the house is merged into
ours key by key. A template of the house can extend the one that it replaces, as `core:memo/memo.html.j2`.
What a house folder holds and nothing reads is refused: a slip in a file name must not bring back our text.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clauses.errors import ClausesError, Problem, Problems, UsageError, did_you_mean
from clauses.memo.plain import Plain, plain
from clauses.resources import templates_folder
from clauses.source import Place, Source

CORE = "core:"
_NAME = re.compile(r"(?:[a-z0-9_]+/)*[a-z0-9_]+(?:\.[a-z0-9]+)+")
_LIMIT = 500_000
_WORD_LIMIT = 5_000_000
_IGNORED = ("README.md",)


class TemplateError(UsageError):
    """A template of the memo, of ours or of a house, asks for what a memo may not hold."""


def template_error(sentence: str, file: str, line: int = 0, hint: str | None = None, text: str = "") -> TemplateError:
    """A refusal that names the template's file and line."""
    place = Place(Source(file, text), line, 1) if file else None
    return TemplateError(Problem("bad-template", sentence, place, hint))


@dataclass(frozen=True)
class Template:
    """One template file as it was found."""

    name: str
    origin: str
    """`built-in` or `house`."""
    shown_as: str
    text: str
    """What it says; empty for a Word document."""
    sha256: str
    data: bytes = field(default=b"", repr=False, compare=False)


class Templates:
    """Finds templates: in the folder of a house first, where there is one, then in our own."""

    def __init__(self, house: Path | None = None, core: Path | None = None) -> None:
        self.core = core or templates_folder()
        self.house = house
        self.texts: dict[str, str] = {}
        """The templates read so far, by the name under which an error shows them."""
        if house is not None and not house.is_dir():
            raise template_error("there is no such folder of templates", str(house))

    def find(self, name: str) -> Template | None:
        """The template of a name, the house's first; `core:` before the name asks for ours."""
        wanted = name.removeprefix(CORE)
        if not _NAME.fullmatch(wanted):
            return None
        if self.house is not None and not name.startswith(CORE):
            found = _read(self.house, wanted, "house", f"{self.house}/{wanted}")
            if found:
                self.texts[found.shown_as] = found.text
                return found
        found = _read(self.core, wanted, "built-in", f"templates/{wanted}")
        if found:
            self.texts[found.shown_as] = found.text
        return found

    def explained(self, error: TemplateError) -> TemplateError:
        """The error with the line of the template that it names."""
        return TemplateError([self._with_line(problem) for problem in error.problems])

    def _with_line(self, problem: Problem) -> Problem:
        place = problem.place
        if place is None or place.source.text or place.file not in self.texts:
            return problem
        source = Source(place.file, self.texts[place.file])
        line = source.line_text(place.line)
        column = len(line) - len(line.lstrip()) + 1
        return replace(problem, place=Place(source, place.line, column, max(1, len(line.strip()))))

    def both(self, name: str) -> list[Template]:
        """Our template of a name and then the house's, where each exists."""
        listed = [self.find(CORE + name), self.find(name)]
        return [found for number, found in enumerate(listed) if found and found not in listed[:number]]

    def settings(self, name: str) -> Plain:
        """A TOML file of ours with the house's values merged into it, key by key."""
        merged: Plain = {}
        for template in self.both(name):
            problems = Problems()
            try:
                data = tomllib.loads(template.text)
            except tomllib.TOMLDecodeError as error:
                raise _toml_error(template, error) from None
            merged = _merged(merged, data, template, "", problems) if merged else data
            problems.raise_as(TemplateError)
        return dict(plain(merged))

    def check_all_known(self, used: set[str]) -> None:
        """Refuse files in a house folder that no format reads."""
        if self.house is None:
            return
        known = used | {str(path.relative_to(self.core)) for path in self.core.rglob("*") if path.is_file()}
        problems = Problems()
        for path in sorted(self.house.rglob("*")):
            name = path.relative_to(self.house).as_posix()
            is_hidden = any(part.startswith(".") for part in path.relative_to(self.house).parts)
            if not path.is_file() or is_hidden or name in known or name in _IGNORED:
                continue
            hint = did_you_mean(name, known)
            problems.add(
                "unused-template", "no memo reads this file", Place(Source(f"{self.house}/{name}", ""), 0, 0), hint
            )
        problems.raise_as(TemplateError)


def _read(root: Path, name: str, origin: str, shown_as: str) -> Template | None:
    path = root / name
    if not path.is_file():
        return None
    if not path.resolve().is_relative_to(root.resolve()):
        raise template_error("this template is a link that leads out of its folder", shown_as)
    data = path.read_bytes()
    is_word = path.suffix == ".docx"
    limit = _WORD_LIMIT if is_word else _LIMIT
    if len(data) > limit:
        raise template_error(f"a template holds at most {limit:,} bytes", shown_as)
    try:
        text = "" if is_word else data.decode("utf-8")
    except UnicodeDecodeError:
        raise template_error("a template is written in UTF-8", shown_as) from None
    return Template(name, origin, shown_as, text.replace("\r\n", "\n"), hashlib.sha256(data).hexdigest(), data)


def _toml_error(template: Template, error: tomllib.TOMLDecodeError) -> ClausesError:
    match = re.search(r"line (\d+)", str(error))
    return template_error("this is not TOML", template.shown_as, int(match[1]) if match else 0, text=template.text)


def _merged(ours: Plain, theirs: Plain, template: Template, path: str, problems: Problems) -> Plain:
    """Our settings with theirs over them. A key that we do not have, or a value of another type, is an error."""
    found = dict(ours)
    for key, value in theirs.items():
        where = f"{path}{key}"
        place = Place(Source(template.shown_as, template.text), _line_of(template.text, key), 1, len(key))
        if key not in ours:
            problems.add("unknown-key", f"there is no setting `{where}`", place, did_you_mean(key, ours))
        elif type(value) is not type(ours[key]) or (isinstance(value, list) and len(value) != len(ours[key])):
            problems.add("wrong-type", f"`{where}` is not written as ours is", place, f"ours: {_shown(ours[key])}")
        elif isinstance(value, dict):
            found[key] = _merged(ours[key], value, template, f"{where}.", problems)
        else:
            found[key] = value
    return found


def _shown(value: Any) -> str:
    return str(value) if not isinstance(value, dict) else f"a table with {', '.join(value)}"


def _line_of(text: str, key: str) -> int:
    match = re.search(rf"^\s*\[?(?:[\w.]+\.)?{re.escape(key)}\b", text, re.MULTILINE)
    return text.count("\n", 0, match.end()) + 1 if match else 0
