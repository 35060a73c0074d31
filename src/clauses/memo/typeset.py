"""From a look and the data of a memo to the bytes of a PDF (PDF/A-2a and PDF/UA-1).

The look is a program for typst, the data reach it as JSON: a word of the memo is never part of the program. The
look finds no file to read and no font but those that come with typst, so the same input gives the same bytes
everywhere. A look or a drawing of a house is somebody else's program and is run apart.
"""

from __future__ import annotations

import base64
import datetime
import json
import re
import sys
import tempfile

import typst

from clauses.memo import apart
from clauses.memo.plain import Plain
from clauses.memo.templates import Template, TemplateError, template_error

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
_PLACE = re.compile(r"┌─ [^\n]*:(\d+):\d+")


def typeset(look: Template, data: Plain, day: datetime.date, whose: str | None = None) -> bytes:
    """The PDF that a look makes of the data.

    `whose` is the file of a house that takes part, to be blamed if it takes too much: then the work is done apart.
    Raises TemplateError, with its line, where the look cannot be followed.
    """
    order: Plain = {"look": look.text, "shown_as": look.shown_as, "day": day.toordinal()}
    order["memo"] = json.dumps(data, ensure_ascii=False)
    if whose is not None:
        return base64.b64decode(apart.ask("clauses.memo.typeset", order, whose)["pdf"])
    with tempfile.TemporaryDirectory() as nothing:
        return _compiled(order, nothing)


def _compiled(order: Plain, root: str) -> bytes:
    day = datetime.date.fromordinal(order["day"])
    try:
        return typst.compile(
            order["look"].encode(),
            root=root,
            package_path=root,
            package_cache_path=root,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"memo": order["memo"]},
            pdf_standards=STANDARDS,
            timestamp=datetime.datetime.combine(day, datetime.time(), datetime.UTC),
        )
    except typst.TypstError as error:
        raise _refusal(error, order["shown_as"]) from None


def _refusal(error: typst.TypstError, shown_as: str) -> TemplateError:
    """What is wrong with the look, with the line where it shows."""
    found = _PLACE.search(error.diagnostic)
    reason = error.message.rstrip(".")
    if re.match(r"(file|package) not found|failed to (download|load|read)|.*outside|.*escape the project", reason):
        reason = "it may neither read a file nor import a package"
    hint = "; ".join(error.hints) or None
    return template_error(f"this look cannot be set: {reason}", shown_as, int(found[1]) if found else 0, hint)


def _work(order: Plain) -> Plain:
    with tempfile.TemporaryDirectory() as nothing, apart.opening_nothing():
        pdf = _compiled(order, nothing)
    return {"pdf": base64.b64encode(pdf).decode("ascii")}


if __name__ == "__main__":
    sys.exit(apart.serve(_work))
