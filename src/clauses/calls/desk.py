"""The desk that answers calls, in one process and one at a time: documents in, the command line's own JSON out."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from clauses import proving, proving_packs, use_cases
from clauses.calls import asked
from clauses.calls.library import Library, Sort
from clauses.calls.malformed import problems_of
from clauses.errors import UsageError, did_you_mean
from clauses.extras import needs
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.review.finding import as_data
from clauses.review.output.common import as_json
from clauses.review.output.ink import Ink
from clauses.review.review import Examined, Reviewer
from clauses.source import Document
from clauses.terms.agreement import Agreement, read_agreement
from clauses.terms.values import Date
from clauses.use_cases import Choice

if TYPE_CHECKING:
    from clauses.ledger import Ledger

MAXIMUM_READY = 8
"""How many choices of rules, and agreements, are kept ready; beyond that the one longest unused goes."""
PLAIN = Ink(False)
JSON = "application/json"
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Caller:
    """Who asks, through which door, on which day."""

    who: str
    door: str
    today: Date
    at: datetime.datetime | None = None
    """The time, where the call may be recorded."""


@dataclass(frozen=True)
class Answer:
    """What goes back to a caller."""

    body: bytes
    media_type: str = JSON
    file_name: str | None = None
    """What a document should be called."""
    recorded: str | None = None
    """The anchor of the entry in the ledger, where the call was recorded."""


@dataclass(frozen=True)
class _Ready:
    """Rules that are chosen and loaded, with the engines to run."""

    reviewer: Reviewer
    choice: Choice
    remark: str | None


class Desk:
    """Answers calls. It keeps the rules ready that it has used; close it when done, or use `with`."""

    def __init__(
        self, library: Library | None = None, templates: Path | None = None, ledger: Ledger | None = None
    ) -> None:
        self.library = library or Library()
        self.templates = templates
        self.ledger = ledger
        self._ready: OrderedDict[Choice, _Ready] = OrderedDict()
        self._agreements: OrderedDict[Document, Agreement] = OrderedDict()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the engines hold."""
        while self._ready:
            self._ready.popitem()[1].reviewer.close()

    def answer(self, verb: str, call: asked.Call | Mapping[str, Any], caller: Caller) -> Answer:
        """The answer to a call. Raises ClausesError for what is wrong with it, with the places in its documents."""
        if verb not in asked.VERBS:
            raise UsageError.of("unknown-verb", f"there is no call `{verb}`", None, did_you_mean(verb, asked.VERBS))
        answer: Callable[[asked.Call, Caller], Answer] = getattr(self, verb)
        return answer(self._read(verb, call), caller)

    def _read(self, verb: str, call: asked.Call | Mapping[str, Any]) -> asked.Call:
        model = asked.VERBS[verb]
        if isinstance(call, model):
            return call
        try:
            return model.model_validate(call)
        except ValidationError as error:
            raise UsageError(problems_of(error, model)) from None

    # --- reviews

    def check(self, call: asked.CheckCall, caller: Caller) -> Answer:
        """The review."""
        with self._examined(call, caller) as examined:
            return _json(examined.review.data(), examined.recorded)

    def explain(self, call: asked.ExplainCall, caller: Caller) -> Answer:
        """Why each rule found what it did."""
        from clauses.review.why import explain

        with self._examined(call, caller) as examined:
            _check_known(call.rule, [one.id for run in examined.runs for one in run.pack.rules], "rule")
            return _json(as_data(explain(examined, call.rule)), examined.recorded)

    def memo(self, call: asked.MemoCall, caller: Caller) -> Answer:
        """The memo, in a format."""
        from clauses.memo.memo import write_memo

        if call.fixes and call.known_on is not None:
            raise UsageError.of("fixes-as-known", "`fixes` looks at all that is signed: leave out `known_on`")
        with self._examined(call, caller) as examined:
            resolution = None
            if call.fixes:
                with self._case(call, caller) as case:
                    resolution = proving.resolved(case, (), {}, "consent")
            data = write_memo(examined, call.format, self.templates, resolution)
            name = f"{_name(examined)}-memo.{call.format}"
            return Answer(data, MEDIA_TYPES[call.format], name, examined.recorded)

    def redline(self, call: asked.RedlineCall, caller: Caller) -> Answer:
        """The redline, in Word."""
        with needs("word", "a redline"):
            from clauses.memo.word.redline import write_redline
        with self._examined(call, caller) as examined:
            data = write_redline(examined, self.templates, call.comments)
            return Answer(data, MEDIA_TYPES["docx"], f"{_name(examined)}-redline.docx", examined.recorded)

    def figures(self, call: asked.FiguresCall, caller: Caller) -> Answer:
        """Parts of the memo, in HTML."""
        from clauses.memo.memo import memo_document
        from clauses.memo.to_html import parts

        with self._examined(call, caller) as examined:
            return _json(parts(memo_document(examined, self.templates), ("redline", "timeline", "cap_table")))

    def form(self, call: asked.FormCall, caller: Caller) -> Answer:
        """A form in Word."""
        from clauses.terms.kinds import KINDS

        agreement = self._document("agreement", call.agreement)
        sheet = self._document("term_sheet", call.term_sheet) if call.term_sheet else None
        kinds = list(call.kinds) if call.kinds is not None else None
        _check_known(kinds or (), [*KINDS, "all"], "kind")
        if kinds and "all" in kinds:
            kinds = sorted(KINDS)
        data = use_cases.form(agreement, sheet, _day(call.as_of), kinds, call.only, self.templates, today=caller.today)
        return Answer(data, MEDIA_TYPES["docx"], "term-sheet-form.docx")

    def terms(self, call: asked.TermsCall, caller: Caller) -> Answer:
        """What is in force."""
        from clauses.review.terms_in_force import clauses_in_force

        if call.term_sheet is not None:
            document = self._document("term_sheet", call.term_sheet)
            agreement: Agreement | None = self._agreement(document, call.agreement)
        else:
            assert call.agreement is not None
            document, agreement = self._document("agreement", call.agreement), None
        world = use_cases.deal_as_of(document, agreement, _day(call.as_of), _day(call.known_on), caller.today)
        found = as_data(clauses_in_force(world))
        return _json({"as_of": str(world.as_of), "agreement": world.agreement.id, "clauses": found})

    # --- proofs

    def resolve(self, call: asked.ResolveCall, caller: Caller) -> Answer:
        """The smallest changes that clear a term sheet."""
        with self._case(call, caller) as case:
            return _json(as_data(proving.resolved(case, call.keep, call.weights, call.fail_on, call.alternatives)))

    def margins(self, call: asked.MarginsCall, caller: Caller) -> Answer:
        """How far each number and date can move."""
        with self._case(call, caller) as case:
            return _json(as_data(proving.margins_of(case)))

    def negotiate(self, call: asked.NegotiateCall, caller: Caller) -> Answer:
        """The zone of a negotiation, or what collides."""
        first, second = (self._document("position", one) for one in (call.first, call.second))
        sheet = self._draft(call)
        agreement = self._agreement(sheet, call.agreement)
        with (
            self._chosen(call) as ready,
            proving.negotiated(
                first,
                second,
                sheet,
                agreement,
                _day(call.as_of),
                fail_on=call.fail_on,
                axes=call.plot,
                ready=ready.reviewer,
            ) as held,
        ):
            if call.plot is None:
                return _json(as_data(held.negotiation))
            if not held.negotiation.has_zone:
                raise UsageError.of("no-zone", "nothing is drawn: no zone was found")
            from clauses.proofs.zone import plot

            return Answer(plot(held.table, held.negotiation, *call.plot).encode(), MEDIA_TYPES["svg"], "zone.svg")

    def verify(self, call: asked.VerifyCall, caller: Caller) -> Answer:
        """What is wrong with packs."""
        with needs("verify", "verifying a pack"):
            from clauses.proofs import report_pack
        with self._chosen(call) as ready:
            day = _day(call.as_of) or caller.today
            found = proving_packs.verified_packs(
                ready.reviewer.packs, ready.reviewer.engine_names, day, lambda done, total: None
            )
            return Answer(report_pack.verification([one for one, _ in found], "json", PLAIN).rstrip("\n").encode())

    # --- rules

    def rules(self, call: asked.RulesCall, caller: Caller) -> Answer:
        """Every rule of the packs."""
        return _rule_pages(self._listed(call))

    def rule(self, call: asked.RuleCall, caller: Caller) -> Answer:
        """One rule."""
        known = {one.id: (pack, one) for pack, one in self._listed(call)}
        _check_known([call.rule], known, "rule")
        return _rule_pages([known[call.rule]])

    def _listed(self, call: asked.RulesChoice) -> list[tuple[RulePack, Rule]]:
        with self._chosen(asked.Choosing(rules=call.rules)) as ready:
            return [(pack, one) for pack in ready.reviewer.packs for one in pack.rules]

    # --- what a call is about

    def _document(self, sort: Sort, sent: asked.SentDocument) -> Document:
        """A document of a call."""
        if sent.held is not None:
            return self.library.document(sort, sent.held)
        if sent.text is not None:
            return Document(sent.name or f"{sort}.yaml", sent.text.encode("utf-8", "surrogatepass"))
        if sent.data is not None:
            return Document(sent.name or f"{sort}.json", _as_text(sent.data, sort))
        try:
            return Document(sent.name or f"{sort}.docx", base64.b64decode(sent.base64 or "", validate=True))
        except (binascii.Error, ValueError):
            raise UsageError.of("not-base64", f"what is sent as `{sort}` is not base64") from None

    def _agreement(self, sheet: Document, sent: asked.SentDocument | None) -> Agreement | None:
        """The agreement of a term sheet: the one that is sent with it, or the one that it names among those held."""
        if sent is not None:
            return self._read_agreement(self._document("agreement", sent))
        named = use_cases.named_agreement(sheet)
        return self._read_agreement(self.library.document("agreement", named)) if named is not None else None

    def _read_agreement(self, document: Document) -> Agreement:
        """An agreement, read once as long as it is asked for: it is longer than the term sheets for it."""
        if document not in self._agreements:
            self._agreements[document] = read_agreement(use_cases.root_of(document))
            if len(self._agreements) > MAXIMUM_READY:
                self._agreements.popitem(last=False)
        self._agreements.move_to_end(document)
        return self._agreements[document]

    def _draft(self, call: asked.NegotiateCall) -> Document:
        """The draft of a negotiation: the one that is sent, or the one that the positions are about."""
        if call.term_sheet is not None:
            return self._document("term_sheet", call.term_sheet)
        positions = [self.library.documents["position"].get(one.held or "") for one in (call.first, call.second)]
        drafts = {held.term_sheet for held in positions if held is not None and held.term_sheet}
        if len(drafts) != 1:
            raise UsageError.of("no-draft", "the positions come without one draft", None, "send it as `term_sheet`")
        return self.library.document("term_sheet", drafts.pop())

    @contextmanager
    def _examined(self, call: asked.KnownCall, caller: Caller) -> Iterator[Examined]:
        sheet = self._document("term_sheet", call.term_sheet)
        agreement = self._agreement(sheet, call.agreement)
        with self._chosen(call) as ready:
            found = use_cases.examine_one(ready.reviewer, sheet, agreement, _day(call.as_of), _day(call.known_on))
            yield self._kept_in_ledger(found, call, caller, ready.choice)

    def _kept_in_ledger(self, found: Examined, call: asked.KnownCall, caller: Caller, choice: Choice) -> Examined:
        """A review with what was accepted of its findings, and recorded where the call asks for that."""
        keep = getattr(call, "record", None)
        if self.ledger is None:
            if keep is not None:
                raise UsageError.of("no-ledger", "nothing can be recorded here: there is no ledger")
            return found
        from clauses import recording

        if keep is None:
            return recording.reviewed(self.ledger, found, caller.today)
        assert caller.at is not None, "a door that has a ledger knows the time"
        by = recording.By(caller.who, caller.door, caller.today, caller.at)
        known_on = _day(call.known_on)
        return recording.record(self.ledger, found, by, keep=keep, known_on=known_on, choice=choice).examined

    @contextmanager
    def _case(self, call: asked.DealCall, caller: Caller) -> Iterator[proving.Case]:
        sheet = self._document("term_sheet", call.term_sheet)
        agreement = self._agreement(sheet, call.agreement)
        with self._chosen(call) as ready:
            yield proving.case_of(ready.reviewer, sheet, agreement, _day(call.as_of), ready.remark)

    @contextmanager
    def _chosen(self, call: asked.Choosing) -> Iterator[_Ready]:
        """The rules of a call made ready; those of the server stay so for the next call."""
        choice = Choice((), tuple(call.select), tuple(call.ignore), call.engine)
        if all(one.files is None for one in call.rules):
            yield self._kept(replace(choice, rules=tuple(self.library.pack(one.name) for one in call.rules)))
            return
        names, remark = use_cases.engines(choice)
        with self._packs(choice, call.rules) as packs, Reviewer(packs, names) as reviewer:
            yield _Ready(reviewer, choice, remark)

    def _kept(self, choice: Choice) -> _Ready:
        if choice not in self._ready:
            names, remark = use_cases.engines(choice)
            self._ready[choice] = _Ready(
                Reviewer(use_cases.packs(choice, {}, self.library.loaded), names), choice, remark
            )
            if len(self._ready) > MAXIMUM_READY:
                self._ready.popitem(last=False)[1].reviewer.close()
        self._ready.move_to_end(choice)
        return self._ready[choice]

    @contextmanager
    def _packs(self, choice: Choice, sent: tuple[asked.SentPack, ...]) -> Iterator[list[RulePack]]:
        """Packs of the server, and packs that are sent; these lie in a folder of their own for as long as it takes."""
        with tempfile.TemporaryDirectory(prefix="clauses-") as folder:
            shown: dict[str, str] = {}
            for number, one in enumerate(sent):
                if one.files is None:
                    shown[self.library.pack(one.name)] = one.name
                    continue
                place = Path(folder) / str(number)
                place.mkdir()
                for name, text in one.files.items():
                    (place / name).write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
                shown[str(place)] = one.name
            yield use_cases.packs(replace(choice, rules=tuple(shown)), shown, self.library.loaded)


def _rule_pages(chosen: list[tuple[RulePack, Rule]]) -> Answer:
    from clauses.review.output import rule_page

    return Answer(rule_page.render(chosen, "json", PLAIN).rstrip("\n").encode())


def _as_text(data: Mapping[str, Any], sort: Sort) -> bytes:
    """Data as a document. Raises UsageError for a number that may no longer be the one that was written."""
    try:
        return json.dumps(_without_floats(data), indent=2).encode()
    except (TypeError, ValueError, RecursionError):
        hint = "write numbers with a fraction as text"
        raise UsageError.of("not-json", f"what is sent as `{sort}` is no JSON object", None, hint) from None


def _without_floats(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(value)
    if isinstance(value, Mapping):
        return {key: _without_floats(item) for key, item in value.items()}
    return [_without_floats(item) for item in value] if isinstance(value, (list, tuple)) else value


def _json(data: Any, recorded: str | None = None) -> Answer:
    return Answer(as_json(data).rstrip("\n").encode(), recorded=recorded)


def _check_known(names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = set(known)
    for name in names:
        if name not in known:
            raise UsageError.of(f"unknown-{what}", f"there is no {what} `{name}`", None, did_you_mean(name, known))


def _day(text: str | None) -> Date | None:
    return use_cases.day(text) if text is not None else None


def _name(examined: Examined) -> str:
    return examined.deal.sheet.id if examined.deal.sheet else examined.deal.agreement.id
