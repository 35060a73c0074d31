"""What only the page asks: what there is to choose from, the text of a document, its outline, and edits in place.

These run in an evaluator like every other call: they read documents that others sent.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from clauses import use_cases
from clauses.calls import Answer, Desk, SentDocument
from clauses.calls.asked import Call, Name, Sent
from clauses.calls.library import Sort
from clauses.calls.malformed import problems_of
from clauses.errors import InputError, UsageError
from clauses.memo.word import is_word
from clauses.source import Document
from clauses.terms import edit
from clauses.terms.kinds import KINDS
from clauses.use_cases import WORD
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar

MAXIMUM_TEXT = 256 * 1024
"""Characters of a text that is edited in the page; a longer one can be reviewed, and edited elsewhere."""
MAXIMUM_EDITS = 200

Step = str | int
Asked = TypeVar("Asked", bound=Call)


class EditedText(Call):
    """A text that is being edited."""

    text: str = Field(max_length=MAXIMUM_TEXT, description="The document.")
    name: Name = Field("sheet.yaml", description="Its name; the ending tells YAML from JSON.")


class Edit(Call):
    """One edit: exactly one of its keys says what is done."""

    set: tuple[Step, ...] | None = Field(None, max_length=64, description="The path of a value that becomes `to`.")
    to: Any = Field(None, description="The new value: text, null, a list or an object.")
    remove: tuple[Step, ...] | None = Field(None, max_length=64, description="The path of a key or item to remove.")
    add_change: dict[str, Any] | None = Field(None, description="A change to add to a term sheet.")
    become: dict[str, Any] | None = Field(None, description="What the whole document says afterwards.")

    def made(self, text: str, name: str) -> str:
        """The text with the edit."""
        if self.set is not None:
            return edit.set_value(text, self.set, _texts(self.to), name)
        if self.remove is not None:
            return edit.remove_key(text, self.remove, name)
        if self.add_change is not None:
            return edit.add_change(text, _texts(self.add_change), name)
        if self.become is not None:
            return edit.become(text, _texts(self.become), name)
        raise UsageError.of("malformed-call", "an edit says what it does: `set`, `remove`, `add_change` or `become`")


class EditCall(EditedText):
    """Edits of a text, made in their order; where one is refused, none is made."""

    edits: tuple[Edit, ...] = Field(max_length=MAXIMUM_EDITS, description="The edits.")


class OpenCall(Call):
    """A document to be shown: one that is held, or one that is sent in whatever form."""

    sort: Sort = Field(description="What it is.")
    document: Sent = Field(description="The document.")
    agreement: Sent | None = Field(None, description="The agreement, for a form in Word.")


def answers(desk: Desk) -> dict[str, Callable[[Mapping[str, Any]], Answer]]:
    """The calls of the page by name, each from plain data to its answer. They raise ClausesError."""
    return {
        "page-start": lambda data: _json(_start(desk)),
        "page-open": lambda data: _json(_opened(desk, _read(OpenCall, data))),
        "page-outline": lambda data: _json(_outline(_read(EditedText, data))),
        "page-edit": lambda data: _json(_edited(_read(EditCall, data))),
    }


def _read(model: type[Asked], data: Mapping[str, Any]) -> Asked:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UsageError(problems_of(error, model)) from None


def _json(data: object) -> Answer:
    return Answer(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


# --- to choose from


def _start(desk: Desk) -> dict[str, object]:
    """The documents that the server holds, its packs, and what a form needs to know of the kinds of clause."""
    held = {
        sort: [{"id": one.id, "title": one.title, "agreement": one.agreement} for one in listed.values()]
        for sort, listed in desk.library.documents.items()
    }
    return {
        "held": held,
        "packs": sorted(desk.library.packs),
        "schema": use_cases.schemas()["term-sheet"](),
        "kinds": {name: _terms(name) for name in KINDS},
    }


def _terms(kind: str) -> dict[str, object]:
    """The type of every term of a kind, as the rules see it."""
    return {
        name: {"type": type_.name, "choices": type_.choices, "list": type_.is_list}
        for name, type_ in KINDS[kind].term_types().items()
    }


# --- a document to be shown


def _opened(desk: Desk, call: OpenCall) -> dict[str, object]:
    """A document as text. A form in Word becomes the term sheet that it holds, in YAML."""
    document = _document(desk, call.sort, call.document)
    if document.name.endswith(WORD) or is_word(document.data):
        agreement = _document(desk, "agreement", call.agreement) if call.agreement else None
        if agreement is None:
            raise InputError.of("no-agreement", "a form in Word is read beside its agreement", None, "choose it first")
        _, sheet = use_cases.read_deal(document, agreement)
        text = edit.written(sheet.root.plain())
        name = document.name.removesuffix(WORD) + ".yaml"
        return {"name": name, "text": text, **_about(sheet.root)}
    text = document.data.decode("utf-8-sig", "replace")
    try:
        return {"name": document.name, "text": text, **_about(edit.read(text, document.name))}
    except InputError:
        return {"name": document.name, "text": text}  # the review says what is wrong with it, and where


def _about(root: Mapping_) -> dict[str, object]:
    found = {}
    for key in ("term_sheet", "agreement", "title", "position"):
        node = root.get(key)
        if isinstance(node, Scalar):
            found[key] = node.text
    return {"about": found}


def _document(desk: Desk, sort: Sort, sent: SentDocument) -> Document:
    if sent.held is not None:
        return desk.library.document(sort, sent.held)
    name = sent.name or f"{sort}.yaml"
    if sent.text is not None:
        return Document(name, sent.text.encode("utf-8", "surrogatepass"))
    if sent.data is not None:
        return Document(name, edit.written(sent.data).encode())
    try:
        return Document(name, base64.b64decode(sent.base64 or "", validate=True))
    except (binascii.Error, ValueError):
        raise UsageError.of("not-base64", f"what is sent as `{sort}` is not base64") from None


# --- outline and edits


def _outline(call: EditedText) -> dict[str, object]:
    return {"outline": _node(edit.read(call.text, call.name))}


def _edited(call: EditCall) -> dict[str, object]:
    text = call.text
    for one in call.edits:
        text = one.made(text, call.name)
        if len(text) > MAXIMUM_TEXT:
            raise UsageError.of("too-large", "the text is too long to be edited here")
    return {"text": text, "outline": _node(edit.read(text, call.name))}


def _node(node: Node) -> dict[str, object]:
    """A value with the line and column where it stands, for who draws a form of it."""
    place = [node.place.line, node.place.column]
    if isinstance(node, Mapping_):
        return {"at": place, "keys": {key: _node(item) for key, item in node.items.items()}}
    if isinstance(node, Scalar):
        return {"at": place, "text": node.text}
    return {"at": place} if isinstance(node, Absent) else {"at": place, "items": [_node(item) for item in node.items]}


def _texts(value: Any) -> Any:
    """Data as documents have it: every single value is a text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return {str(key): _texts(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_texts(item) for item in value]
    return value if value is None else str(value)
