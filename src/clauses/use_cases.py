"""The verbs that the command line, the HTTP service and MCP share. No clock, no printing, no exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clauses import resources
from clauses.errors import InputError, PackError, Problems, UsageError, did_you_mean
from clauses.extras import needs
from clauses.language.pack import RulePack, load_pack
from clauses.memo.word import MAXIMUM_FILE as MAXIMUM_WORD_FILE
from clauses.memo.word import is_word
from clauses.review.review import Examined, Reviewer
from clauses.source import Document, Place, Source
from clauses.terms.agreement import Agreement, TermSheet, read_agreement, read_term_sheet
from clauses.terms.facts import Deal, deal
from clauses.terms.values import Date
from clauses.yaml_nodes import (
    MAXIMUM_BYTES,
    Mapping_,
    Scalar,
    check_size,
    parse,
    read_data,
    read_file,
    reason,
    text_source,
)

if TYPE_CHECKING:
    from clauses.memo.word.form_stamp import MadeFor

MAXIMUM_NAME = 80
"""How much of a name that is too long for a file is shown."""

BUILT_IN_PACK = "partnership"
ENDINGS = (".yaml", ".yml", ".json", ".toml")
WORD = ".docx"
ENGINES = {
    "both": ("rete", "reference"),
    "rete": ("rete",),
    "reference": ("reference",),
    "compiled": ("compiled",),
}


Named = Path | str | Document
"""A file, or a document that is sent."""

Base = Named | Agreement
"""An agreement: by its file, as it is sent, or as it was read before."""


@dataclass(frozen=True)
class Choice:
    """Which rules and engines a review uses."""

    rules: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    engine: str = "both"


def packs(choice: Choice, shown_as: Mapping[str, str] = {}, loaded: Mapping[str, RulePack] = {}) -> list[RulePack]:
    """The packs chosen, or the built-in one; each a folder, or the name of a built-in pack.

    `shown_as` is what places in a folder say instead of its path; `loaded` are packs that need not be read again.
    """
    found = []
    for name in choice.rules or (BUILT_IN_PACK,):
        if name in loaded:
            found.append(loaded[name])
            continue
        built_in = resources.rules_folder() / name
        is_built_in = not os.path.exists(name) and "/" not in name and os.path.isdir(built_in)
        try:
            shown = shown_as.get(name)
            found.append(load_pack(built_in, f"rules/{name}") if is_built_in else load_pack(name, shown))
        except (OSError, ValueError) as error:
            place = Place(Source(shown_as.get(name, name)[:MAXIMUM_NAME], ""), 0, 0)
            raise PackError.of("no-such-pack", f"the rule pack cannot be read: {reason(error)}", place) from None
    names = [pack.name for pack in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError.of("same-pack-twice", f"two of the packs are called `{name}`")
    if choice.select or choice.ignore:
        found = _selected(found, choice)
    return found


def _selected(found: list[RulePack], choice: Choice) -> list[RulePack]:
    """Each pack with what is selected of it; a word must name something in one of them."""
    words = {word for pack in found for rule in pack.rules for word in (rule.id, *rule.tags)}
    problems = Problems()
    for word in (*choice.select, *choice.ignore):
        if word not in words:
            problems.add("selects-nothing", f"no rule or tag is called `{word}`", None, did_you_mean(word, words))
    problems.raise_as(UsageError)
    kept = []
    for pack in found:
        own = {word for rule in pack.rules for word in (rule.id, *rule.tags)}
        try:
            kept.append(
                pack.select(
                    [w for w in choice.select if w in own] or list(choice.select),
                    [w for w in choice.ignore if w in own],
                )
            )
        except PackError:
            continue
    if not kept:
        raise UsageError.of("selects-nothing", "the selection leaves no rule")
    return kept


def engines(choice: Choice) -> tuple[tuple[str, ...], str | None]:
    """The engines to run, and a sentence where the rete engine cannot run here."""
    if choice.engine not in ENGINES:
        raise UsageError.of(
            "unknown-engine", f"there is no engine `{choice.engine}`", None, did_you_mean(choice.engine, ENGINES)
        )
    names = ENGINES[choice.engine]
    if "rete" not in names:
        return names, None
    from clauses.engines.rete.load import load_engine

    try:
        load_engine()
    except ImportError as error:
        if choice.engine == "rete":
            raise UsageError.of("engine-missing", str(error)) from None
        return ("reference",), f"only the reference engine ran: {error}"
    return names, None


def term_sheet_files(names: Sequence[str | Document]) -> list[Path | Document]:
    """The files named, and those in the folders named. Raises UsageError where there are none."""
    found: list[Path | Document] = []
    for name in names:
        if isinstance(name, Document):
            found.append(name)
            continue
        path = Path(name)
        if name != "-" and os.path.isdir(path):
            inside = _documents(path, (*ENDINGS, WORD))
            if not inside:
                raise UsageError.of("empty-folder", f"the folder `{name}` holds no term sheets")
            found += inside
        else:
            found.append(path)
    if not found:
        raise UsageError.of("nothing-selected", "no term sheet is named")
    return found


def named_agreement(sheet: Document) -> str | None:
    """The agreement that a term sheet names; None where it names none, which its reader will refuse."""
    node = _read(sheet).root.get("agreement")
    return node.text if isinstance(node, Scalar) else None


def find_agreement(sheet_root: Mapping_, sheet_file: Path) -> Mapping_:
    """The text of the agreement of a term sheet: a path in it, or an id found beside the file or one folder up."""
    node = sheet_root.get("agreement")
    if not isinstance(node, Scalar):
        raise InputError.of("missing-key", "a term sheet needs the key `agreement`", sheet_root.place)
    folder = sheet_file.parent if str(sheet_file) != "-" else Path()
    as_path = folder / node.text
    if as_path.suffix in ENDINGS:
        if os.path.isfile(as_path):
            return read_file(as_path)
        raise InputError.of("no-agreement", f"there is no file `{node.text}` beside the term sheet", node.place)
    seen: list[str] = []
    for candidate in _agreement_candidates(folder, node.text):
        root, id = _agreement_and_id(candidate)
        if root is not None and id == node.text:
            return root
        seen += [id] if id else []
    hint = did_you_mean(node.text, seen) if seen else "give its file with `--agreement`"
    raise InputError.of(
        "no-agreement",
        f"no agreement `{node.text}` is found beside the term sheet or in the folder above",
        node.place,
        hint,
    )


def _agreement_candidates(folder: Path, id: str) -> Iterator[Path]:
    for place in (folder, folder / ".." if folder.name in ("", "..") else folder.parent):
        named = [place / f"{stem}{ending}" for stem in ("agreement", id) for ending in ENDINGS]
        yield from (path for path in named if os.path.isfile(path))
        if os.path.isdir(place):
            yield from (path for path in _documents(place) if path not in named)


def _documents(folder: Path, endings: tuple[str, ...] = ENDINGS) -> list[Path]:
    """The files of a folder that may be ours, by name. Raises InputError where it cannot be read."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in endings and path.is_file())
        return [path for path in found if not path.name.startswith("~$")]  # Word's note that a file is open
    except OSError as error:
        place = Place(Source(str(folder), ""), 0, 0)
        raise InputError.of("unreadable-file", f"the folder cannot be read: {reason(error)}", place) from None


def _agreement_and_id(path: Path) -> tuple[Mapping_ | None, str | None]:
    try:
        root = read_file(path)
    except InputError as error:
        if path.stem == "agreement":
            raise error from None
        return None, None
    node = root.get("agreement")
    is_agreement = isinstance(node, Scalar) and "clauses" in root.items
    return (root, node.text) if is_agreement else (None, None)  # type: ignore[union-attr]


def agreement_id(path: Path, named_at: Place) -> str:
    """The id of the agreement in a file that another document names. Raises InputError where there is none."""
    found = _agreement_and_id(path)[1] if path.is_file() else None
    if found is None:
        hint = "write its id, or its path from the folder of this file"
        raise InputError.of("no-agreement", f"there is no agreement in the file `{path.name}`", named_at, hint)
    return found


def read_deal(sheet: Named, agreement: Base | None = None) -> tuple[Agreement, TermSheet]:
    """A term sheet with its agreement; a term sheet that is sent comes with it."""
    return _read_deal(_read(sheet), sheet, agreement)


@dataclass(frozen=True)
class _Read:
    """A document of ours as it was read."""

    root: Mapping_
    made_for: MadeFor | None = None
    """For a form in Word, the state of the agreement for which it was made."""
    data: bytes | None = None
    """For a form in Word, its bytes."""

    def term_sheet(self, agreement: Agreement) -> TermSheet:
        """The document as a term sheet for an agreement. Raises InputError for a form made for another state of it."""
        found = read_term_sheet(self.root, agreement)
        if self.made_for:
            self.made_for.check(agreement)
        return found

    def document(self) -> Document:
        """The document as it could be sent."""
        source = self.root.place.source
        return Document(source.name, self.data if self.data is not None else source.text.encode())


def _read(file: Named) -> _Read:
    """A document of ours, or a term sheet in Word: by what is in it, whatever it is called."""
    if isinstance(file, Document):
        name, data = file.name, file.data
    else:
        name = "(standard input)" if str(file) == "-" else str(file)
        data = read_data(file, name, MAXIMUM_WORD_FILE, is_checked=False)
    is_form = is_word(data) or name.endswith(WORD)
    check_size(data, name, MAXIMUM_WORD_FILE if is_form else MAXIMUM_BYTES)
    if not is_form:
        return _Read(parse(text_source(data, name, isinstance(file, Document))))
    with needs("word", "a term sheet in Word"):
        from clauses.memo.word.read_form import read_form_and_stamp
    return _Read(*read_form_and_stamp(data, name), data)


def root_of(document: Named) -> Mapping_:
    """The text of an agreement or a position. Raises InputError where it cannot be read."""
    return _read(document).root if isinstance(document, Document) else read_file(document)


def _read_deal(read: _Read, sheet: Named, agreement: Base | None) -> tuple[Agreement, TermSheet]:
    root = read.root
    if agreement is None and "term_sheet" not in root.items and "clauses" in root.items and "agreement" in root.items:
        hint = "name a term sheet; `clauses terms` shows what an agreement holds"
        raise InputError.of("not-a-term-sheet", "this is an agreement, not a term sheet", root.keys["agreement"], hint)
    if agreement is None:
        agreement = read_agreement(_agreement_of(root, sheet))
    found = agreement if isinstance(agreement, Agreement) else read_agreement(root_of(agreement))
    return found, read.term_sheet(found)


def _agreement_of(root: Mapping_, sheet: Named) -> Mapping_:
    if isinstance(sheet, Document):
        hint = "send the agreement with it"
        raise InputError.of("no-agreement", "the term sheet comes without its agreement", root.place, hint)
    return find_agreement(root, Path(sheet))


def examine(
    sheets: Sequence[str | Document],
    choice: Choice,
    agreement: str | Document | None = None,
    as_of: Date | None = None,
    known_on: Date | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Examined], str | None]:
    """Review term sheets, and say in a sentence where an engine could not run.

    `progress` hears how many are done. Raises ClausesError with the problems of all inputs.
    """
    files = term_sheet_files(sheets)
    chosen = packs(choice)
    names, remark = engines(choice)
    found: list[Examined] = []
    problems = Problems()
    with Reviewer(chosen, names) as reviewer:
        for number, file in enumerate(files):
            try:
                found.append(examine_one(reviewer, file, agreement, as_of, known_on))
            except InputError as error:
                problems.found += error.problems
            progress(number + 1, len(files))
    problems.raise_as(InputError)
    return found, remark


def examine_one(
    reviewer: Reviewer,
    sheet: Named,
    agreement: Base | None = None,
    as_of: Date | None = None,
    known_on: Date | None = None,
) -> Examined:
    """One term sheet, reviewed with packs that are ready; it says which documents it rests on."""
    read = _read(sheet)
    base, proposed = _read_deal(read, sheet, agreement)
    found = reviewer.examine(base, proposed, as_of or single_day(proposed), known_on)
    return replace(found, inputs=(read.document(), _Read(base.root).document()))


def built_in_pack(name: str = BUILT_IN_PACK) -> RulePack:
    """A pack that ships with clauses."""
    return packs(Choice(rules=(name,)))[0]


def examine_file(
    term_sheet: Path | str, agreement: Path | str | None = None, as_of: str | None = None, choice: Choice | None = None
) -> Examined:
    """Review one term sheet from its file, with the built-in pack unless another is chosen.

    `agreement` is the agreement's file, if not the one that the term sheet names; `as_of` a day such as
    `2025-07-01`, if not the date of the term sheet. Raises ClausesError with every problem of the inputs.
    """
    base = str(agreement) if agreement is not None else None
    found, _ = examine([str(term_sheet)], choice or Choice(), base, day(as_of) if as_of else None)
    return found[0]


def single_day(sheet: TermSheet) -> Date:
    """The day as of which a term sheet is reviewed: its date, which must be a day."""
    if not _is_day(sheet.dated):
        place = sheet.root.items["dated"].place
        hint = "give the day of the review with `--as-of`"
        raise InputError.of("not-a-day", f"`{sheet.dated}` is not a single day", place, hint)
    return sheet.dated


def form(
    agreement: Named,
    sheet: Named | None = None,
    as_of: Date | None = None,
    kinds: Sequence[str] | None = None,
    only: Sequence[str] = (),
    templates: Path | None = None,
    today: Date | None = None,
) -> bytes:
    """A term sheet for an agreement as a form in Word, filled in with `sheet` where one is named.

    It shows the terms in force `as_of` a day, if not the date of the sheet, or else `today`. `kinds` are the kinds of
    which it has an empty clause, `only` the clauses in force that it is about.
    """
    with needs("word", "a form in Word"):
        from clauses.memo.word.form import DEFAULT_KINDS, write_form
    base = read_agreement(root_of(agreement))
    proposed = _read(sheet).term_sheet(base) if sheet is not None else None
    day = as_of or (single_day(proposed) if proposed else today)
    if day is None:
        raise UsageError.of("not-a-day", "no day is named", None, "give the day of the terms in force")
    return write_form(base, day, proposed, DEFAULT_KINDS if kinds is None else kinds, only, templates)


def _is_day(date: Date) -> bool:
    return date.is_exact and date.lowest < Date.limit  # the last day that can be written means `never`


def deal_as_of(document: Named, agreement: Base | None, as_of: Date | None, known_on: Date | None, today: Date) -> Deal:
    """What is in force: for an agreement as of a day, for a term sheet with its changes."""
    read = _read(document)
    if "term_sheet" in read.root.items:
        base, sheet = _read_deal(read, document, agreement)
        return deal(base, sheet, as_of or single_day(sheet), known_on)
    return deal(read_agreement(read.root), None, as_of or today, known_on)


def day(text: str, place: Place | None = None) -> Date:
    """A single day, as `--as-of` takes it."""
    from clauses.terms.values import NotAValue

    try:
        found = Date.read(text)
    except NotAValue as error:
        raise UsageError.of("not-a-day", str(error), place, error.hint or "write `2025-07-01`") from None
    if not _is_day(found):
        raise UsageError.of("not-a-day", f"`{text}` is not a single day", place, "write `2025-07-01`")
    return found


def schemas() -> dict[str, Callable[[], dict[str, Any]]]:
    """The published JSON Schemas by name."""
    from clauses.language.pack import PackDocument
    from clauses.language.rule import RuleDocument
    from clauses.portfolio.mapping import MappingDocument
    from clauses.proofs.positions import PositionDocument
    from clauses.proofs.schemas import answer_schemas
    from clauses.review.finding import review_schema
    from clauses.terms.documents import AgreementDocument, TermSheetDocument

    models = {
        "agreement": AgreementDocument,
        "term-sheet": TermSheetDocument,
        "position": PositionDocument,
        "rule": RuleDocument,
        "pack": PackDocument,
        "mapping": MappingDocument,
    }

    def schema_of(model: Any) -> Callable[[], dict[str, Any]]:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        return lambda: {**dialect, **model.model_json_schema(by_alias=True)}

    documents = {name: schema_of(model) for name, model in models.items()}
    return {**documents, "review": review_schema, **answer_schemas()}
