"""What templates of a house may do, and what they are refused, with the file and the line."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clauses.memo import apart
from clauses.memo import sandbox as sandbox_module
from clauses.memo.memo import FORMATS, HOUSE, LABELS, memo_document, used_templates, write_memo
from clauses.memo.plain import Plain, plain
from clauses.memo.templates import TemplateError, Templates
from clauses.memo.view import view
from clauses.resources import templates_folder
from clauses.review.review import Examined

HEADING = "memo/sections/heading.html.j2"


def house(folder: Path, **files: str) -> Path:
    """A house folder with some files; `__` in a name stands for a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def with_heading(folder: Path, text: str) -> Path:
    """A house whose heading section is this."""
    path = folder / HEADING
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder


# --- what a house may do


def test_a_house_changes_words_order_and_look(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    house(
        tmp_path,
        houseDOTtoml='firm = "Fir & Partners"\nnumbering = "legal"\n[colour]\naccent = "#004d40"\n',
        memo__labelsDOTtoml='privileged = "For Fir only."\n[section]\nbottom_line = "In short"\n',
        memo__memoDOThtmlDOTj2=(
            '{% extends "core:memo/memo.html.j2" %}{% block cap_table %}{% endblock %}'
            '{% block appendix %}{{ super() }}<p>{% include "memo/sections/sign_off.html.j2" %}</p>{% endblock %}'
        ),
        memo__sections__sign_offDOThtmlDOTj2="Signed by {{ house.firm }}.",
    )
    text = write_memo(examine("conflict"), "html", tmp_path).decode()
    assert "Fir &amp; Partners" in text and "For Fir only." in text and "Signed by Fir &amp; Partners." in text
    assert "I.</span> In short" in text and "--accent: #004d40" in text
    assert "Cap table before and after" not in text
    assert "Redline of the changed terms" in text  # what the house does not touch stays
    assert "sign_off" in text and ">house<" in text  # and the appendix says what was used


def test_digests_tell_which_files_were_used(tmp_path: Path) -> None:
    ours = {one.name: one for one in used_templates()}
    assert {"memo/memo.html.j2", HEADING, "memo/labels.toml", "style/memo.css", "figures/timeline.svg.j2"} <= set(ours)
    with_heading(tmp_path, "<h1>Opinion</h1>")
    theirs = {one.name: one for one in used_templates(tmp_path)}
    assert theirs[HEADING].origin == "house" and theirs[HEADING].sha256 != ours[HEADING].sha256
    assert theirs["memo/memo.html.j2"] == ours["memo/memo.html.j2"]


def test_all_our_templates_are_used() -> None:
    names = {str(path.relative_to(templates_folder())) for path in templates_folder().rglob("*") if path.is_file()}
    memo = {name for name in names if name.endswith((".j2", ".css", ".toml")) and not name.startswith("redline/")}
    assert memo <= {one.name for one in used_templates()}


# --- what it is refused

REFUSED = [
    ("<h1>A</h1>\n<script>x</script>", 2, "`<script>` is not an element of a memo"),
    ("<h1>A</h1>\n\n<p style='x'>a</p>", 3, "has no attribute `style`"),
    ("<h1>A</h1>\n<p onclick='x'>a</p>", 2, "has no attribute `onclick`"),
    ("<h1>A</h1>\n<p><a href='javascript:x'>a</a></p>", 2, "is not allowed as `href`"),
    ("<h1>A</h1>\n<p><a href='data:text/html,x'>a</a></p>", 2, "is not allowed as `href`"),
    ("<h1>A</h1>\n<p><a href='#nowhere'>a</a></p>", 2, "leads nowhere"),
    ("<h1>A</h1>\n<figure><img src='http://x/y.png' alt='a'/></figure>", 2, "is not allowed as `src`"),
    ("<h1>A</h1>\n<figure><img src='figure:timeline' alt=' '/></figure>", 2, "is not allowed as `alt`"),
    ("<h1>A</h1>\n<figure><img src='figure:timeline'/></figure>", 2, "needs `src` and `alt`"),
    ("<h1>A</h1>\n<h3>b</h3>", 2, "skips a level"),
    ("<h1>A</h1>\n<p>a<p>b</p></p>", 2, "cannot stand within `<p>`"),
    ("<h1>A</h1>\n<p>a", 2, "`<p>` is not closed"),
    ("<h1>A</h1>\n<p>a & b</p>", 2, "not well-formed"),
    ("<h1>A</h1>\n<p>a&nbsp;b</p>", 2, "not well-formed"),
    ("<h1>A</h1>\nwords", 2, "words cannot stand directly"),
    ("<h1>A</h1>\n<?php x ?>", 2, "no processing instructions"),
    ("<h1>A</h1>\n<p><![CDATA[x]]></p>", 2, "no CDATA"),
    ("<h1 id='f-1'>A</h1>", 0, "given twice"),
    ("<h1>A</h1>\n<p>{{ memo.nothing }}</p>", 2, "nothing"),
    ("<h1>A</h1>\n<p>{{ memo.sheet | safe }}</p>", 2, "safe"),
    ("<h1>A</h1>\n{% autoescape false %}{{ memo.sheet }}{% endautoescape %}", 2, "escaping cannot be switched"),
    ("<h1>A</h1>\n{% include memo.sheet %}", 2, "named by a fixed text"),
    ("<h1>A</h1>\n{% include '../../../etc/passwd' %}", 0, "no template"),
    ("<h1>A</h1>\n<p>{{ labels.way.intro | fill(x=1) }}</p>", 2, "nothing fills"),
    ("<h1>A</h1>\n{% if %}", 2, "Expected"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), REFUSED, ids=[one[2] for one in REFUSED])
def test_a_refusal_names_file_and_line(
    text: str, line: int, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    with pytest.raises(TemplateError) as refused:
        write_memo(examine("conflict"), "html", with_heading(tmp_path, text))
    message = str(refused.value)
    assert sentence in message
    if line:
        assert f"{HEADING}:{line}" in message


ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ memo.__class__ }}",
    "{{ [].append }}",
    "{{ (1).real }}",
    "{{ memo.items() }}",
    "{{ memo.update({}) }}",
    "{{ 'a' * 200000000 }}",
    "{{ 10 ** 10000000 }}",
    "{{ 'x' % 1 }}",
    "{{ '{:>9}'.format(1) }}",
    "{{ 'a'.format_map }}",
    "{{ 'a' | center(200000000) }}",
    "{{ 'a' | attr('__class__') }}",
    "{{ lipsum() }}",
    "{{ cycler('a').__init__.__globals__ }}",
    "{{ dict() }}",
    "{{ joiner() }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ range(10000000) | list }}",
    "{{ memo | pprint }}",
    "{{ memo | tojson }}",
    "{{ memo | xmlattr }}",
    "{{ memo.points | map('upper') }}",
    "{{ 'a'.encode() }}",
    "{{ 'a'.join(['b']) }}",
    "{{ fill.__globals__ }}",
    "{{ caller }}",
    "{{ loop }}",
    "{{ ().__class__ }}",
    "{{ memo | groupby('x') }}",
    "{{ 'a' | format(1) }}",
    "{{ ui.badge.__globals__ }}",
    "{{ config }}",
    "{{ request }}",
    "{% import 'os' as os %}",
    "{{ 'a' is filter }}",
    "{% extends 'memo/memo.html.j2' %}",
    "{{ super.__class__ }}",
    "{{ 1 // 0 }}",
    "{{ memo.points[0]['__class__'] }}",
]


@pytest.fixture(scope="module")
def values(examine: Callable[..., Examined]) -> Plain:
    """What a template is given."""
    found = Templates()
    return {"memo": plain(view(examine("clear"))), "labels": found.settings(LABELS), "house": found.settings(HOUSE)}


@pytest.mark.parametrize("text", ESCAPES)
def test_the_sandbox_holds(text: str, tmp_path: Path, values: Plain) -> None:
    folder = with_heading(tmp_path, '{% import "memo/_macros.html.j2" as ui with context %}' + text)
    with pytest.raises(TemplateError):
        sandbox_module.render(sandbox_module.Sandbox(Templates(folder)), HEADING, values)


def test_a_template_that_never_ends_is_ended(
    tmp_path: Path, examine: Callable[..., Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 1)
    loops = "".join(f"{{% for {name} in range(99999) %}}" for name in "abc") + "{% endfor %}" * 3
    with pytest.raises(TemplateError, match="more than"):
        write_memo(examine("clear"), "html", with_heading(tmp_path, f"<h1>A</h1>{loops}"))


def test_a_template_that_only_grows_is_ended(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    grows = "{% set n = namespace(x='aaaaaaaaaa') %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
    with pytest.raises(TemplateError):
        write_memo(examine("clear"), "html", with_heading(tmp_path, f"<h1>A</h1>{grows}<p>{{{{ n.x }}}}</p>"))


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>x</script>",
        "<image href='file:///etc/passwd'/>",
        "<a href='x'><text>a</text></a>",
        "<rect onload='x'/>",
        "<rect style='fill:url(http://x)'/>",
        "<rect fill='url(http://x)'/>",
        "<foreignObject/>",
        "<use href='#a'/>",
        "<!-- a -->",
        "<style>a</style>",
        "<animate/>",
        "<text>",
        "<rect fill='javascript:x'/>",
    ],
)
def test_a_figure_is_only_a_drawing(inner: str, tmp_path: Path, examine: Callable[..., Examined]) -> None:
    house(tmp_path, figures__timelineDOTsvgDOTj2="\n" + SVG.format(inner))
    with pytest.raises(TemplateError, match=r"timeline\.svg\.j2"):
        write_memo(examine("clear"), "html", tmp_path)


EXTENDS = '{% extends "core:memo/memo.html.j2" %}'


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("style/memo.css", "p { background: url(http://x) }", "may not hold"),
        ("style/memo.css", "</style><script>", "may not hold"),
        ("style/memo.css", "@import 'x';", "may not hold"),
        ("house.toml", '[colour]\naccent = "red; } body { x: y"', "is not a colour"),
        ("house.toml", "numbering = 3", "not written as ours"),
        ("house.toml", 'frim = "x"', "did you mean"),
        ("house.toml", "firm = ", "not TOML"),
        ("house.toml", 'paper = "a5"', "house.toml:1:1: .* there is no paper `a5`"),
        ("house.toml", 'numbering = "roman"', "there is no numbering `roman`"),
        ("house.toml", '[dark]\n\naccent = "#12345"', "house.toml:3:1: .*`#12345` is not a colour"),
        ("house.toml", '[font]\ntext = "A; }"', "house.toml:2:1: .*is not a list of fonts"),
        ("house.toml", "firm = 1\nnumbering = " + "1" * 5000, "house.toml:2:1: .*a number has too many digits"),
        ("house.toml", "firm = " + "[" * 3000, "house.toml: .*nested too deeply"),
        ("memo/labels.toml", '[way]\nnote = ["a", [[]]]', "not written as ours"),
        ("memo/memo.html.j2", "<p/>\n{{ " + "9" * 5000 + " }}", "memo.html.j2:2:1: .*a number has too many digits"),
        ("memo/memo.html.j2", '{% include "memo/memo.html.j2" %}', "memo.html.j2:1:1: .*takes itself in"),
        ("memo/memo.html.j2", '\n{% extends "memo/memo.html.j2" %}', "memo.html.j2:2:1: .*takes itself in"),
        ("memo/sections/rules.html.j2", '{% include "memo/memo.html.j2" %}', "takes itself in by way of"),
        ("memo/memo.html.j2", "{{ " + "(" * 3000 + "1", "nested too deeply"),
        ("memo/memo.html.j2", "{% include 5 %}", "named by a fixed text"),
        ("memo/memo.html.j2", EXTENDS + "\n{% block redlin %}{% endblock %}", "memo.html.j2:2:1: .*no block `redlin`"),
        ("memo/memo.html.j2", EXTENDS + "\n\n<p>Lost.</p>", "stands outside the blocks"),
        ("memo/labels.toml", '[section]\nbotom_line = "x"', "did you mean `bottom_line`"),
        ("memo/sections/findngs.html.j2", "<p>a</p>", "no memo reads this file"),
    ],
)
def test_a_slip_is_not_passed_over(
    name: str, text: str, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(TemplateError, match=sentence):
        write_memo(examine("clear"), "html", tmp_path)
    if not name.endswith(".css"):
        with pytest.raises(TemplateError, match=sentence):
            used_templates(tmp_path)


def test_a_macro_that_calls_itself_is_ended_in_our_words(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    text = "<h1>A</h1>{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"
    with pytest.raises(TemplateError, match="calls itself without end"):
        write_memo(examine("clear"), "html", with_heading(tmp_path, text))


def test_a_template_of_any_size_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "style").mkdir()
    with (tmp_path / "style" / "memo.css").open("wb") as file:
        file.truncate(1 << 40)  # more than any memory holds
    with pytest.raises(TemplateError, match="at most 500,000 bytes"):
        used_templates(tmp_path)


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        ('viewBox="0 0 10 30000"', "a side of a figure is at most"),
        ('viewBox="0 0 10 300"', "20 times as long as the other"),
        ('viewBox="0 0 1e9 1"', "whole numbers"),
        ('width="9"', "whole numbers"),
    ],
)
def test_a_figure_of_no_shape_is_refused(
    figure: str, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    house(tmp_path, figures__timelineDOTsvgDOTj2=f'<svg xmlns="http://www.w3.org/2000/svg" {figure}/>')
    with pytest.raises(TemplateError, match=sentence):
        write_memo(examine("clear"), "html", tmp_path)


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        ('<pattern id="a"><rect fill="url(#b)"/></pattern>', "filled with plain colours"),
        ('<pattern id="a"/>' * 13, "at most 12 patterns"),
        ('<svg viewBox="0 0 9 9"/>', "none within it"),
    ],
)
def test_patterns_do_not_grow_without_bounds(
    inner: str, sentence: str, tmp_path: Path, examine: Callable[..., Examined]
) -> None:
    house(tmp_path, figures__timelineDOTsvgDOTj2=SVG.format(inner))
    with pytest.raises(TemplateError, match=sentence):
        write_memo(examine("clear"), "html", tmp_path)


def test_a_drawing_of_a_house_that_takes_too_much_is_ended(
    tmp_path: Path, examine: Callable[..., Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Word and in a PDF: neither is made in this process."""
    house(tmp_path, figures__timelineDOTsvgDOTj2=SVG.format("<rect width='9' height='9'/>"))
    document = memo_document(examine("clear"), tmp_path)
    monkeypatch.setattr(apart, "MEMORY", 1)
    monkeypatch.setattr(apart, "SECONDS", 0)
    for format in ("docx", "pdf"):
        with pytest.raises(TemplateError, match=r"timeline\.svg\.j2.* take more than"):
            FORMATS[format](document)


def test_the_colours_of_a_house_reach_its_drawings(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    house(tmp_path, houseDOTtoml='[colour]\naccent = "#004d40"\nconflict = "#aa0011"\n')
    figures = memo_document(examine("conflict"), tmp_path).figures
    assert all("#004d40" in svg and "#1f3a5f" not in svg for svg in figures.values())
    assert 'stroke="#aa0011"' in figures["timeline"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "house" / "memo").mkdir(parents=True)
    os.symlink(tmp_path / "secret", tmp_path / "house" / "memo" / "memo.html.j2")
    with pytest.raises(TemplateError, match="leads out of its folder"):
        write_memo(examine("clear"), "html", tmp_path / "house")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such folder"):
        Templates(tmp_path / "none")


def test_only_plain_data_enters_a_template(examine: Callable[..., Examined]) -> None:
    with pytest.raises(TypeError, match="Examined"):
        plain({"memo": [examine("clear")]})


def test_a_refusal_shows_the_line(tmp_path: Path, examine: Callable[..., Examined]) -> None:
    with pytest.raises(TemplateError) as refused:
        write_memo(examine("clear"), "html", with_heading(tmp_path, "<h1>A</h1>\n  <blink>b</blink>"))
    assert "2 |   <blink>b</blink>\n" in str(refused.value)


def test_headings_never_skip_a_level(examine: Callable[..., Examined]) -> None:
    levels = [int(e.tag[1]) for e in memo_document(examine("conflict")).root.elements("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
