"""What a verification, or a comparison, of packs found: as text, as JSON, and its witnesses as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from clauses.errors import UsageError
from clauses.proofs.pack.compare import PackComparison, RuleComparison, SheetChange
from clauses.proofs.pack.defects import PackDefect, Verification
from clauses.proofs.pack.situation import Plain, Situation, as_yaml
from clauses.review.finding import as_data
from clauses.review.output.common import as_json
from clauses.review.output.ink import Ink
from clauses.review.pack_tests import EXAMPLE_DATE, EXAMPLE_SIGNED
from clauses.source import Location, printable, shown
from clauses.yaml_nodes import reason

_MEANT = {
    "proved": "proved",
    "bounded": "bounded: no situation of the size that was searched shows otherwise",
}
_COLOURS = {"stricter": "red", "looser": "green", "incomparable": "yellow", "undecided": "yellow"}
_SIGNS = {"added": "+", "removed": "-", "stricter": "^", "looser": "v", "incomparable": "~", "undecided": "?"}


# --- verify


def verification(found: Sequence[Verification], format: str, ink: Ink) -> str:
    """What is wrong with packs, as `text` or `json`."""
    if format == "json":
        return as_json({"schema_version": 1, "packs": [as_data(one) for one in found]})
    return "\n".join("".join(f"{line}\n" for line in _verification(one, ink)) for one in found)


def _verification(one: Verification, ink: Ink) -> Iterator[str]:
    for defect in one.defects:
        yield from _defect(defect, ink)
    for open_question in one.undecided:
        label = ink.paint(f"undecided[{open_question.sort}]", "yellow")
        yield f"{_place(open_question.location)}{label} {printable(open_question.sentence)}"
    count = len(one.defects)
    counted = f"{count or 'no'} defect{'' if count == 1 else 's'}"
    if one.undecided:
        counted += f", {len(one.undecided)} undecided"
    colour = "red" if count else "yellow" if one.undecided else "green"
    counts = one.counts
    yield (
        f"{printable(one.pack.name)} {one.pack.version}: {ink.paint(counted, colour, 'bold')} in {counts.rules} rules, "
        f"as of {one.as_of}"
    )
    yield (
        f"  {counts.examples} examples answer {counts.shown} questions, the solver was asked {counts.asked}; "
        f"what is shown was run on {' and '.join(one.engines)}"
    )


def _defect(defect: PackDefect, ink: Ink) -> Iterator[str]:
    label = ink.paint(f"defect[{defect.sort}]", "red", "bold")
    yield f"{_place(defect.location)}{label} {printable(defect.sentence)} ({_MEANT[defect.certainty]})"
    if len(defect.because) > 1:
        yield "  these cannot hold together:"
        yield from (f"    {printable(part)}" for part in defect.because)
    elif defect.because:
        yield f"  this cannot hold: {printable(defect.because[0])}"
    for witness in defect.witnesses:
        yield from _situation(witness, ink)


def _place(location: Location | None) -> str:
    return f"{printable(shown(location, with_column=True))}: " if location else ""


def _situation(one: Situation, ink: Ink) -> Iterator[str]:
    """A situation in the form of the examples of rules."""
    taken = f" (the example {one.example})" if one.example else ""
    yield f"  {ink.paint('witness', 'bold')}: {printable(one.shows + taken)}"
    yield f"    as_of: {one.as_of}"
    for name, document, defaults in (
        ("agreement", one.agreement, {"agreement": None, "signed": EXAMPLE_SIGNED}),
        ("term_sheet", one.term_sheet, {"term_sheet": None, "agreement": None, "dated": EXAMPLE_DATE}),
    ):
        short = _shortened(document or {}, defaults)
        if short:
            yield f"    {name}:"
            yield from (f"      {printable(line)}" for line in as_yaml(short).splitlines())


def _shortened(document: Plain, defaults: dict[str, str | None]) -> Plain:
    """A document without what an example may leave out."""
    kept = {k: v for k, v in document.items() if k not in defaults or defaults[k] not in (None, str(v))}
    parties = kept.get("parties")
    if isinstance(parties, dict) and all(set(party) == {"name"} for party in parties.values()):
        del kept["parties"]
    return {key: value for key, value in kept.items() if value not in ({}, [])}


# --- diff


def comparison(found: PackComparison, format: str, ink: Ink) -> str:
    """How two packs differ, as `text` or `json`."""
    if format == "json":
        return as_json(as_data(found))
    return "".join(f"{line}\n" for line in _comparison(found, ink))


_OVERALL = {
    "equal": "the new pack says the same of every situation",
    "stricter": "the new pack is stricter: no rule says less, and some say more",
    "looser": "the new pack is looser: no rule says more, and some say less",
    "incomparable": "the new pack says more of some situations and less of others",
    "undecided": "whether the new pack says more or less is undecided",
}


def _comparison(found: PackComparison, ink: Ink) -> Iterator[str]:
    names = [printable(f"{pack.name} {pack.version}") for pack in (found.old, found.new)]
    yield ink.paint(f"{names[0]} against {names[1]}, as of {found.as_of}", "bold")
    yield f"  {ink.paint(_OVERALL[found.relation], _COLOURS.get(found.relation, 'green'))}"
    for change in found.parameters:
        before, after = change.old or "not there", change.new or "not there"
        yield printable(f"  parameter {change.parameter}: {before} → {after}")
    counts = dict.fromkeys((rule.relation for rule in found.rules), 0)
    for rule in found.rules:
        counts[rule.relation] += 1
        yield from _rule(rule, ink)
    yield "rules: " + ", ".join(f"{count} {relation}" for relation, count in sorted(counts.items()))
    for sheet in found.term_sheets:
        if sheet.changes_verdict or sheet.only_old or sheet.only_new:
            yield from _sheet(sheet, ink)
    if found.term_sheets:
        changed = sum(sheet.changes_verdict for sheet in found.term_sheets)
        yield f"{changed} of {len(found.term_sheets)} term sheets change their verdict"


def _rule(rule: RuleComparison, ink: Ink) -> Iterator[str]:
    if rule.relation == "equal" and not rule.reworded:
        return
    sentence = rule.sentence + (", and reads differently" if rule.reworded else "")
    if rule.relation in ("stricter", "looser", "equal") and rule.certainty:
        sentence += f" ({_MEANT[rule.certainty]})"
    sign = _SIGNS.get(rule.relation, "=")
    yield ink.paint(f"{sign} {printable(sentence)}", *([_COLOURS[rule.relation]] if rule.relation in _COLOURS else []))
    for witness in (rule.more, rule.less):
        if witness is not None:
            yield from _situation(witness, ink)


def _sheet(sheet: SheetChange, ink: Ink) -> Iterator[str]:
    verdict = f"{sheet.old} → {sheet.new}" if sheet.changes_verdict else f"{sheet.new}, as before"
    yield f"{ink.paint(sheet.term_sheet, 'bold')}: {verdict}"
    yield from (ink.paint(f"  - {said}", "red") for said in sheet.only_old)
    yield from (ink.paint(f"  + {said}", "green") for said in sheet.only_new)


# --- witnesses as files


def witnesses_of(found: Sequence[Verification]) -> Iterator[tuple[str, Situation]]:
    """Every witness with a name for its folder."""
    for one in found:
        for defect in one.defects:
            for number, witness in enumerate(defect.witnesses, 1):
                ending = f"-{number}" if len(defect.witnesses) > 1 else ""
                yield f"{defect.sort}-{'-and-'.join(defect.rules)}{ending}", witness


def differences_of(found: PackComparison) -> Iterator[tuple[str, Situation]]:
    """Every witness of a comparison with a name for its folder."""
    for rule in found.rules:
        for name, witness in (("more", rule.more), ("less", rule.less)):
            if witness is not None:
                yield f"{rule.rule}-says-{name}", witness


def save(named: Iterator[tuple[str, Situation]], folder: Path) -> list[Path]:
    """Write each witness into a folder of its own, as files that `clauses check` reads. Gives the term sheets."""
    made: list[Path] = []
    for name, one in named:
        place = folder / name[:MAXIMUM_NAME]
        files = {"agreement.yaml": one.agreement} | ({"term-sheet.yaml": one.term_sheet} if one.term_sheet else {})
        try:
            place.mkdir(parents=True, exist_ok=True)
            for file, document in files.items():
                head = f"# {one.shows}, as of {one.as_of}\n"
                (place / file).write_text(printable(head.strip()) + "\n" + as_yaml(document), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise UsageError.of("cannot-write", f"`{place}` cannot be written: {reason(error)}") from None
        made.append(place / list(files)[-1])
    return made


MAXIMUM_NAME = 200
"""How long the name of a folder may be."""
