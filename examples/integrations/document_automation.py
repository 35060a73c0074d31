"""From the answers of an interview to a term sheet that has been reviewed, with its memo and its redline.

A document-automation tool asks its questions and hands the answers over as a dictionary. This makes a term sheet of
them, reviews it, and where something stands in its way puts the smallest fix into it. What the tool gets back is a
verdict, the files to show, and the questions to ask next. Run it with a folder to write into:

    python document_automation.py drafts
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clauses import ClausesError, Examined, examine_file, resolve, write_memo, write_redline

AGREEMENT = Path(__file__).parents[1] / "microsoft-openai" / "agreement.yaml"

ANSWERS = {
    "supplier": "oracle",
    "customer": "openai",
    "what": "Compute capacity under Stargate",
    "price": "USD 30bn",
    "price_is_agreed": True,
    "from": "2027-01-01",
    "until": "2031-12-31",
    "drafted": "2025-07-01",
}
"""What the interview of the example was told: capacity that starts while another cloud is exclusive."""

QUESTIONS = {"starts": "from", "ends": "until", "amount": "price", "supplier": "supplier", "customer": "customer"}
"""The terms of the term sheet, with the question of the interview that asked for each."""


@dataclass(frozen=True)
class Draft:
    """What the tool shows when the interview is over."""

    verdict: str
    """Of the term sheet as it is handed over."""
    changed: tuple[str, ...]
    """What was changed so that nothing stands in its way, in a sentence each."""
    ask: tuple[str, ...]
    """What the review would have to know to tell."""
    files: tuple[Path, ...]


class Refused(Exception):
    """Answers that make no term sheet: the sentence to show at each question; at "" where none is at fault."""

    def __init__(self, at: Mapping[str, str]) -> None:
        super().__init__("; ".join(at.values()))
        self.at = at


def term_sheet(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The term sheet that the answers make. What was not answered is left out: it is then *not stated*."""
    terms = {
        "kind": "supply",
        "heading": answers["what"],
        "supplier": answers["supplier"],
        "customer": answers["customer"],
        "subject": "cloud-compute",
        "scope": "training",
        "amount": answers.get("price"),
        "starts": answers.get("from"),
        "ends": answers.get("until"),
    }
    return {
        "term_sheet": f"{answers['supplier']}-supply",
        "title": answers["what"],
        "agreement": "microsoft-openai",
        "dated": answers["drafted"],
        "effective": answers["drafted"],
        "proposed_by": answers["customer"],
        "changes": [
            {"add": "new-supply", "clause": {term: value for term, value in terms.items() if value is not None}}
        ],
    }


def draft(answers: Mapping[str, Any], folder: Path, agreement: Path = AGREEMENT) -> Draft:
    """Write the term sheet, its memo and its redline into a folder. Raises Refused for answers that cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "term-sheet.yaml"
    _write(written, term_sheet(answers))
    try:
        first = examine_file(written, agreement)
        if first.review.verdict not in ("conflict", "consent"):
            return _handed_over(first, [written], ())
        keep = ["new-supply.amount"] if answers.get("price_is_agreed") else []
        found = resolve(written, str(agreement), keep=keep, alternatives=1)
        memo = folder / "memo-of-the-first-draft.html"
        memo.write_bytes(write_memo(first, "html", resolution=found))
        if not found.fixes:
            return _handed_over(first, [written, memo], ())
        fix = found.fixes[0]
        mended = folder / "term-sheet-with-fix.yaml"
        _write(mended, fix.sheet)
        changed = tuple(
            f"{edit.clause}.{edit.term}: {edit.before or 'not stated'} → {edit.after}"
            if edit.term
            else f"{edit.clause}: {edit.action}"
            for edit in fix.edits
        )
        return _handed_over(examine_file(mended, agreement), [written, memo, mended], changed)
    except ClausesError as error:
        raise Refused(_at_questions(error)) from None


def _write(file: Path, sheet: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(dict(sheet), sort_keys=False, allow_unicode=True), encoding="utf-8")


def _handed_over(examined: Examined, files: list[Path], changed: tuple[str, ...]) -> Draft:
    """The memo and the redline of the term sheet that is handed over, and what is still to be asked."""
    folder = files[0].parent
    for name, data in (("memo.docx", write_memo(examined, "docx")), ("redline.docx", write_redline(examined))):
        (folder / name).write_bytes(data)
        files.append(folder / name)
    review = examined.review
    ask = tuple(dict.fromkeys(finding.question for finding in review.findings if finding.question))
    return Draft(review.verdict, changed, ask, tuple(files))


def _at_questions(error: ClausesError) -> dict[str, str]:
    """Each problem at the question whose answer is at fault: the line of its place says which term that is."""
    found: dict[str, str] = {}
    for problem in error.problems:
        place = problem.place
        term = place.source.line_text(place.line).partition(":")[0].strip(" -") if place else ""
        sentence = f"{problem.sentence} ({problem.hint})" if problem.hint else problem.sentence
        question = QUESTIONS.get(term, "")
        found[question] = f"{found[question]}; {sentence}" if question in found else sentence
    return found


if __name__ == "__main__":
    made = draft(ANSWERS, Path(sys.argv[1] if len(sys.argv) > 1 else "drafts"))
    print(f"verdict: {made.verdict}")
    for sentence in made.changed:
        print(f"changed: {sentence}")
    for question in made.ask:
        print(f"ask: {question}")
    for file in made.files:
        print(f"written: {file}")
