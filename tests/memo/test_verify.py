"""A memo against its inputs: unchanged, or which words and numbers differ."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clauses.errors import InputError
from clauses.language.pack import load_pack
from clauses.memo.memo import FORMATS, write_memo
from clauses.memo.verify import READERS, Verified, verify_memo
from clauses.review.review import Examined, Reviewer

HERE = Path(__file__).parent
TEXTS = ("html", "md")


def verified(data: bytes, format: str, examined: Examined, templates: Path | None = None) -> Verified:
    return verify_memo(data, f"memo.{format}", examined, templates)


def with_changed_part(data: bytes, change: Callable[[str], str]) -> bytes:
    """A Word document whose text was changed by hand."""
    source, found = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, change(content.decode()).encode() if name == "word/document.xml" else content)
    return found.getvalue()


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
def test_a_memo_as_it_was_written_is_unchanged(format: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    found = verified(write_memo(examined, format), format, examined)
    assert found.same_file and found.same_words and found.format == format


@pytest.mark.parametrize("format", TEXTS)
def test_one_changed_digit_is_named(format: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    memo = write_memo(examined, format).decode()
    start = next(re.finditer(r"\b2030\b", memo)).start()
    changed = memo[:start] + "2031" + memo[start + 4 :]
    found = verified(changed.encode(), format, examined)
    assert not found.same_words
    assert len(found.differences) == 1
    difference = found.differences[0]
    assert "2031" in difference.written and "2030" in difference.computed and difference.where


def test_one_changed_digit_in_word_is_named(examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    memo = write_memo(examined, "docx")
    changed = with_changed_part(memo, lambda text: text.replace("2030", "2031", 1))
    assert changed != memo
    found = verified(changed, "docx", examined)
    assert not found.same_words
    assert len(found.differences) == 1
    assert "2031" in found.differences[0].written and "2030" in found.differences[0].computed


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_a_memo_of_another_term_sheet_differs(format: str, examine: Callable[..., Examined]) -> None:
    found = verified(write_memo(examine("open"), format), format, examine("conflict"))
    assert not found.same_words
    assert len(found.differences) > 3


@pytest.mark.parametrize("format", TEXTS)
def test_a_removed_finding_is_named(format: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    memo = write_memo(examined, format).decode()
    lines = memo.splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if "F-1" in line)
    found = verified("".join(lines[:number] + lines[number + 1 :]).encode(), format, examined)
    assert not found.same_words
    assert any("F-1" in one.computed and not one.written for one in found.differences)


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_another_pack_differs(format: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    pack = replace(load_pack(HERE / "pack", "pack"), version="99.1", sha256="0" * 64)
    with Reviewer([pack], ("reference",)) as reviewer:
        deal = examined.deal
        other = reviewer.examine(deal.agreement, deal.sheet, deal.as_of)
    found = verified(write_memo(examined, format), format, other)
    assert not found.same_words
    assert any("99.1" in one.computed for one in found.differences)


def test_a_word_document_saved_anew_is_unchanged_in_its_words(examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    saved = with_changed_part(write_memo(examined, "docx"), str)
    found = verified(saved, "docx", examined)
    assert found.same_words and not found.same_file


@pytest.mark.parametrize(
    "mark", ["<w:vanish/>", "<w:strike/>", '<w:color w:val="ffffff"/>', '<w:sz w:val="2"/>', "<w:webHidden/>"]
)
def test_words_that_nobody_can_read_in_word_count_as_left_out(mark: str, examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    memo = write_memo(examined, "docx")
    saved = with_changed_part(memo, lambda text: re.sub(r"<w:r>(?=<w:t)", f"<w:r><w:rPr>{mark}</w:rPr>", text, count=1))
    assert not verified(saved, "docx", examined).same_words


def test_a_style_that_hides_words_is_a_change(examine: Callable[..., Examined]) -> None:
    examined = examine("conflict")
    memo = write_memo(examined, "html").decode()
    found = verified(memo.replace("<style>", "<style>.verdict { display: none }", 1).encode(), "html", examined)
    assert not found.same_file and not found.differences


@pytest.mark.parametrize("data", [b"", b"verdict: clear", b"PK\x03\x04 broken", b"%PDF-1.7 broken", b"\xff\xfe<html>"])
def test_what_is_no_memo_is_refused_in_a_sentence(data: bytes, examine: Callable[..., Examined]) -> None:
    with pytest.raises(InputError) as error:
        verify_memo(data, "memo", examine("clear"))
    assert "error[" in str(error.value) and "memo" in str(error.value)
