"""Whether a memo still says what the inputs give: it is written anew, and the words of the two are compared.

Each format has a reader of its words in `READERS`. The memo at hand and the one written anew go through the same
reader, so that what a reader cannot tell (where a line breaks, say) is alike in both.
"""

from __future__ import annotations

import difflib
import html.parser
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clauses.errors import InputError
from clauses.extras import needs
from clauses.memo.memo import write_memo
from clauses.review.review import Examined
from clauses.source import Place, Source

if TYPE_CHECKING:
    from clauses.proofs.resolve import Resolution

_MAXIMUM_WORDS = 20_000
"""In how long a stretch single words are compared; a longer one differs as a whole."""
_CONTEXT = 4
_ANCHOR = re.compile(r"(?<![0-9A-Za-z])(\d{1,18}):(?:[0-9a-f]\s?){63}[0-9a-f](?![0-9a-f])")
"""The anchor of an entry, which a page may break over two lines."""


@dataclass(frozen=True)
class Passage:
    """A paragraph, a cell or a line of a memo, with the heading or the page where a reader finds it."""

    where: str
    text: str


@dataclass(frozen=True)
class Difference:
    """Words of a memo that are not those that the inputs give."""

    where: str
    after: str
    """The words just before, which are as they should be."""
    written: str
    """What the memo says; empty where it leaves words out."""
    computed: str
    """What the inputs give; empty where the memo adds words."""


@dataclass(frozen=True)
class Verified:
    """How a memo compares with the one that its inputs give."""

    format: str
    same_file: bool
    """Whether the two are equal byte for byte."""
    differences: tuple[Difference, ...]

    @property
    def same_words(self) -> bool:
        """Whether every word and number is as it should be; how they look was not compared."""
        return not self.differences


def verify_memo(
    data: bytes, name: str, examined: Examined, templates: Path | None = None, resolution: Resolution | None = None
) -> Verified:
    """Compare a memo with what its inputs give now. `name` is what its reader calls the file.

    Raises InputError for a file that is no memo of any format, UsageError where a format's packages are missing.
    """
    format = format_of(data, name)
    wanted = write_memo(examined, format, templates, resolution)
    if data == wanted:
        return Verified(format, True, ())
    read = READERS[format]
    return Verified(format, False, tuple(_differences(read(data, name), read(wanted, name))))


def recorded_in(data: bytes, name: str) -> int | None:
    """The number of the entry in a ledger that a memo names in its appendix; None where it names none."""
    words = " ".join(passage.text for passage in READERS[format_of(data, name)](data, name))
    found = _ANCHOR.findall(words)
    return int(found[-1]) if found else None


def format_of(data: bytes, name: str) -> str:
    """The format of a memo, by what the file holds and not by what it is called."""
    if data.startswith(b"%PDF"):
        return "pdf"
    if data.startswith(b"PK"):
        return "docx"
    start = data[:200].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if start.startswith(b"# ") or b"\n# " in data[:2000]:
        return "md"
    raise _refused(name, "this is not a memo: it is neither HTML, Markdown, Word nor PDF")


def _refused(name: str, sentence: str) -> InputError:
    return InputError.of("not-a-memo", sentence, Place(Source(name, ""), 0, 0))


# --- comparing


def _differences(written: Sequence[Passage], computed: Sequence[Passage]) -> Iterator[Difference]:
    matcher = difflib.SequenceMatcher(None, [p.text for p in written], [p.text for p in computed], autojunk=False)
    for tag, i, j, k, end in matcher.get_opcodes():
        if tag != "equal":
            yield from _in_stretch(written[i:j], computed[k:end], _heading(written, i) or _heading(computed, k))


def _heading(passages: Sequence[Passage], number: int) -> str:
    return passages[min(number, len(passages) - 1)].where if passages else ""


def _in_stretch(written: Sequence[Passage], computed: Sequence[Passage], where: str) -> Iterator[Difference]:
    """The words that differ within passages that do."""
    ours, theirs = _words(computed), _words(written)
    if max(len(ours), len(theirs)) > _MAXIMUM_WORDS:
        yield Difference(where, "", " ".join(word for word, _ in theirs), " ".join(word for word, _ in ours))
        return
    matcher = difflib.SequenceMatcher(None, [w for w, _ in theirs], [w for w, _ in ours], autojunk=False)
    for tag, i, j, k, end in matcher.get_opcodes():
        if tag != "equal":
            place = theirs[i][1] if i < len(theirs) else ours[k][1] if k < len(ours) else where
            before = " ".join(word for word, _ in theirs[max(0, i - _CONTEXT) : i])
            yield Difference(
                place, before, " ".join(word for word, _ in theirs[i:j]), " ".join(word for word, _ in ours[k:end])
            )


def _words(passages: Sequence[Passage]) -> list[tuple[str, str]]:
    return [(word, passage.where) for passage in passages for word in passage.text.split()]


# --- reading


_BLOCKS = {"p", "h1", "h2", "h3", "h4", "li", "td", "th", "caption", "figcaption", "tr", "text", "header", "section"}
_VOID = {"br", "hr", "img", "meta", "link", "input"}


class _HtmlReader(html.parser.HTMLParser):
    """The passages of an HTML memo, with the words in its figures; what a program or a style hides is not a word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Passage] = []
        self.words: list[str] = []
        self.where = ""
        self.silent = 0
        self.in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.close_passage()
        self.silent += tag in ("style", "script")
        self.in_heading = self.in_heading or tag in ("h1", "h2", "h3")
        self.words += [" "] if tag in _VOID else []
        for name, value in attrs:
            if name in ("href", "alt", "aria-label") and value:
                self.words.append(f" {value} ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.close_passage()
        self.silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)

    def close_passage(self) -> None:
        text = " ".join("".join(self.words).split())
        self.words = []
        if text:
            self.where = text if self.in_heading else self.where
            self.found.append(Passage(self.where, text))
        self.in_heading = False


def _read_html(data: bytes, name: str) -> list[Passage]:
    reader = _HtmlReader()
    reader.feed(_text(data, name))
    reader.close()
    reader.close_passage()
    return reader.found


def _read_markdown(data: bytes, name: str) -> list[Passage]:
    where, found = "", []
    for line in _text(data, name).splitlines():
        heading = re.match(r"#{1,3} (.*)", line)
        where = heading[1] if heading else where
        found += [Passage(where, line)] if line.strip() else []
    return found


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _refused(name, "a memo is written in UTF-8, and this file is not") from None


def _read_word(data: bytes, name: str) -> list[Passage]:
    with needs("word", "reading a memo in Word"):
        from clauses.memo.word.words import paragraphs
    return [Passage(heading, text) for heading, text in paragraphs(data, name)]


def _read_pdf(data: bytes, name: str) -> list[Passage]:
    with needs("pdf", "reading a memo as PDF"):
        import pypdfium2
    try:
        document = pypdfium2.PdfDocument(data)
        pages = [page.get_textpage().get_text_bounded() for page in document]
    except pypdfium2.PdfiumError:
        raise _refused(name, "this PDF is damaged or has a password") from None
    lines = ((number, line) for number, page in enumerate(pages, 1) for line in page.splitlines())
    return [Passage(f"page {number}", " ".join(line.split())) for number, line in lines if line.strip()]


READERS: dict[str, Callable[[bytes, str], list[Passage]]] = {
    "html": _read_html, "md": _read_markdown, "docx": _read_word, "pdf": _read_pdf,
}  # fmt: skip
"""How the words of each format are read."""
