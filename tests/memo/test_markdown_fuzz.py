"""Random strings through the Markdown writer, read by two renderers: what is written is what a reader sees."""

from __future__ import annotations

import datetime
import html
import os
import random
import re

import mistune
import pytest
from markdown_it import MarkdownIt

from clauses.memo import to_markdown
from clauses.memo.document import Document
from clauses.memo.tree import Element

STRINGS = int(os.environ.get("CLAUSES_FUZZ_CASES", "5000"))
AT_ONCE = 100
PIECES = [
    *"*_~`#>|[]()!<>&\\-+=.:;'\"{}$^%@/0123456789 abcXYZ\té§€–…",
    "**", "__", "~~", "``", "](", "![", "<b>", "</td>", "&lt;", "&#60;", "&amp", "http://a.b", "www.a.b", "a@b.co",
    "1. ", "- ", "+ ", "> ", "# ", "---", "===", ":--", "| |", "\\|", "<!--", "-->", "javascript:x", "{{ 7*7 }}",
    "{% raw %}", "$x$", "==m==", "++i++", "^s^", "H~2~O", ":smile:", "[^1]", "[x]",
]  # fmt: skip
RENDERERS = {
    "markdown-it": MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render,
    "mistune": mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url", "task_lists"]),
}


def strings() -> list[str]:
    source = random.Random("clauses/markdown")
    found = ("".join(source.choice(PIECES) for _ in range(source.randint(1, 14))) for _ in range(STRINGS))
    return [" ".join(text.split()) or "x" for text in found]


def markdown(texts: list[str]) -> str:
    """A memo with each text in a paragraph of its own, and each in a cell of a table."""
    head = Element("thead", {}, [Element("tr", {}, [Element("th", {}, ["head"])])])
    body = Element("tbody", {}, [Element("tr", {}, [Element("td", {}, [text])]) for text in texts])
    paragraphs = [Element("p", {}, [text]) for text in texts]
    root = Element("memo", {"lang": "en", "title": "t"}, [*paragraphs, Element("table", {}, [head, body])])
    return to_markdown.write(Document(root, {}, {}, {}, datetime.date(2025, 1, 1), {}, {})).decode()


def blocks(page: str, tag: str) -> list[str]:
    """The words of each element of a tag."""
    inner = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", "", one)).split()) for one in inner]


@pytest.mark.parametrize("name", RENDERERS)
def test_every_string_is_read_as_it_was_meant(name: str) -> None:
    texts = strings()
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        page = str(RENDERERS[name](markdown(some)))
        assert blocks(page, "td") == some
        assert blocks(page, "p") == some
