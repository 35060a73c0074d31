"""Agreements and term sheets as read from their files, with the place of everything in them.

A clause is kept as a `ClauseVersion`: the typed clause, and the text from which each of its terms was
read, so that a change of one term keeps the places of the others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from clauses.errors import InputError, Problems, did_you_mean
from clauses.source import Place
from clauses.terms.documents import AgreementHeader, AmendmentHeader, TermSheetHeader
from clauses.terms.kinds import KINDS, Clause
from clauses.terms.kinds.base import COMMON_FIELDS
from clauses.terms.party import ID_PATTERN, MAXIMUM_ID, Party, SourceDocument
from clauses.terms.validate import validate
from clauses.terms.values import UNKNOWN, Date
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence, from_plain, read_file, scalars

KINDS_HINT = "`clauses schema kinds` lists the kinds"


@dataclass(frozen=True)
class ClauseVersion:
    """A clause as it reads at some point: its typed terms, and where each of them is written."""

    id: str
    clause: Clause
    nodes: Mapping[str, Node] = field(repr=False)
    written_at: Place = field(repr=False)
    instrument: str
    """The id of the agreement, amendment or term sheet that last wrote it."""
    in_force_since: Date | None = None
    """The latest day by which a clause in force must have started; None for a proposed one."""
    changed: frozenset[str] = frozenset()
    """The terms that the instrument wrote, where it added or amended the clause."""
    ambiguous: frozenset[str] = frozenset()
    """Terms that two amendments of the same date set differently: nobody can tell how they read."""

    @property
    def kind(self) -> str:
        """The name of the clause's kind."""
        return self.clause.kind_name()

    def place(self, term: str) -> Place:
        """Where a term is written, or the clause itself where the term is not stated."""
        node = self.nodes.get(term)
        return node.place if node else self.written_at

    @cached_property
    def content(self) -> str:
        """What the clause says, as one text: equal texts are the same clause."""
        plain = {key: node.plain() for key, node in self.nodes.items()}
        return json.dumps([self.id, plain, sorted(self.ambiguous)], sort_keys=True)


@dataclass(frozen=True)
class Change:
    """One change of an amendment or a term sheet."""

    action: Literal["add", "amend", "remove"]
    clause_id: str
    place: Place = field(repr=False)
    nodes: Mapping[str, Node] = field(repr=False)
    """The whole clause (add), the terms that change (amend), or nothing (remove)."""
    written_at: Place = field(repr=False)
    keys: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """The place of the key of each of the nodes."""


@dataclass(frozen=True)
class Amendment:
    """A dated set of changes, signed."""

    id: str
    title: str
    signed: Date | None
    effective: Date
    prevails_over: tuple[str, ...]
    changes: tuple[Change, ...]
    place: Place = field(repr=False)


@dataclass(frozen=True)
class Agreement:
    """An agreement as signed, and the amendments signed since."""

    id: str
    title: str
    signed: Date | None
    dated: Date | None
    """The day of signing, or of the report from which the terms are known."""
    parties: Mapping[str, Party]
    sources: Mapping[str, SourceDocument]
    clauses: Mapping[str, ClauseVersion]
    amendments: Mapping[str, Amendment]
    root: Mapping_ = field(repr=False)
    sha256: str
    notes: tuple[str, ...] = ()
    """What reading the cap table of the company left out, in sentences."""

    @property
    def file(self) -> str:
        """The file that it was read from."""
        return self.root.place.file

    def party_name(self, party_id: str) -> str:
        """The name of a party, or the id where it is not listed."""
        party = self.parties.get(party_id)
        return party.name if party else party_id

    def clause_ids(self) -> set[str]:
        """The ids of every clause that the agreement or one of its amendments ever held."""
        added = {c.clause_id for a in self.amendments.values() for c in a.changes if c.action == "add"}
        return set(self.clauses) | added


@dataclass(frozen=True)
class TermSheet:
    """A proposed amendment, not signed."""

    id: str
    title: str
    agreement: str
    dated: Date
    effective: Date | None
    proposed_by: str | None
    parties: Mapping[str, Party]
    sources: Mapping[str, SourceDocument]
    changes: tuple[Change, ...]
    root: Mapping_ = field(repr=False)
    sha256: str

    @property
    def file(self) -> str:
        """The file that it was read from."""
        return self.root.place.file


Document = Path | str | Mapping[str, Any] | Mapping_
"""A file, plain data, or a tree that was read before."""


def read_agreement(document: Document, shown_as: str | None = None) -> Agreement:
    """Read an agreement from a file, or from plain data. Raises InputError with every problem found."""
    root = _root(document, shown_as)
    if "term_sheet" in root.items and "clauses" not in root.items:
        raise InputError.of("not-an-agreement", "this is a term sheet, not an agreement", root.keys["term_sheet"])
    problems = Problems()
    header = validate(AgreementHeader, _without(root, "clauses", "amendments"), problems, "an agreement")
    clauses = _read_clauses(root, problems)
    amendments = _read_amendments(root, problems)
    problems.raise_as(InputError)
    assert header is not None
    agreement = Agreement(
        id=header.agreement,
        title=header.title or header.agreement,
        signed=header.signed,
        dated=header.signed or header.as_reported,
        parties=header.parties,
        sources=header.sources,
        clauses=_stamp(clauses, header.agreement, header.signed or header.as_reported),
        amendments=amendments,
        root=root,
        sha256=_digest(root),
    )
    agreement = _with_ocf_holdings(agreement, header.cap_table) if header.cap_table else agreement
    _check_references(agreement, None, problems)
    problems.raise_as(InputError)
    return agreement


def read_term_sheet(document: Document, agreement: Agreement | None = None, shown_as: str | None = None) -> TermSheet:
    """Read a term sheet from a file, or from plain data.

    With the agreement that it would change, the parties and clauses that it names are checked too.
    """
    root = _root(document, shown_as)
    if "term_sheet" not in root.items and "agreement" in root.items and "clauses" in root.items:
        hint = "give the agreement with `--agreement`"
        raise InputError.of("not-a-term-sheet", "this is an agreement, not a term sheet", root.keys["agreement"], hint)
    problems = Problems()
    header = validate(TermSheetHeader, _without(root, "changes"), problems, "a term sheet")
    changes = _read_changes(root, "a term sheet", problems)
    problems.raise_as(InputError)
    assert header is not None
    sheet = TermSheet(
        id=header.term_sheet,
        title=header.title or header.term_sheet.replace("-", " "),
        agreement=header.agreement,
        dated=header.dated,
        effective=header.effective,
        proposed_by=header.proposed_by,
        parties=header.parties,
        sources=header.sources,
        changes=changes,
        root=root,
        sha256=_digest(root),
    )
    if agreement is not None:
        if "." not in sheet.agreement and sheet.agreement != agreement.id:
            sentence = f"the term sheet would change `{sheet.agreement}`, and the agreement given is `{agreement.id}`"
            problems.add("another-agreement", sentence, root.items["agreement"].place)
        _check_references(agreement, sheet, problems)
        problems.raise_as(InputError)
    return sheet


# --- reading -----------------------------------------------------------------------------------


def _root(document: Document, shown_as: str | None) -> Mapping_:
    if isinstance(document, Mapping_):
        return document
    if isinstance(document, Mapping):
        node = from_plain(document)
        assert isinstance(node, Mapping_)
        return node
    return read_file(document, shown_as)


def _digest(root: Mapping_) -> str:
    """The digest of the file's text, or of the data where no file was read."""
    text = root.place.source.text or json.dumps(root.plain(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without(root: Mapping_, *keys: str) -> Mapping_:
    items = {key: node for key, node in root.items.items() if key not in keys}
    return Mapping_(items, root.keys, root.place)


def _read_clauses(root: Mapping_, problems: Problems) -> dict[str, ClauseVersion]:
    node = root.get("clauses")
    if not isinstance(node, Mapping_):
        problems.add("missing-key", "an agreement needs the key `clauses` with `id: …` lines", root.place)
        return {}
    found = {}
    for id, clause_node in node.items.items():
        _check_id(id, node.keys[id], problems)
        version = read_clause(id, clause_node, node.keys[id], "", problems)
        if version:
            found[id] = version
    return found


def _check_id(id: str, place: Place, problems: Problems) -> None:
    if not re.fullmatch(ID_PATTERN, id):
        problems.add("not-an-id", f"`{id}` is not an id", place, "use lower-case letters, digits and single hyphens")
    elif len(id) > MAXIMUM_ID:
        problems.add("too-long", f"`{id}` is longer than {MAXIMUM_ID} characters", place)


def read_clause(id: str, node: Node, place: Place, instrument: str, problems: Problems) -> ClauseVersion | None:
    """Read one clause. Returns None after noting what is wrong."""
    if not isinstance(node, Mapping_):
        problems.add("wrong-type", f"the clause `{id}` should be `key: value` lines", place)
        return None
    kind_node = node.get("kind")
    if not isinstance(kind_node, Scalar):
        problems.add("missing-key", f"the clause `{id}` needs the key `kind`", place, KINDS_HINT)
        return None
    kind = KINDS.get(kind_node.text)
    if kind is None:
        hint = did_you_mean(kind_node.text, KINDS) or KINDS_HINT
        problems.add("unknown-kind", f"there is no kind of clause called `{kind_node.text}`", kind_node.place, hint)
        return None
    clause = validate(kind, _unknown_as_absent(node), problems, f"a clause of kind `{kind_node.text}`")
    return ClauseVersion(id, clause, node.items, place, instrument) if clause else None


def _unknown_as_absent(node: Mapping_) -> Mapping_:
    """`unknown` means *not stated*; the version's nodes keep the word, so that it can be shown."""
    items: dict[str, Node] = {}
    for key, item in node.items.items():
        is_unknown = isinstance(item, Scalar) and item.text == UNKNOWN and key not in COMMON_FIELDS - {"starts", "ends"}
        items[key] = Absent(item.place) if is_unknown else item
    return Mapping_(items, node.keys, node.place)


def _stamp(clauses: dict[str, ClauseVersion], instrument: str, since: Date | None) -> dict[str, ClauseVersion]:
    latest = Date(since.highest, since.highest) if since else None
    return {
        id: ClauseVersion(id, version.clause, version.nodes, version.written_at, instrument, latest)
        for id, version in clauses.items()
    }


def _read_amendments(root: Mapping_, problems: Problems) -> dict[str, Amendment]:
    node = root.get("amendments")
    if node is None or isinstance(node, Absent):
        return {}
    if not isinstance(node, Mapping_):
        problems.add("wrong-type", "`amendments` should be `id: …` lines", node.place)
        return {}
    found = {}
    for id, item in node.items.items():
        place = node.keys[id]
        _check_id(id, place, problems)
        if not isinstance(item, Mapping_):
            problems.add("wrong-type", f"the amendment `{id}` should be `key: value` lines", place)
            continue
        header = validate(AmendmentHeader, _without(item, "changes"), problems, "an amendment")
        changes = _read_changes(item, "an amendment", problems)
        if header is None:
            continue
        effective = header.effective or header.signed
        if effective is None:
            problems.add("missing-key", f"the amendment `{id}` needs the key `effective` or `signed`", place)
            continue
        title = header.title or id.replace("-", " ")
        found[id] = Amendment(id, title, header.signed, effective, header.notwithstanding, changes, place)
    for amendment in found.values():
        for other in amendment.prevails_over:
            if other not in found:
                problems.add(
                    "unknown-amendment", f"there is no amendment `{other}`", amendment.place, did_you_mean(other, found)
                )
    for circle in _circles({id: set(amendment.prevails_over) for id, amendment in found.items()}):
        chain = " → ".join(f"`{id}`" for id in [*circle, circle[0]])
        sentence = f"amendments prevail over each other in a circle: {chain}"
        problems.add("circular-precedence", sentence, found[circle[0]].place if circle[0] in found else node.place)
    return found


def _read_changes(node: Mapping_, what: str, problems: Problems) -> tuple[Change, ...]:
    listed = node.get("changes")
    if not isinstance(listed, Sequence) or not listed.items:
        place = listed.place if listed else node.place
        problems.add("missing-key", f"{what} needs the key `changes` with a change or more", place)
        return ()
    changes = [_read_change(item, problems) for item in listed.items]
    return tuple(change for change in changes if change)


def _read_change(node: Node, problems: Problems) -> Change | None:
    """One of `add: id` with `clause:`, `amend: id` with `set:`, or `remove: id`."""
    actions = {"add": "clause", "amend": "set", "remove": None}
    used = [action for action in actions if isinstance(node, Mapping_) and action in node.items]
    if not isinstance(node, Mapping_) or len(used) != 1:
        hint = "write `add: id` with `clause:`, `amend: id` with `set:`, or `remove: id`"
        problems.add("not-a-change", "a change says one of `add`, `amend` and `remove`", node.place, hint)
        return None
    action = used[0]
    companion = actions[action]
    for key, place in node.keys.items():
        if key not in (action, companion):
            known = [name for name in (action, companion) if name]
            problems.add("unknown-key", f"a change with `{action}` has no key `{key}`", place, did_you_mean(key, known))
    id_node = node.items[action]
    if not isinstance(id_node, Scalar):
        problems.add("wrong-type", f"`{action}` should be the id of a clause", id_node.place)
        return None
    _check_id(id_node.text, id_node.place, problems)
    body = node.get(companion) if companion else Mapping_({}, {}, node.place)
    if not isinstance(body, Mapping_) or (companion and not body.items):
        problems.add(
            "missing-key", f"a change with `{action}` needs `{companion}:` with `key: value` lines", id_node.place
        )
        return None
    if action == "add" and read_clause(id_node.text, body, id_node.place, "", problems) is None:
        return None
    return Change(action, id_node.text, id_node.place, body.items, body.place, body.keys)  # type: ignore[arg-type]


def _with_ocf_holdings(agreement: Agreement, path: str) -> Agreement:
    """The agreement with the parties and holdings of an Open Cap Table company beside its own."""
    from clauses.terms import ocf

    place = agreement.root.items["cap_table"].place
    if place.source.is_sent:
        hint = "write the holdings into the agreement, as clauses of the kind `holding`"
        raise InputError.of("names-a-file", "an agreement that is sent names no file of the reader's", place, hint)
    folder = Path(agreement.file).parent.resolve()
    try:
        company = (folder / path).resolve()
    except (OSError, ValueError):
        raise InputError.of("no-such-file", f"there is no file or folder `{path}`", place) from None
    if not company.is_relative_to(folder):  # an agreement may come from anybody: it names no file of the reader's
        hint = "put the company's files beside the agreement"
        raise InputError.of("outside-the-folder", f"`{path}` lies outside the agreement's folder", place, hint)
    parties, holdings, notes = ocf.read_holdings(Path(agreement.file).parent / path, place)
    versions = {
        id: ClauseVersion(id, clause, {}, place, agreement.id, agreement.dated)
        for id, clause in holdings.items()
        if id not in agreement.clauses
    }
    return Agreement(
        **{
            **agreement.__dict__,
            "parties": {**parties, **agreement.parties},
            "clauses": {**agreement.clauses, **versions},
            "notes": notes,
        }
    )


# --- references --------------------------------------------------------------------------------


def _check_references(agreement: Agreement, sheet: TermSheet | None, problems: Problems) -> None:
    """Every party, clause and source that a document names must exist, and no clause yields to itself."""
    parties: dict[str, Any] = {**agreement.parties, **(sheet.parties if sheet else {})}
    sources: dict[str, Any] = {**agreement.sources, **(sheet.sources if sheet else {})}
    signed = [change for amendment in agreement.amendments.values() for change in amendment.changes]
    changes = list(sheet.changes) if sheet else signed
    added = {change.clause_id for change in changes if change.action == "add"}
    known = {"party": parties, "clause": {*agreement.clause_ids(), *added}, "source": sources}
    kinds = {id: version.kind for id, version in agreement.clauses.items()}
    kinds |= {c.clause_id: str(c.nodes["kind"].plain()) for c in [*signed, *changes] if c.action == "add"}
    if sheet is None:
        for version in agreement.clauses.values():
            _check_nodes(version.kind, version.nodes, known, problems)
        _check_origins([v.nodes for v in agreement.clauses.values()], known, problems)
    else:
        _check_sheet_header(agreement, sheet, parties, problems)
    for change in changes:
        if change.action != "remove" and change.clause_id in kinds:
            _check_nodes(kinds[change.clause_id], change.nodes, known, problems)
    _check_origins([change.nodes for change in changes], known, problems)
    _check_circles(agreement, changes, problems)


def _check_sheet_header(agreement: Agreement, sheet: TermSheet, parties: Mapping[str, Any], problems: Problems) -> None:
    if sheet.proposed_by and sheet.proposed_by not in parties:
        place = sheet.root.items["proposed_by"].place
        problems.add(
            "unknown-party", f"there is no party `{sheet.proposed_by}`", place, did_you_mean(sheet.proposed_by, parties)
        )
    listed = sheet.root.get("parties")
    for id in sheet.parties:
        if id in agreement.parties and isinstance(listed, Mapping_):
            problems.add("party-twice", f"the agreement already has a party `{id}`", listed.keys[id], "use another id")


def _check_nodes(kind: str, nodes: Mapping[str, Node], known: Mapping[str, Any], problems: Problems) -> None:
    types = KINDS[kind].term_types()
    for name, node in nodes.items():
        what = types[name].name if name in types else ""
        if what not in ("party", "clause") or (isinstance(node, Scalar) and node.text == UNKNOWN):
            continue
        for scalar in scalars(node):
            if scalar.text not in known[what]:
                hint = did_you_mean(scalar.text, known[what])
                problems.add(f"unknown-{what}", f"there is no {what} `{scalar.text}`", scalar.place, hint)


def _check_origins(listed: list[Mapping[str, Node]], known: Mapping[str, Any], problems: Problems) -> None:
    """A `reported` clause quotes a document that is listed; nothing is reported on nobody's word."""
    for nodes in listed:
        origin = nodes.get("source")
        if not isinstance(origin, Mapping_):
            continue
        document = origin.get("document")
        if isinstance(document, Scalar) and document.text not in known["source"]:
            hint = did_you_mean(document.text, known["source"])
            problems.add("unknown-source", f"there is no source `{document.text}`", document.place, hint)
        basis = origin.get("basis")
        quote = origin.get("quote")
        quoted = isinstance(quote, Scalar) and quote.text.strip()
        if isinstance(basis, Scalar) and basis.text == "reported" and not (document and quoted):
            hint = "add `document` and `quote`, or write `basis: assumed`"
            problems.add(
                "reported-without-quote", "a reported clause needs a document and its words", basis.place, hint
            )


def _check_circles(agreement: Agreement, changes: list[Change] | tuple[Change, ...], problems: Problems) -> None:
    """No clause may yield, by however many steps, to itself."""
    nodes = {id: dict(version.nodes) for id, version in agreement.clauses.items()}
    places = {id: version.written_at for id, version in agreement.clauses.items()}
    for change in changes:
        nodes.setdefault(change.clause_id, {}).update(change.nodes)
        places.setdefault(change.clause_id, change.place)
    yields: dict[str, set[str]] = {id: set() for id in nodes}
    for id, terms in nodes.items():
        yields[id] |= {scalar.text for scalar in scalars(terms.get("subject_to", Absent(places[id])))}
        for scalar in scalars(terms.get("notwithstanding", Absent(places[id]))):
            yields.setdefault(scalar.text, set()).add(id)
    for circle in _circles(yields):
        chain = " → ".join(f"`{id}`" for id in [*circle, circle[0]])
        node = nodes.get(circle[0], {}).get("subject_to")
        place = node.place if node else places.get(circle[0])
        problems.add("circular-precedence", f"clauses yield to each other in a circle: {chain}", place)


def _circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """One circle for each group of nodes that reach themselves, without recursion."""
    found: list[list[str]] = []
    finished: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        on_path: set[str] = set()
        if start not in finished:
            path, on_path, stack = [start], {start}, [(start, iter(sorted(edges[start])))]
        while stack:
            _, successors = stack[-1]
            following = next(successors, None)
            if following is None:
                finished.add(path[-1])
                on_path.discard(path.pop())
                stack.pop()
            elif following in on_path:
                found.append(path[path.index(following) :])
            elif following not in finished:
                path.append(following)
                on_path.add(following)
                stack.append((following, iter(sorted(edges.get(following, ())))))
    return found
