"""The calls that HTTP and MCP take: one model a verb.

Documents come as text (or bytes in base64), packs as the texts of their files; both may also be named, by the id
under which the server holds them. Nothing in a call is a path, an address or a template.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator

from clauses.configuration import FAIL_ON, MAXIMUM_WEIGHT
from clauses.errors import UsageError
from clauses.source import Place, Source
from clauses.use_cases import BUILT_IN_PACK

CALL = "(call)"
"""What stands for the file in a place: the call has none."""
MAXIMUM_NAME = 200
MAXIMUM_TEXT = 40_000_000
"""Characters of a document; what a document may have at most is for its reader to say."""
MAXIMUM_RULES = 2_000
MAXIMUM_LISTED = 200

Name = Annotated[str, Field(min_length=1, max_length=MAXIMUM_NAME, pattern=r"^[^\x00-\x1f\x7f]+$")]
Day = Annotated[str, Field(max_length=40, examples=["2025-07-01"])]
Names = Annotated[tuple[Name, ...], Field(max_length=MAXIMUM_LISTED)]
PackFile = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,98}\.ya?ml$")]
Severity = Literal["conflict", "consent", "flag", "note"]
assert FAIL_ON[:-1] == ("conflict", "consent", "flag", "note")


def read_json(body: bytes) -> Any:
    """The data of a call that is JSON. A number with a fraction stays the text that it is; no key may come twice.

    Raises UsageError for what is not JSON.
    """
    try:
        return json.loads(body, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except UnicodeDecodeError:
        raise UsageError.of("not-json", "the call is not JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        place = Place(Source(CALL, ""), error.lineno, error.colno)
        raise UsageError.of("not-json", "the call is not JSON from here on", place) from None
    except RecursionError:
        raise UsageError.of("too-deep", "the call is nested more deeply than anything of ours") from None
    except ValueError:  # a number of thousands of digits
        raise UsageError.of("not-json", "the call holds a number that is too long") from None


def _no_constant(word: str) -> Any:
    raise UsageError.of("not-json", f"the call holds `{word}`, which is no JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UsageError.of("key-twice", f"the call has the key `{twice}` twice in one object")
    return found


class Call(BaseModel):
    """What every call has in common: it is data, and has no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SentDocument(Call):
    """A document: its `text` (YAML, JSON or TOML), its bytes in `base64` (a form in Word), `data` (a JSON object), or
    the id under which the server has it (`held`)."""

    name: Name | None = Field(
        None, description="What places in the answer say, such as `sheet.yaml`; it opens nothing."
    )
    text: str | None = Field(None, max_length=MAXIMUM_TEXT, description="The document in YAML, JSON or TOML.")
    base64: str | None = Field(None, max_length=MAXIMUM_TEXT, description="The bytes of the document, in base64.")
    data: dict[str, Any] | None = Field(None, description="The document as a JSON object.")
    held: Name | None = Field(None, description="The id of a document that the server holds.")

    @model_validator(mode="after")
    def _is_one(self) -> SentDocument:
        given = [one for one in (self.text, self.base64, self.data, self.held) if one is not None]
        if len(given) != 1:
            raise ValueError("give one of `text`, `base64`, `data` and `held`")
        if self.held is not None and self.name is not None:
            raise ValueError("a document that is held has its own name")
        return self


class SentPack(Call):
    """A rule pack by the texts of its files: `pack.yaml`, and a file for each rule; or one that the server has."""

    name: Name = Field(description="The name of a pack that the server has; or what places in the answer say.")
    files: dict[PackFile, Annotated[str, Field(max_length=MAXIMUM_TEXT)]] | None = Field(
        None, min_length=1, max_length=MAXIMUM_RULES + 1, description="The text of each file by its name."
    )


def _text_as_document(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Sent = Annotated[SentDocument, BeforeValidator(_text_as_document, json_schema_input_type=SentDocument | str)]
"""A document; a plain string is its text."""


def _name_as_pack(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Pack = Annotated[SentPack, BeforeValidator(_name_as_pack, json_schema_input_type=SentPack | str)]
"""A pack; a plain string is the name of one that the server has."""


class RulesChoice(Call):
    """Which rules."""

    rules: tuple[Pack, ...] = Field((), max_length=20, description=f"The packs; `{BUILT_IN_PACK}` where none is named.")


class Choosing(RulesChoice):
    """Which rules and engines a review uses."""

    select: Names = Field((), description="Only these rules: ids or tags.")
    ignore: Names = Field((), description="Not these rules: ids or tags.")
    engine: Literal["both", "rete", "reference", "compiled"] = Field(
        "both", description="Both engines, which must agree, or one of them."
    )


class DealCall(Choosing):
    """A term sheet with its agreement, and the rules to review it by."""

    term_sheet: Sent = Field(description="The term sheet.")
    agreement: Sent | None = Field(
        None, description="The agreement in force, where the server does not hold the one that the term sheet names."
    )
    as_of: Day | None = Field(None, description="The day of the review, if not the date of the term sheet.")


class KnownCall(DealCall):
    """A deal as it was known on a day."""

    known_on: Day | None = Field(None, description="Leave out what was signed after this day.")


class RecordedCall(KnownCall):
    """A review that may be kept in the ledger."""

    record: Literal["inputs", "digests"] | None = Field(
        None, description="Keep the review in the ledger, with its inputs or with digests of them only."
    )


class CheckCall(RecordedCall):
    """Review a term sheet against the agreement in force."""


class ExplainCall(RecordedCall):
    """Why each rule found what it did."""

    rule: Names = Field((), description="Explain these rules, whatever they found.")


class MemoCall(RecordedCall):
    """The compliance memo of a term sheet."""

    format: Literal["html", "md", "docx", "pdf"] = Field("html", description="The format of the memo.")
    fixes: StrictBool = Field(False, description="Add the smallest changes that would clear the term sheet.")


class RedlineCall(RecordedCall):
    """The terms in force against the term sheet, as tracked changes in Word."""

    comments: StrictBool = Field(True, description="With the findings as comments; without them for the other side.")


class FiguresCall(KnownCall):
    """Parts of the memo for a page: redline, timeline, cap table."""


class FromCall(DealCall):
    """What stands in the way of a term sheet, from a severity on."""

    fail_on: Severity = Field("consent", description="What stands in the way: findings from this severity on.")


class ResolveCall(FromCall):
    """The smallest changes after which nothing stands in the way."""

    keep: Names = Field((), description="Terms (`clause.term`) and clauses that stay as they are.")
    weights: dict[Name, Annotated[StrictInt, Field(ge=1, le=MAXIMUM_WEIGHT)]] = Field(
        default_factory=dict,
        max_length=MAXIMUM_LISTED,
        description="How many times as much an edit costs, by term, clause, kind of clause or party.",
    )
    alternatives: Annotated[StrictInt, Field(ge=1, le=20)] = Field(3, description="How many fixes to find.")


class MarginsCall(DealCall):
    """How far each number and date can move before the verdict changes."""


class NegotiateCall(Choosing):
    """Whether the positions of two sides leave room for a deal."""

    first: Sent = Field(description="The position of one side.")
    second: Sent = Field(description="The position of the other.")
    term_sheet: Sent | None = Field(None, description="The draft, where the server does not hold it.")
    agreement: Sent | None = Field(None, description="The agreement in force, where the server does not hold it.")
    as_of: Day | None = Field(None, description="The day of the review, if not the date of the draft.")
    fail_on: Severity = Field("consent", description="What stands in the way: findings from this severity on.")
    plot: Annotated[tuple[Name, Name], Field()] | None = Field(
        None, description="Two terms (`clause.term`): answer with a drawing (SVG) of the zone over them."
    )


class VerifyCall(Choosing):
    """What is wrong with rule packs."""

    as_of: Day | None = Field(None, description="The day whose parameters count; today where it is not given.")


class TermsCall(Call):
    """What is in force as of a day: of an agreement, or with a term sheet."""

    agreement: Sent | None = Field(None, description="The agreement.")
    term_sheet: Sent | None = Field(None, description="A term sheet, to see what would be in force with it.")
    as_of: Day | None = Field(None, description="The day; today, or the date of the term sheet, where it is not given.")
    known_on: Day | None = Field(None, description="Leave out what was signed after this day.")

    @model_validator(mode="after")
    def _has_one(self) -> TermsCall:
        if self.agreement is None and self.term_sheet is None:
            raise ValueError("give an `agreement` or a `term_sheet`")
        return self


class RulesCall(RulesChoice):
    """Every rule of the packs, as it reads."""


class RuleCall(RulesChoice):
    """One rule as it reads, and in plain English."""

    rule: Name = Field(description="The id of the rule.")


class FormCall(Call):
    """A term sheet for an agreement as a form in Word."""

    agreement: Sent = Field(description="The agreement that would be changed.")
    term_sheet: Sent | None = Field(None, description="A term sheet with which to fill the form in.")
    kinds: Names | None = Field(None, description="The kinds of clause that can be added; the usual ones by default.")
    only: Names = Field((), description="Only these clauses in force.")
    as_of: Day | None = Field(None, description="The day whose terms are shown.")


VERBS: dict[str, type[Call]] = {
    "check": CheckCall,
    "explain": ExplainCall,
    "memo": MemoCall,
    "redline": RedlineCall,
    "form": FormCall,
    "figures": FiguresCall,
    "resolve": ResolveCall,
    "margins": MarginsCall,
    "negotiate": NegotiateCall,
    "verify": VerifyCall,
    "terms": TermsCall,
    "rules": RulesCall,
    "rule": RuleCall,
}
"""What can be asked, each with the model of its call."""
