"""Whatever stands in the documents comes out of a PDF as words that a reader sees, in the places of the others."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from clauses.memo import to_pdf
from clauses.memo.glyphs import SHOWN, with_glyphs
from clauses.memo.memo import memo_document, write_memo
from clauses.memo.plain import clean
from clauses.memo.tree import Element
from clauses.review.review import Examined

from .reading import pdf_outside, pdf_tags, pdf_words, squeezed
from .test_hostile import STRINGS, _examined

SCRIPTS = [
    "条款", "العربية", "עברית", "हिन्दी", "ไทย", "한국어", "\U0001f600", "\U00020000", "x\ufe0fy", "a\u034fb", "\u180b",
    "e\u0301\u030b\u0489", "\u0301 first", "e\u0301a\u0308 A\u030a", "ﷺ", "\U0001d400", "™ © ® € £ ¥ ₩ ₽",
    "→ ⇒ ✓ ☐ ≤ ≥ ≠ ± × ÷", "Ωμέγα Жизнь Đặng Łódź",
]  # fmt: skip
LONG = ["W" * 300, "a-" * 200, "0123456789abcdef" * 20, "https://example.org/" + "path/" * 60, "Donau" * 40 + " end"]


@pytest.mark.parametrize("text", [*STRINGS, *SCRIPTS, *LONG], ids=lambda text: ascii(text[:12]))
def test_it_is_text_in_a_pdf(text: str, harmless_tags: list[str], examine: Callable[..., Examined]) -> None:
    """All of it, within the margins, with the same headings, tables, rows, lists and links as a harmless text."""
    examined = _examined(text, examine)
    pdf = write_memo(examined, "pdf")
    document = memo_document(examined)
    words = squeezed(pdf_words(pdf))
    wanted = [document.house["firm"], document.house["address"], document.root.text()]
    assert words == squeezed([with_glyphs(one) for one in wanted])
    assert squeezed([with_glyphs(clean(text))]) in words
    assert not pdf_outside(pdf)
    assert text not in STRINGS or pdf_tags(pdf) == harmless_tags


@pytest.fixture(scope="module")
def harmless_tags(examine: Callable[..., Examined]) -> list[str]:
    return pdf_tags(write_memo(_examined("harmless words", examine), "pdf"))


def test_every_character_with_a_glyph_is_shown(examine: Callable[..., Examined]) -> None:
    """In order, and mixed as they come: a line of them never stops the compiler."""
    characters = [chr(code) for code in sorted(SHOWN) if clean(chr(code)) == chr(code)]
    chance = random.Random(5)
    mixed = [chance.sample(characters, len(characters)) for _ in range(5)]
    lines = [" ".join("".join(part[i : i + 9]) for i in range(0, len(part), 9)) for part in (characters, *mixed)]
    document = memo_document(examine("clear"))
    root = Element("memo", document.root.attributes, [Element("p", {}, [line]) for line in lines])
    words = squeezed(pdf_words(to_pdf.write(replace(document, root=root))))
    for line in lines:
        assert with_glyphs(line) == line
        assert squeezed([line]) in words
