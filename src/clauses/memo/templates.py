"""The templates of the memo: those of `clauses`, and over them, file by file, those of a house.

A house folder has the same tree and holds only the files that differ. A TOML file of the house is merged into
ours key by key. A template of the house can extend the one that it replaces, as `core:memo/memo.html.j2`.
What a house folder holds and nothing reads is refused: a slip in a file name must not bring back our text.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clauses.errors import Problem, Problems, UsageError, did_you_mean
from clauses.memo import house_settings
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
        """A TOML file of ours with the house's values merged into it, key by key.

        Raises TemplateError, with the line, for what is not TOML, what we do not have, and what no format can follow.
        """
        merged: Plain = {}
        for template in self.both(name):
            problems = Problems()
            data = _toml(template)
            merged = _merged(merged, data, template, (), problems) if merged else data
            problems.raise_as(TemplateError)
            for setting, sentence, hint in house_settings.faults(merged) if name == house_settings.HOUSE else ():
                problems.add("bad-template", sentence, _place_of(template, setting.split(".")), hint)
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
    is_word = path.suffix == ".docx"
    limit = _WORD_LIMIT if is_word else _LIMIT
    with path.open("rb") as file:
        data = file.read(limit + 1)  # a file may be larger than the memory of this machine
    if len(data) > limit:
        raise template_error(f"a template holds at most {limit:,} bytes", shown_as)
    try:
        text = "" if is_word else data.decode("utf-8")
    except UnicodeDecodeError:
        raise template_error("a template is written in UTF-8", shown_as) from None
    return Template(name, origin, shown_as, text.replace("\r\n", "\n"), hashlib.sha256(data).hexdigest(), data)


# --- settings


def _toml(template: Template) -> Plain:
    """What a TOML file says. Raises TemplateError for one that cannot be read."""
    try:
        return tomllib.loads(template.text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"line (\d+)", str(error))
        raise _unread("this is not TOML", template, int(match[1]) if match else 0) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise _unread("a number has too many digits", template, line_of_long_number(template.text)) from None
    except RecursionError:
        raise _unread("lists or tables are nested too deeply", template, 0) from None


def _unread(sentence: str, template: Template, line: int) -> TemplateError:
    return template_error(sentence, template.shown_as, line, text=template.text)


def line_of_long_number(text: str) -> int:
    """The line of the first number that has more digits than Python reads; 0 where none has."""
    found = re.search(r"[0-9][0-9_]{1000,}", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _merged(ours: Plain, theirs: Plain, template: Template, path: tuple[str, ...], problems: Problems) -> Plain:
    """Our settings with theirs over them. A key that we do not have, or a value of another type, is an error."""
    found = dict(ours)
    for key, value in theirs.items():
        where = ".".join((*path, key))
        place = _place_of(template, (*path, key))
        if key not in ours:
            problems.add("unknown-key", f"there is no setting `{where}`", place, did_you_mean(key, ours))
        elif not _is_like(value, ours[key]):
            problems.add("wrong-type", f"`{where}` is not written as ours is", place, f"ours: {_shown(ours[key])}")
        elif isinstance(value, dict):
            found[key] = _merged(ours[key], value, template, (*path, key), problems)
        else:
            found[key] = value
    return found


def _is_like(theirs: Any, ours: Any) -> bool:
    """Whether a value is of the type of ours, and a list one of as many values of the type of ours."""
    if not isinstance(ours, list):
        return type(theirs) is type(ours)
    return isinstance(theirs, list) and [type(one) for one in theirs] == [type(one) for one in ours]


def _shown(value: Any) -> str:
    return str(value) if not isinstance(value, dict) else f"a table with {', '.join(value)}"


def _place_of(template: Template, path: Sequence[str]) -> Place:
    """Where a setting stands: the key beneath the heading of its table, or in the table in a line."""
    text, source = template.text, Source(template.shown_as, template.text)
    *tables, key = path
    heading = (
        re.search(rf"^[ \t]*\[[ \t]*{re.escape('.'.join(tables))}[ \t]*\]", text, re.MULTILINE) if tables else None
    )
    name = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    found = name.search(text, heading.end() if heading else 0) or name.search(text)
    return source.place(found.start(), found.end()) if found else Place(source, 0, 1, len(key))
