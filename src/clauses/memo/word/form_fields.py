"""What a term sheet in Word holds: its tables, their rows, and how each value is written and read.

The rows are made from the models of a term sheet and of the kinds of clause, so a new term of a kind is a new row.
The writer and the reader of the form share this module: what one writes, the other knows.
"""

from __future__ import annotations

import datetime
import re
import typing
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from clauses.errors import did_you_mean
from clauses.language.english import capital, kind_words, term_words
from clauses.source import Place
from clauses.terms.documents import Add, TermSheetHeader
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.kinds.base import term_type
from clauses.terms.party import ID_PATTERN, Model, Party, SourceDocument
from clauses.terms.values import UNKNOWN, VALUE_TYPES, Date, NotAValue
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence

NOT_STATED = "not stated"
"""How a form says that a term is no longer stated."""
NONE = "none"
"""How a form says that a list is empty."""
REMOVE, YES, NO = "remove", "yes", "no"

SHEET, PARTY, SOURCE = "TS", "PARTY", "SOURCE"
CLAUSE, NEW = "CL", "NEW"
REF = re.compile(rf"(?P<table>{SHEET}|{PARTY}|{SOURCE}|(?:{CLAUSE}|{NEW})-[0-9]{{2,6}})(?:\.(?P<path>[a-z_.]+))?")
"""The first cell of a row: `CL-03` above a table, `CL-03.ends` in it."""
HEAD = re.compile(r"(?P<subject>[a-z0-9-]+(?: [a-z]+)?) \((?P<kind>[a-z_]+)\)")
"""The second cell of the row above a clause: `azure-exclusivity (exclusivity)`, `new clause (supply)`."""
NEW_CLAUSE = "new clause"
COUNT = "clauses"
"""The row that says which tables of clauses the form was made with, so that a lost one is missed."""
FORM = "form"
"""The row that says for which state of the agreement the form was made; see `form_stamp`."""


@dataclass(frozen=True)
class FormField:
    """One row of a table: a value that may be filled in."""

    path: tuple[str, ...]
    """The keys that lead to it within the clause or the header, such as `source`, `quote`."""
    type: TermType
    help: str
    is_required: bool = False
    is_id: bool = False
    may_be_absent: bool = True
    """Whether the model takes a key without a value for *not stated*."""
    caption: str = ""
    """What the row is called, where the names of its keys do not say it."""

    @property
    def name(self) -> str:
        """The end of its reference: `source.quote`."""
        return ".".join(self.path)

    @property
    def label(self) -> str:
        """What the row is called."""
        return self.caption or capital(": ".join(term_words(step) for step in self.path))

    @property
    def is_words(self) -> bool:
        """Whether the value is words, which are taken as they stand."""
        return self.type.name == "text" and not self.is_id

    @property
    def choices(self) -> tuple[str, ...]:
        """The closed list of its values, if it has one."""
        return self.type.choices if not self.type.is_list else ()

    @property
    def prompt(self) -> str:
        """What stands in the field until it is filled in."""
        if self.type.is_list:
            return _LIST_PROMPTS[self.type.name]
        return _ID_PROMPT if self.is_id else _PROMPTS[self.type.name]


_PROMPTS = {
    "money": "[for example USD 4bn]", "percentage": "[for example 32.5%]", "date": "[for example 4 May 2026]",
    "days": "[for example 90 days]", "months": "[for example 24 months]", "number": "[for example 3]",
    "text": "[write the words here]", "choice": "[choose one]", "party": "[choose a party]",
    "clause": "[choose a clause]", "source": "[the id of a document]",
}  # fmt: skip
_ID_PROMPT = "[an id, such as new-supply]"
_LIST_PROMPTS = {
    "party": "[ids of parties, with commas between]",
    "clause": "[ids of clauses, with commas between]",
    "choice": "[some of the words named, with commas between]",
}

PROGRAMS_PROMPTS = frozenset((
    "Click or tap here to enter text.", "Click here to enter text.", "Click or tap to enter a date.",
    "Click here to enter a date.", "Choose an item.", "Choose a date", "Enter text here", "Place your text here",
    "Klicken oder tippen Sie hier, um Text einzugeben.", "Klicken oder tippen Sie, um ein Datum einzugeben.",
    "Klicken Sie hier, um Text einzugeben.", "Klicken Sie hier, um ein Datum einzugeben.",
    "Wählen Sie ein Element aus.", "Cliquez ou appuyez ici pour entrer du texte.",
    "Cliquez ou appuyez ici pour entrer une date.", "Cliquez ici pour entrer du texte.",
    "Cliquez ici pour entrer une date.", "Choisissez un élément.",
    "Haga clic o pulse aquí para escribir texto.", "Haga clic aquí o pulse para escribir una fecha.",
    "Elija un elemento.", "Fare clic o toccare qui per immettere il testo.",
    "Fare clic o toccare per immettere una data.", "Scegliere un elemento.",
    "Klik of tik om tekst in te voeren.", "Klik of tik om een datum in te voeren.", "Kies een item.",
    "Clique ou toque aqui para introduzir texto.", "Clique ou toque para introduzir uma data.", "Escolha um item.",
))  # fmt: skip
"""What word processors put into a field that was cleared."""


@cache
def prompts() -> frozenset[str]:
    """Every text that means *not filled in*, with single blanks."""
    return PROGRAMS_PROMPTS | {*_PROMPTS.values(), *_LIST_PROMPTS.values(), _ID_PROMPT}


@cache
def _stems() -> tuple[str, ...]:
    """Parts of our prompts by which one is known that was only half replaced."""
    found = {"[for example"}
    for prompt in prompts() - PROGRAMS_PROMPTS:
        found |= {prompt[:-1], prompt[1:]}
    return (*sorted(found), *sorted(PROGRAMS_PROMPTS))


def holds_prompt(text: str) -> bool:
    """Whether a text that is no prompt holds a part of one."""
    return any(stem in text for stem in _stems())


# --- the rows


@cache
def sheet_fields() -> tuple[FormField, ...]:
    """The rows of the table of the term sheet; the agreement and the last two are fixed."""
    help = "How many clauses in force the form has, so that a lost one is missed."
    count = FormField((COUNT,), TermType("text"), help, is_required=True, is_id=True, caption="Clauses")
    help = "For which day and which state of the agreement the form was made, and a check of what it printed."
    stamp = FormField((FORM,), TermType("text"), help, is_required=True, is_id=True, caption="Form")
    return (*_fields(TermSheetHeader), count, stamp)


@cache
def party_fields() -> tuple[FormField, ...]:
    """The rows of the table of a new party."""
    return (_id_field("The id by which clauses name the party."), *_fields(Party))


@cache
def source_fields() -> tuple[FormField, ...]:
    """The rows of the table of a document that terms are taken from."""
    return (_id_field("The id by which clauses name the document."), *_fields(SourceDocument))


@cache
def clause_fields(kind: str) -> tuple[FormField, ...]:
    """The rows of a clause in force: what can be amended, and whether it is struck out."""
    sort = TermType("choice", (YES, NO))
    removal = FormField((REMOVE,), sort, "With yes, nothing else is filled in here.", caption="Strike out this clause")
    return (*_fields(KINDS[kind]), removal)


@cache
def new_fields(kind: str) -> tuple[FormField, ...]:
    """The rows of a new clause."""
    return (_id_field(Add.model_fields["add"].description or ""), *_fields(KINDS[kind]))


def fields_of(table: str, kind: str) -> tuple[FormField, ...]:
    """The rows of a table by its reference (`CL-03`)."""
    if table in (SHEET, PARTY, SOURCE):
        return {SHEET: sheet_fields, PARTY: party_fields, SOURCE: source_fields}[table]()
    return clause_fields(kind) if table.startswith(CLAUSE) else new_fields(kind)


def kind_title(kind: str) -> str:
    """A kind as a heading: `Equity on conversion`."""
    return capital(kind_words(kind))


def _id_field(help: str) -> FormField:
    return FormField(("id",), TermType("text"), help, is_required=True, is_id=True)


def _fields(model: type[Model], above: tuple[str, ...] = ()) -> Iterator[FormField]:
    for name, info in model.model_fields.items():
        inner: Any = info.annotation
        if name == "kind" or getattr(inner, "__origin__", None) is dict:
            continue  # a table of its own says it
        if isinstance(inner, type) and issubclass(inner, Model):
            yield from _fields(inner, (*above, name))
            continue
        is_id = any(getattr(mark, "pattern", None) == ID_PATTERN for mark in info.metadata)
        sort = term_type(model, name)
        yield FormField(
            path=(*above, name),
            type=sort,
            help=_help(info.description or "", sort),
            is_required=info.is_required(),
            is_id=is_id and sort.name == "text",
            may_be_absent=type(None) in typing.get_args(inner),
        )


def _help(description: str, sort: TermType) -> str:
    """What a reader who fills in the row should know: what it means, and the words of a list."""
    plain = description.replace("`", "")
    return f"{plain} Of: {', '.join(sort.choices)}." if sort.is_list and sort.choices else plain


# --- writing a value


def shown(node: Node) -> str:
    """A value of a term sheet as the form shows it: the text that `read_value` reads as that value."""
    if isinstance(node, Absent):
        return NOT_STATED
    if isinstance(node, Sequence):
        return ", ".join(str(item.plain()) for item in node.items) or NONE
    return shown_text(str(node.plain()))


def shown_text(text: str) -> str:
    """A text as the form shows it: a single day in words, anything else as it stands."""
    day = exact_day(text)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day and day.year > 999 else text


def exact_day(text: str) -> datetime.date | None:
    """The day of a text such as `2026-05-04`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return datetime.date.fromordinal(Date.read(text).lowest)
    except NotAValue:
        return None


# --- reading a value


class NotReadable(ValueError):
    """A value that could be read in more than one way, or in none."""

    def __init__(self, id: str, sentence: str, hint: str) -> None:
        super().__init__(sentence)
        self.id, self.sentence, self.hint = id, sentence, hint


def read_value(
    text: str, field: FormField, place: Place, part_of: Any, names: Mapping[str, str] | None = None
) -> Node | None:
    """The value of a field as a term sheet would hold it, or None where it is not filled in.

    `part_of(index, length)` is the place of a part of the text; `names` leads from the names of parties to their ids.
    Raises NotReadable.
    """
    words = single_spaced(text)
    if not words or words in prompts():
        return None
    if holds_prompt(words):
        hint = "write the whole value anew, or delete all of it"
        raise NotReadable("prompt-left-in", f"`{words}` still holds words of the prompt", hint)
    if words.lower() == NOT_STATED:
        return _nothing(field, place)
    if field.is_words:
        return Scalar(text.strip(), place)
    if words.lower() == UNKNOWN and field.path != ("id",):
        return Scalar(UNKNOWN, place)
    if field.type.is_list:
        return _read_list(text, field, place, part_of, names or {})
    if "\n" in text.strip():
        raise NotReadable("several-lines", "several lines stand where one value belongs", "leave one of them")
    return Scalar(_read_one(words, field, names or {}), place)


def single_spaced(text: str) -> str:
    """A text in which every run of blanks, of whatever width, is one blank, and hyphens are hyphens."""
    return " ".join(text.replace("\u2011", "-").replace("\u00ad", "").split())


def _nothing(field: FormField, place: Place) -> Node:
    if field.may_be_absent or field.is_required:
        return Absent(place)
    return Sequence((), place) if field.type.is_list else Scalar("", place)


def _read_list(text: str, field: FormField, place: Place, part_of: Any, names: Mapping[str, str]) -> Node:
    if single_spaced(text).lower() == NONE:
        return Sequence((), place)
    items = []
    for match in re.finditer(r"[^,;\n]+", text):
        item = single_spaced(match[0])
        if item:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            items.append(Scalar(_read_one(item, field, names), part_of(start, len(match[0].strip()))))
    return Sequence(tuple(items), place)


def _read_one(words: str, field: FormField, names: Mapping[str, str]) -> str:
    sort = field.type.name
    if sort == "choice":
        return _read_choice(words, field)
    if sort == "party" and words.casefold() in names and not re.fullmatch(ID_PATTERN, words):
        hint = f"did you mean `{names[words.casefold()]}`?"
        raise NotReadable("not-an-id", f"`{words}` is the name of a party, and its id belongs here", hint)
    return _read_quantity(words, sort) if sort in VALUE_TYPES else words


def _read_quantity(words: str, sort: str) -> str:
    """An amount, a share, a date or a period, as a term sheet writes it."""
    if any(unicodedata.category(char).startswith("N") and not char.isascii() for char in words):
        sentence = f"`{words}` holds digits of another script, which a reader may take for others"
        raise NotReadable("not-a-value", sentence, f"write it with the digits 0 to 9, {_EXAMPLES[sort]}")
    text = read_date(words) if sort == "date" else words
    try:
        VALUE_TYPES[sort].read(text)
    except NotAValue as error:
        raise NotReadable("not-a-value", str(error).replace(text, words), _hint(words, sort, error)) from None
    return text


def _hint(words: str, sort: str, error: NotAValue) -> str:
    """How a value is written in a form, where possible with the value that was meant."""
    for sign, code in _SIGNS.items():
        if sort == "money" and sign in words:
            return f"write the currency in three letters: `{code} {words.replace(sign, '').strip()}`"
    if sort == "percentage" and re.fullmatch(r"[0-9]+,[0-9]+ ?%", words):
        return f"write `{words.replace(',', '.').replace(' ', '')}`, with a point"
    is_ours = sort == "date" or error.hint is None
    return f"write it {_EXAMPLES[sort]}" if is_ours else str(error.hint)


_EXAMPLES = {
    "money": "as `USD 4bn` or `USD 1,250,000`", "percentage": "as `32.5%` or `30%..49%`",
    "date": "as `4 May 2026` or `2026-05-04`; `April 2026` or `2026` where no day is known; `never` for no end",
    "days": "as `90 days`", "months": "as `24 months`", "number": "as `3`",
}  # fmt: skip
_SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD", "$": "USD", "¥": "JPY"}


def _read_choice(words: str, field: FormField) -> str:
    """One of the choices, in whatever case it is written."""
    for choice in field.type.choices:
        if words.lower() == choice.lower():
            return choice
    hint = did_you_mean(words, field.type.choices) or f"one of: {', '.join(field.type.choices)}"
    raise NotReadable("not-a-choice", f"`{words}` is not one of the choices of `{field.name}`", hint)


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH_NUMBERS = {name[:length].lower(): n for n, name in enumerate(_MONTHS, 1) for length in (3, len(name))}
_MONTH_NUMBERS["sept"] = 9
_DAY_FIRST = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)? (?:of )?)?(?P<month>[A-Za-z]+)\.?,? (?P<year>[0-9]{4})"
)
_MONTH_FIRST = re.compile(r"(?P<month>[A-Za-z]+)\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<year>[0-9]{4})")
_NUMBERS = re.compile(r"(?P<one>[0-9]{1,2})[/.\-](?P<other>[0-9]{1,2})[/.\-](?P<year>[0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})[/.](?P<one>[0-9]{1,2})[/.](?P<other>[0-9]{1,2})")


def read_date(words: str) -> str:
    """A date as a term sheet writes it: `4 May 2026`, `May 4, 2026` and `April 2026` are turned around.

    Raises NotReadable for what could be two days, such as `04/05/2026`, and for what is written in numbers alone.
    """
    if ".." in words:
        return "..".join(read_date(part.strip()) for part in words.split(".."))
    numbers = _NUMBERS.fullmatch(words) or _YEAR_FIRST.fullmatch(words)
    if numbers is not None:
        raise _in_numbers(words, numbers)
    found = _DAY_FIRST.fullmatch(words) or _MONTH_FIRST.fullmatch(words)
    month = _MONTH_NUMBERS.get(found["month"].lower()) if found else None
    if found is None or month is None:
        return words  # what it is not is said where it is read
    day = f"-{int(found['day']):02}" if found["day"] else ""
    return f"{found['year']}-{month:02}{day}"


def _in_numbers(words: str, found: re.Match[str]) -> NotReadable:
    """What to say of a date in numbers: the day that it must mean, or the two that it may."""
    one, other, year = int(found["one"]), int(found["other"]), int(found["year"])
    year += 2000 if year < 100 else 0
    orders = ((one, other),) if found.re is _YEAR_FIRST else ((other, one), (one, other))
    days = [day for month, number in dict.fromkeys(orders) if (day := _day(year, month, number))]
    if not days:
        return NotReadable("not-a-value", f"`{words}` is not a date", f"write it {_EXAMPLES['date']}")
    if len(days) == 1:
        sentence = f"`{words}` is a date in numbers, of which not everybody takes the same one for the month"
        return NotReadable("ambiguous-date", sentence, f"write `{days[0]}` or `{shown_text(str(days[0]))}`")
    sentence = f"`{words}` does not say for certain which number is the day and which the month"
    readings = " or ".join(f"`{day}`, which is {shown_text(str(day))}" for day in days)
    return NotReadable("ambiguous-date", sentence, f"write {readings}")


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def is_as_read(before: Any, after: Any) -> bool:
    """Whether plain data of a term sheet is what a form gave back: how blanks are written does not count."""
    if isinstance(before, str) and isinstance(after, str):
        return single_spaced(before) == single_spaced(after)
    if isinstance(before, dict) and isinstance(after, dict):
        return set(before) == set(after) and all(is_as_read(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_as_read, before, after))
    return bool(before == after)


def node_at(holder: Mapping_, path: tuple[str, ...]) -> Node | None:
    """The value at a path of a clause, if it is written there."""
    node: Node | None = holder
    for step in path:
        node = node.get(step) if isinstance(node, Mapping_) else None
    return node
