"""Whatever stands in the documents comes out of every format as text that a reader sees."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from clauses.memo.memo import FORMATS, memo_document, write_memo
from clauses.memo.plain import clean
from clauses.review.review import Examined

from .ooxml_order import faults
from .reading import docx_words, html_words, markdown_html, markdown_words, read_html, squeezed

STRINGS = [
    "{{7*7}} {% raw %} {# x #}",
    "{{ memo.__class__ }}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "<script>alert(1)</script>",
    "</style><script>x</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<!-- comment -->",
    "]]> <![CDATA[x]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "&lt;b&gt; &amp; &nbsp; &#x3c; &#60;",
    "<b>bold</b> <ins>in</ins> <del>out</del>",
    "\"><a href='javascript:alert(1)'>x</a>",
    "[click](javascript:alert(1))",
    "](http://evil.example)",
    "![i](http://evil.example/y.png)",
    "[x]: http://evil.example",
    "[^1]",
    "http://evil.example/ a",
    "www.evil.example",
    "a@b.example",
    "`code` ``more``",
    "*bold* _it_ __b__ **c** ~~s~~",
    "# no heading",
    "- no list",
    "+ plus",
    "1. no list",
    "1) no list",
    "> no quote",
    "---",
    "===",
    "***",
    "| a | b |",
    "|---|---|",
    "a | b || c",
    ":smile: @user #12",
    "==mark== ++ins++ ^sup^ ~sub~",
    "$1,000 and $x^2$",
    "C:\\path\\new \\* \\",
    "trailing\\",
    "=cmd|' /C calc'!A0",
    "+1+cmd|x",
    "-2+3",
    "@SUM(A1)",
    'DDEAUTO c:\\\\windows "/k calc"',
    "\\newpage \\input{x}",
    '#import "x.typ" #read("/etc/passwd")',
    "line one\nline two",
    "tab\there",
    "carriage\rreturn",
    "bell\x07 null\x00 esc\x1b[31m",
    "rtl \u202e%03\u202c end",
    "isolate \u2066x\u2069",
    "zero\u200bwidth\ufeff",
    "soft\u00adhyphen",
    "line\u2028separator",
    "tag \U000e0041",
    "mark \ufdd00:1\ufdd1",
    "emoji \U0001f600",
    "条款 العربية",
    "{name} {0} %s %(x)s",
    "'single' \"double\" “quotes”",
    "{.class #id}",
    '<a id="f-1"></a>',
    "    indented",
    "&amp",
    "<",
    "a<b>c&d",
]


def test_characters_that_are_none_are_shown() -> None:
    assert clean("a\ud800b\ufdd0c\x00d\r\ne") == "a[U+D800]b[U+FDD0]c[U+0000]d\ne"


TAGS = (
    "html head meta title style body header strong span main section aside h1 h2 h3 h4 p ol ul li a div table caption "
    "colgroup col thead tbody tr th td blockquote ins del code em br figure figcaption svg defs lineargradient stop "
    "pattern rect line text tspan"
)
HTML_TAGS = set(TAGS.split())

BASE: dict[str, Any] = {
    "agreement": "deal",
    "title": "the deal",
    "signed": "2024-03-01",
    "parties": {"a": {"name": "A"}, "b": {"name": "B"}, "c": {"name": "C"}},
    "sources": {"letter": {"title": "Letter"}},
    "clauses": {
        "ex": {"kind": "exclusivity", "heading": "", "text": "", "obligor": "b", "beneficiary": "a", "ends": "2030"},
        "own": {
            "kind": "holding",
            "heading": "",
            "holder": "a",
            "issuer": "b",
            "stake": "20%",
            "source": {"basis": "assumed"},
        },
    },
}
SHEET: dict[str, Any] = {
    "term_sheet": "sheet",
    "title": "sheet",
    "agreement": "deal",
    "dated": "2025-01-01",
    "changes": [
        {
            "add": "buy",
            "clause": {
                "kind": "supply",
                "heading": "",
                "text": "",
                "supplier": "c",
                "customer": "b",
                "starts": "2027",
                "ends": "2031",
            },
        },
        {"amend": "ex", "set": {"text": "", "ends": "2029"}},
    ],
}


def _examined(text: str, examine: Callable[..., Examined]) -> Examined:
    """The deal with a text wherever a document may hold one."""
    agreement, sheet = copy.deepcopy(BASE), copy.deepcopy(SHEET)
    agreement["title"] = sheet["title"] = f"T {text}"
    for party in agreement["parties"].values():
        party["name"] += f" {text}"
    agreement["sources"]["letter"]["title"] = text
    for clause in agreement["clauses"].values():
        clause["heading"] = text
    agreement["clauses"]["ex"] |= {
        "text": f"old {text}",
        "source": {"document": "letter", "basis": "reported", "quote": text},
    }
    sheet["changes"][0]["clause"] |= {"heading": text, "text": text}
    sheet["changes"][1]["set"]["text"] = f"{text} new"
    return examine(sheet, agreement)


@pytest.fixture(scope="module")
def harmless(examine: Callable[..., Examined]) -> str:
    """The memo with a text that means nothing to any format."""
    return markdown_html(write_memo(_examined("harmless words", examine), "md").decode())


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_it_is_text_in_html(text: str, examine: Callable[..., Examined]) -> None:
    memo = write_memo(_examined(text, examine), "html").decode()
    assert squeezed([clean(text)]) in squeezed(html_words(memo))
    assert set(read_html(memo).tags) <= HTML_TAGS
    assert "\x00" not in memo and "\u202e" not in memo and "javascript:alert(1)'" not in memo.replace("&#x27;", "")


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_it_is_text_in_markdown(text: str, examine: Callable[..., Examined]) -> None:
    memo = write_memo(_examined(text, examine), "md").decode()
    assert squeezed([clean(text)]) in squeezed(markdown_words(memo))
    shown = read_html(markdown_html(memo))
    assert set(shown.tags) <= HTML_TAGS - {"style", "svg", "div"}


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_it_is_text_in_word(text: str, examine: Callable[..., Examined]) -> None:
    document = memo_document(_examined(text, examine))
    memo = FORMATS["docx"](document)
    shown = squeezed(docx_words(memo))
    assert squeezed([clean(text)]) in shown
    assert shown == squeezed(document.root.text().split())
    assert faults(memo) == []


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_it_changes_nothing_around_it(text: str, harmless: str, examine: Callable[..., Examined]) -> None:
    """The memo has as many headings, tables and rows as with a harmless text."""
    shown = markdown_html(write_memo(_examined(text, examine), "md").decode())
    for tag in ("<h1", "<h2", "<h3", "<table", "<tr", "<li", "<blockquote", "<pre", "<hr", "<img"):
        assert shown.count(tag) == harmless.count(tag), tag
