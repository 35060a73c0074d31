"""What a server holds: the agreements, term sheets and positions of some folders, and rule packs, each by its id.

A caller names them by id and never by a path. Documents and packs are read once, when the server starts, and go to its
processes as they are: what changes on the disk meanwhile changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from clauses import resources, use_cases
from clauses.errors import InputError, UsageError, did_you_mean
from clauses.language.pack import RulePack
from clauses.source import Document, Place, Source
from clauses.use_cases import ENDINGS, Choice
from clauses.yaml_nodes import Mapping_, Scalar, parse, read_data, reason, text_source

Sort = Literal["agreement", "term_sheet", "position"]
SORTS: tuple[Sort, ...] = ("agreement", "term_sheet", "position")
"""From the key that says the least of what a document is to the one that says the most."""


@dataclass(frozen=True)
class Held:
    """A document that a server holds."""

    id: str
    title: str
    agreement: str
    """The id of the agreement that it is, or is about."""
    document: Document
    term_sheet: str | None = None
    """The id of the draft that a position is about."""


@dataclass(frozen=True)
class Library:
    """Documents by sort and id, and packs by name. Without folders it holds the shipped examples and packs."""

    folders: Sequence[Path] = ()
    packs_given: Sequence[Path] = ()
    documents: Mapping[Sort, Mapping[str, Held]] = field(init=False, repr=False)
    packs: Mapping[str, str] = field(init=False)
    """The folder or built-in name of each pack, by its name."""
    loaded: Mapping[str, RulePack] = field(init=False, repr=False)
    """The packs given, by their folders."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", _documents(self.folders or (resources.examples_folder(),)))
        built_in = {path.name: path.name for path in sorted(resources.rules_folder().iterdir()) if path.is_dir()}
        object.__setattr__(self, "packs", {**built_in, **{path.name: str(path) for path in self.packs_given}})
        given = {str(path): use_cases.packs(Choice(rules=(str(path),)))[0] for path in self.packs_given}
        object.__setattr__(self, "loaded", given)

    def document(self, sort: Sort, id: str) -> Document:
        """A document by its id. Raises UsageError where the server holds none of that name."""
        found = self.documents[sort].get(id)
        if found is None:
            what = sort.replace("_", " ")
            hint = did_you_mean(id, self.documents[sort])
            raise UsageError.of("not-held", f"the server holds no {what} `{id}`", None, hint)
        return found.document

    def pack(self, name: str) -> str:
        """Where a pack is. Raises UsageError where the server has none of that name."""
        if name not in self.packs:
            hint = did_you_mean(name, self.packs)
            raise UsageError.of("not-held", f"the server has no rule pack `{name}`", None, hint)
        return self.packs[name]


def _documents(folders: Sequence[Path]) -> dict[Sort, dict[str, Held]]:
    found: dict[Sort, dict[str, Held]] = {sort: {} for sort in SORTS}
    seen: dict[tuple[Sort, str], Place] = {}
    for folder in folders:
        for path in _files(folder):
            name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
            data = read_data(path, name)
            try:
                root = parse(text_source(data, name))
            except InputError:
                continue  # other files may lie beside ours; a call that needs one hears that it is not held
            sort = _sort(root)
            if sort is None:
                continue
            held = _held(root, sort, Document(name, data))
            if (sort, held.id) in seen:
                sentence = f"two documents are called `{held.id}`: this one and {seen[sort, held.id].file}"
                raise UsageError.of("held-twice", sentence, root.items[sort].place)
            seen[sort, held.id] = root.place
            found[sort][held.id] = held
    return found


def _files(folder: Path) -> Iterator[Path]:
    try:
        if not folder.is_dir():
            place = Place(Source(str(folder), ""), 0, 0)
            raise UsageError.of("no-such-folder", "there is no such folder", place)
        yield from sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    except OSError as error:
        place = Place(Source(str(folder), ""), 0, 0)
        raise InputError.of("unreadable-file", f"the folder cannot be read: {reason(error)}", place) from None


def _sort(root: Mapping_) -> Sort | None:
    """What a document is, by the key that only its sort has."""
    if isinstance(root.get("position"), Scalar):
        return "position"
    if isinstance(root.get("term_sheet"), Scalar):
        return "term_sheet"
    return "agreement" if isinstance(root.get("agreement"), Scalar) and "clauses" in root.items else None


def _held(root: Mapping_, sort: Sort, document: Document) -> Held:
    def text(key: str) -> str:
        node = root.get(key)
        return node.text if isinstance(node, Scalar) else ""

    draft = Path(text("term_sheet")).stem if sort == "position" else None
    return Held(text(sort), text("title") or text(sort), text("agreement"), document, draft)
