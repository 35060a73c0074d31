"""Forms that nobody filled in honestly: each is one sentence, at once, and nothing of it is obeyed."""

from __future__ import annotations

import copy
import io
import random
import socket
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from clauses.errors import ClausesError, InputError
from clauses.memo.word.form import write_form
from clauses.memo.word.form_looks import Looks
from clauses.memo.word.read_form import MAXIMUM_ROWS, read_form
from clauses.resources import templates_folder
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import Date

from .word_forms import (
    DOCUMENT,
    Root,
    W,
    control,
    edited,
    filling,
    read_part,
    run,
    table,
    with_content,
    with_parts,
    xml,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "doors"))
from command_line import clauses, is_well_behaved  # noqa: E402

AGREEMENT = read_agreement(HERE / "agreement.yaml")
TYPES = "[Content_Types].xml"
RELATIONSHIPS = "word/_rels/document.xml.rels"


@pytest.fixture(scope="module")
def form() -> bytes:
    sheet = read_term_sheet(HERE / "sheets" / "conflict.yaml", AGREEMENT)
    return write_form(AGREEMENT, Date.read("2025-07-01"), sheet, kinds=())


def refusal(data: bytes) -> str:
    """The only sentence with which a file is refused, soon."""
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        read_form(data, "form.docx")
    assert time.monotonic() - started < 20
    (problem,) = caught.value.problems
    assert "\n" not in problem.sentence
    return f"{problem.id}: {problem.sentence}"


def archive(parts: dict[str, bytes], **settings: int) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return found.getvalue()


def with_text(form: bytes, part: str, old: bytes, new: bytes) -> bytes:
    content = read_part(form, part)
    assert old in content
    return with_parts(form, {part: content.replace(old, new)})


# --- what is no Word document


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "this is a PDF, not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "this is an old .doc file or a document with a password"),
        (b"term_sheet: x\n", "this is not a Word document"),
        (b"", "this is not a Word document"),
        (b"PK\x03\x04", "this is not a Word document"),
        (b"PK\x03\x04" + bytes(range(256)) * 50, "this is not a Word document"),
        (b"PK\x05\x06" + bytes(18), "this is a zip archive, not a Word document"),
        (archive({"a.txt": b"x"}), "this is a zip archive, not a Word document"),
        (archive({TYPES: b"<Types/>"}), "there is no Word document in this file"),
        (archive({TYPES: b"not XML"}), "`[Content_Types].xml` is not XML"),
        (archive({TYPES: b"<Types/>", "../../evil.xml": b"<a/>"}), "there is no Word document in this file"),
    ],
    ids=["pdf", "doc", "yaml", "empty", "head", "noise", "no parts", "zip", "no types", "no xml", "climbing"],
)  # fmt: skip
def test_what_is_no_word_document(data: bytes, sentence: str) -> None:
    assert sentence in refusal(data)


def test_a_word_document_that_is_no_form(form: bytes) -> None:
    def emptied(root: Root) -> None:
        for found in list(root.iter("{*}tbl")):
            found.getparent().remove(found)

    assert refusal(edited(form, emptied)) == "not-a-form: this Word document is not a form of clauses"
    assert "not-a-form" in refusal(edited(form, lambda root: root.remove(root[0])))


def test_a_form_that_is_cut_short(form: bytes) -> None:
    for length in range(0, len(form), len(form) // 23):
        assert "bad-word-document" in refusal(form[:length])


def test_a_form_whose_bytes_are_damaged(form: bytes) -> None:
    """Wherever a byte is wrong, the form is read or refused: never anything else."""
    for number in range(0, len(form), len(form) // 40):
        damaged = form[:number] + bytes([form[number] ^ 0x55]) + form[number + 1 :]
        try:
            read_form(damaged, "form.docx")
        except InputError as error:
            assert error.problems


# --- what is not opened


def test_a_document_type_is_refused_in_any_encoding(form: bytes) -> None:
    body = read_part(form).decode().partition("?>")[2]
    dtd = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;">]>'
    for encoding in ("UTF-8", "UTF-16"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>{dtd}{body}'
        data = with_parts(form, {DOCUMENT: text.encode(encoding)})
        assert "`word/document.xml` declares a document type" in refusal(data)
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    part = b'<?xml version="1.0"?>' + bomb + b"]><a>&j;</a>"
    assert "bad-word-document" in refusal(with_parts(form, {"word/settings.xml": part}))


def test_what_asks_for_something_outside_is_refused(form: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", _no_network)
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    for sort, target, mode in (
        (b"image", b"https://example.org/spy.png", b'TargetMode="External"'),
        (b"attachedTemplate", b"file:///etc/passwd", b'TargetMode="External"'),
        (b"image", b"../../../etc/passwd", b""),
    ):
        link = b'<Relationship Id="rId99" Type="%s%s" Target="%s" %s/></Relationships>' % (kind, sort, target, mode)
        data = with_text(form, RELATIONSHIPS, b"</Relationships>", link)
        assert "lies outside of it" in refusal(data)


def _no_network(*_: object, **__: object) -> None:
    raise AssertionError("nothing is fetched")


def test_programs_and_templates_are_refused(form: bytes) -> None:
    main = b"wordprocessingml.document.main+xml"
    macro = with_text(form, TYPES, b"application/vnd.openxmlformats-officedocument." + main,
                      b"application/vnd.ms-word.document.macroEnabled.main+xml")  # fmt: skip
    assert "carries macros" in refusal(macro)
    template = with_text(form, TYPES, main, b"wordprocessingml.template.main+xml")
    assert "a Word template" in refusal(template)


def test_a_locked_file_is_refused(form: bytes) -> None:
    data = bytearray(form)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(signature)
        while start >= 0:
            data[start + offset] |= 1
            start = data.find(signature, start + 4)
    assert "has a password" in refusal(bytes(data))


# --- what is too much


def test_bombs_are_refused_before_they_are_unpacked(form: bytes) -> None:
    assert "at most 60 MB" in refusal(with_parts(form, {"word/media/a.bin": bytes(70_000_000)}))
    assert "at most 60 MB" in refusal(with_parts(form, {"word/blank.xml": b"<a>" + b" " * 5_000_000 + b"</a>"}))
    many = {f"word/p{number}.xml": b"<a/>" for number in range(2_001)}
    assert "at most 2,000 parts" in refusal(with_parts(form, many))


def test_a_size_that_lies_is_seen(form: bytes) -> None:
    """The list of contents says 10 bytes, and far more come out."""
    data = bytearray(with_parts(form, {"word/blank.xml": b"<a>" + b" " * 50_000_000 + b"</a>"}))
    start = data.rfind(b"PK\x01\x02", 0, data.rfind(b"word/blank.xml"))
    data[start + 24 : start + 28] = struct.pack("<I", 10)
    local = data.find(b"word/blank.xml") - 30
    data[local + 22 : local + 26] = struct.pack("<I", 10)
    assert "bad-word-document" in refusal(bytes(data))


def test_parts_that_stand_twice_are_refused(form: bytes) -> None:
    found = io.BytesIO(form)
    with zipfile.ZipFile(found, "a") as made, pytest.warns(UserWarning, match="Duplicate name"):
        made.writestr(DOCUMENT, read_part(form).replace(b"microsoft", b"oracle"))
    assert "each once" in refusal(found.getvalue())


@pytest.mark.parametrize("depth", [300, 5_000, 200_000])
@pytest.mark.parametrize("name", ["w:sdt", "w:ins", "w:tbl", "w:x"])
def test_absurd_nesting_ends_in_a_sentence(form: bytes, name: str, depth: int) -> None:
    inside = f"<{name}>" * depth + f"</{name}>" * depth
    before, _, after = read_part(form).partition(b"</w:tbl>")
    data = with_parts(form, {DOCUMENT: before + b"</w:tbl>" + inside.encode() + after}, zipfile.ZIP_STORED)
    assert "`word/document.xml` is not XML" in refusal(data)


def test_nesting_that_a_parser_takes_is_read(form: bytes) -> None:
    inside = "<w:hyperlink>" * 200 + "<w:r><w:t>deep</w:t></w:r>" + "</w:hyperlink>" * 200
    data = edited(form, with_content("NEW-01.text", inside))
    assert read_form(data, "form.docx").plain()["changes"][2]["clause"]["text"] == "deep"


def test_a_hundred_thousand_rows_are_too_many(form: bytes) -> None:
    before, _, after = read_part(form).partition(b"</w:tbl>")
    rows = b"<w:tr><w:tc><w:p/></w:tc></w:tr>" * 100_000
    data = with_parts(form, {DOCUMENT: before + rows + b"</w:tbl>" + after}, zipfile.ZIP_STORED)
    assert refusal(data) == f"form-too-long: a form has at most {MAXIMUM_ROWS:,} rows"


def test_very_many_rows_are_read_soon(form: bytes) -> None:
    row = b"<w:tr><w:tc><w:p><w:r><w:t>TS.dated</w:t></w:r></w:p></w:tc></w:tr>"
    before, _, after = read_part(form).partition(b"</w:tbl>")
    data = with_parts(form, {DOCUMENT: before + row * 19_000 + b"</w:tbl>" + after}, zipfile.ZIP_STORED)
    started = time.monotonic()
    with pytest.raises(InputError):
        read_form(data, "form.docx")
    assert time.monotonic() - started < 20


def test_a_number_of_clauses_beyond_reason_is_refused(form: bytes) -> None:
    for words in ("9" * 12, "9" * 9_000, "-1", "٣", "1"):
        assert "altered-table" in refusal(edited(form, filling("TS.clauses", words)))


def test_styles_that_are_based_on_each_other_end() -> None:
    style = '<w:style w:styleId="{}"><w:basedOn w:val="{}"/></w:style>'
    markup = f"<w:styles>{style.format('A', 'B')}{style.format('B', 'A')}{style.format('C', 'C')}</w:styles>"
    words = xml('<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:rPr><w:rStyle w:val="C"/></w:rPr></w:r></w:p>')
    found = Looks(xml(markup)).run(words.find("{*}r"), "words", words, "B", "FFFFFF")
    assert not found.gone
    assert not found.struck


def test_very_many_elements_are_refused_before_they_are_parsed(form: bytes) -> None:
    before, _, after = read_part(form).partition(b"</w:tbl>")
    data = with_parts(form, {DOCUMENT: before + b"</w:tbl>" + b"<w:a/>" * 3_100_000 + after}, zipfile.ZIP_STORED)
    assert "at most 1,500,000 elements" in refusal(data)
    tags = b"<a " + b" ".join(b"a%d=''" % number for number in range(3_100_000)) + b"/>"
    assert "at most 1,500,000 elements" in refusal(with_parts(form, {"word/a.xml": tags}, zipfile.ZIP_STORED))


@pytest.mark.parametrize("encoding", ["UTF-7", "cp037", "ISO-8859-1"])
def test_an_encoding_in_which_marks_could_hide_is_refused(form: bytes, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a/>'
    data = text.encode("cp037" if encoding == "cp037" else "ascii")
    assert "`word/a.xml` is written in another encoding" in refusal(with_parts(form, {"word/a.xml": data}))


def field(instruction: str) -> str:
    """A field of Word in the pieces in which it may come."""
    middle = len(instruction) // 2
    pieces = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in
                     (instruction[:middle], instruction[middle:]))  # fmt: skip
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    return f"<w:p>{mark('begin')}{pieces}{mark('separate')}<w:r><w:t>x</w:t></w:r>{mark('end')}</w:p>"


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        (field(' INCLUDETEXT "/etc/passwd" '), "INCLUDETEXT"),
        (field("includepicture https://example.org/x.png"), "INCLUDEPICTURE"),
        (field(" DDEAUTO c:\\\\cmd.exe x "), "DDEAUTO"),
        (field(" DATE "), "DATE"),
        (field(" "), ""),
        ('<w:p><w:fldSimple w:instr=" LINK Excel.Sheet.8 x "/></w:p>', "LINK"),
        ("<w:p><w:r><w:instrText>DATABASE x</w:instrText></w:r></w:p>", "DATABASE"),
    ],
)
def test_a_house_document_with_a_field_that_fetches_is_refused(tmp_path: Path, markup: str, name: str) -> None:
    assert f"the field `{name}` takes its words from outside" in house_refusal(tmp_path, markup)


def test_a_house_document_may_number_its_pages(tmp_path: Path) -> None:
    simple = '<w:p><w:fldSimple w:instr="STYLEREF Title"/></w:p>'
    for markup in (field(" PAGE "), field(r" NUMPAGES \* MERGEFORMAT "), simple):
        assert house_refusal(tmp_path, markup) == ""


def house_refusal(folder: Path, markup: str) -> str:
    """What is said of a house whose document has something in its footer."""
    (folder / "style").mkdir(exist_ok=True)
    ours = (templates_folder() / "style" / "memo.docx").read_bytes()
    data = edited(ours, lambda root: root.append(xml(markup)), part="word/footer1.xml")
    (folder / "style" / "memo.docx").write_bytes(data)
    (folder / "house.toml").write_text('firm = "Ash"\n')
    try:
        write_form(AGREEMENT, Date.read("2025-07-01"), templates=folder, only=("conversion",), kinds=())
    except ClausesError as error:
        return error.problems[0].sentence
    return ""


# --- what is in it is text


HOSTILE = (
    "{{ 7*7 }}", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "](javascript:alert(1))", "#read(\"/etc/passwd\")",
    "../../etc/passwd", "a\u202eb", "\u200b", "![x](http://example.org)", "*" * 300, "`x`", "\\", "&amp;", "’ or 1=1",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_words_are_words(form: bytes, words: str) -> None:
    data = edited(form, filling("NEW-01.text", words))
    added = [change["clause"] for change in read_form(data, "form.docx").plain()["changes"] if "add" in change]
    assert added[0]["text"] == words.strip()


@pytest.mark.parametrize(
    "change",
    [
        filling("TS.agreement", "../../../etc/passwd"),
        filling("TS.agreement", "/etc/passwd"),
        filling("TS.dated", "\u202e2025-07-01"),
        filling("NEW-01.amount", "USD 1" + "0" * 5_000),
        filling("NEW-01.supplier", "a" * 5_000),
        filling("NEW-01.starts", "2026-99-99"),
        filling("NEW-01.id", "Not An Id"),
        filling("CL-01", "no-such-clause (exclusivity)"),
        filling("CL-01", "conversion (exclusivity)"),
        with_content("TS.dated", "<w:r><w:t>\u0660\u0661</w:t></w:r>"),
        lambda root: control(root, "TS.dated").find(".//{*}date").set(f"{W}fullDate", "soon"),
        lambda root: control(root, "TS.dated").insert(0, xml("<w:sdtPr/>")),
        lambda root: table(root, "TS").append(xml("<w:tr/>")),
        lambda root: table(root, "TS").insert(0, xml("<w:tr><w:tc/></w:tr>")),
        lambda root: control(root, "NEW-01.text").find("{*}sdtContent").append(run("\ud7ff\ufffd\U0010fffd")),
    ],
)  # fmt: skip
def test_the_command_line_stays_calm(form: bytes, tmp_path: Path, change: Callable[[Root], None]) -> None:
    (tmp_path / "form.docx").write_bytes(edited(form, change))
    ran = clauses("check", "form.docx", "--agreement", HERE / "agreement.yaml", "--engine", "reference",
                  "-r", HERE / "pack", folder=tmp_path)  # fmt: skip
    assert ran.code in (0, 1, 2, 3)
    assert is_well_behaved(ran)
    assert "passwd:" not in ran.all
    assert "root:" not in ran.all


def test_a_form_is_named_by_a_sentence_where_word_is_not_installed(form: bytes, tmp_path: Path) -> None:
    (tmp_path / "form.docx").write_bytes(form)
    program = (
        "import sys; sys.modules['docx'] = None; from clauses.cli import main; "
        "sys.argv = ['clauses', *sys.argv[1:]]; main()"
    )
    for words in (["check", "form.docx"], ["form", str(HERE / "agreement.yaml"), "-o", "x.docx"]):
        ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=tmp_path)
        assert ran.returncode == 2
        assert "needs the package `docx`, which is not installed" in ran.stderr
        assert "pip install 'clauses[word]'" in ran.stderr
    sheet = str(HERE / "sheets" / "conflict.yaml")
    words = ["check", sheet, "--agreement", str(HERE / "agreement.yaml"), "--engine", "reference"]
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode in (0, 1, 3), ran.stderr


def test_whatever_happens_to_its_elements_a_form_is_read_or_refused(form: bytes) -> None:
    """Elements lost, doubled, moved, renamed: two hundred forms, and never anything but a sentence."""
    chance = random.Random(1)
    original = etree.fromstring(read_part(form))
    for number in range(200):
        root = copy.deepcopy(original)
        for _ in range(chance.choice([1, 3, 12])):
            _mutate(root, chance)
        data = with_parts(form, {DOCUMENT: etree.tostring(root)}, zipfile.ZIP_STORED)
        try:
            assert read_form(data, "form.docx").plain(), number
        except InputError as error:
            assert all(problem.text() for problem in error.problems), number


_ODD_WORDS = ("", "CL-01.ends", "not stated", "yes", "TS", "\u2028x\u2028", "PARTY", "2026..", ".")


def _mutate(root: Root, chance: random.Random) -> None:
    found = [element for element in root.iter() if element.getparent() is not None]
    one, other = chance.choice(found), chance.choice(found)
    match chance.randrange(6):
        case 0:
            one.getparent().remove(one)
        case 1:
            one.addnext(copy.deepcopy(other))
        case 2 if one not in list(other.iterancestors()) and one is not other:
            other.append(one)
        case 3:
            one.tag = other.tag
        case 4:
            one.attrib.clear()
        case _:
            one.text = chance.choice(_ODD_WORDS)
