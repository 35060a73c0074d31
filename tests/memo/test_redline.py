"""The redline: rejecting all its changes gives the terms in force, accepting all those that the sheet would leave."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clauses import use_cases
from clauses.language.english import capital, term_words
from clauses.memo.plain import clean
from clauses.memo.templates import TemplateError
from clauses.memo.view_findings import Match
from clauses.memo.word.redline import write_redline
from clauses.resources import templates_folder
from clauses.review.review import Examined, Reviewer
from clauses.review.wording import known
from clauses.terms.agreement import ClauseVersion, read_agreement, read_term_sheet
from clauses.terms.facts import Deal
from clauses.terms.values import Date

from .ooxml_order import faults
from .reading import squeezed
from .test_hostile import STRINGS, _examined
from .word_reading import W, accepted, authors, comments, part, rejected, revisions

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "doors"))
from command_line import clauses  # noqa: E402

EXAMPLES = HERE.parents[1] / "examples"
STACK = EXAMPLES / "amendment-stack" / "term-sheets" / "one-end-for-the-exclusivity.yaml"
WORKED = sorted((EXAMPLES / "microsoft-openai" / "term-sheets").glob("*.yaml"))
FILES = [*WORKED, STACK, *sorted((HERE / "sheets").glob("*.yaml"))]


@pytest.fixture(scope="module")
def built_in() -> Iterator[Reviewer]:
    with Reviewer(use_cases.packs(use_cases.Choice()), ("reference",)) as found:
        yield found


@pytest.fixture(scope="module")
def examine_file(built_in: Reviewer, reviewer: Reviewer) -> Callable[..., Examined]:
    """Examines a term sheet of the examples, or one of the tests with their own pack."""
    found: dict[tuple[Any, ...], Examined] = {}

    def examined(file: Path, as_of: str = "", known_on: str = "") -> Examined:
        key = (file, as_of, known_on)
        if key not in found:
            base = file.parents[1] / "agreement.yaml"
            sheet = read_term_sheet(file, read_agreement(base))
            days = [Date.read(day) if day else None for day in (as_of, known_on)]
            engine = reviewer if file.is_relative_to(HERE) else built_in
            found[key] = engine.examine(read_agreement(base), sheet, days[0] or sheet.dated, days[1])
        return found[key]

    return examined


# --- what should stand there, worked out from the worlds


def paragraphs_of(examined: Examined, layer: str) -> list[str]:
    """The clauses of a layer in words: heading, words, and a line for each term that is stated."""
    deal = examined.deal
    found = []
    for id in clause_order(deal):
        world = next(w for w in deal.worlds if id in w.current or id in w.result)
        version = getattr(world, layer).get(id)
        if version is None:
            continue
        text = version.clause.text
        if layer == "result" and id in world.current and version is not world.current[id]:
            (change,) = [c for c in deal.sheet.changes if c.clause_id == id] if deal.sheet else [None]
            text = text if change is not None and "text" in change.nodes else world.current[id].clause.text
        found.append(words(version.clause.heading) or capital(id.replace("-", " ")))
        found += [words(text)] if words(text) else []
        found += term_lines(version, deal)
    return found


def clause_order(deal: Deal) -> list[str]:
    ids = list(deal.agreement.clauses)
    changes = [change for amendment in deal.agreement.amendments.values() for change in amendment.changes]
    changes += deal.sheet.changes if deal.sheet else ()
    ids += [change.clause_id for change in changes if change.clause_id not in ids]
    standing = [set(w.current) | set(w.result) for w in deal.worlds]
    return [id for id in ids if any(id in one for one in standing)]


def term_lines(version: ClauseVersion, deal: Deal) -> Iterator[str]:
    for name, type in version.clause.term_types().items():
        value, node = getattr(version.clause, name), version.nodes.get(name)
        if name in version.ambiguous:
            shown = "set differently by two amendments"
        elif value in (None, ()):
            shown = "not stated" if node is not None and node.plain() == "unknown" else ""
        else:
            shown = words(known(value, type, deal))
        if shown:
            yield f"{capital(term_words(name))}: {shown}"


def words(text: str) -> str:
    return " ".join(clean(text).split())


def clauses_of(paragraphs: list[str]) -> list[str]:
    """The paragraphs between the heading of the clauses and their end, with single blanks."""
    start, end = paragraphs.index("Clauses"), len(paragraphs) - 1 - paragraphs[::-1].index("End of the clauses")
    return [" ".join(one.split()) for one in paragraphs[start + 1 : end]]


def check(examined: Examined, data: bytes) -> None:
    """All that holds for every redline."""
    assert clauses_of(rejected(data)) == paragraphs_of(examined, "current")
    assert clauses_of(accepted(data)) == paragraphs_of(examined, "result")
    assert faults(data) == []
    day = f"{examined.deal.as_of}T00:00:00Z"
    assert authors(data) <= {("Contract review", day)}
    assert {(one.author, one.date, one.initials) for one in comments(data)} <= {("Contract review", day, "CR")}
    ids = [one.get(f"{W}id") for one in revisions(data)]
    ids += [one.get(f"{W}id") for one in part(data, "word/document.xml").iter(f"{W}commentReference")]
    assert len(ids) == len(set(ids))
    for word in part(data, "word/document.xml").iter(f"{W}t", f"{W}delText"):  # Word reads deleted words only as such
        assert (word.tag == f"{W}delText") == (next(word.iterancestors(f"{W}del"), None) is not None)
    for other in ("moveFrom", "moveTo", "rPrChange", "pPrChange"):
        assert part(data, "word/document.xml").find(f".//{W}{other}") is None


# --- the worked term sheets


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_rejecting_and_accepting_give_what_is_and_what_would_be(
    file: Path, examine_file: Callable[..., Examined]
) -> None:
    examined = examine_file(file)
    data = write_redline(examined)
    check(examined, data)
    assert examined.deal.sheet is not None
    assert bool(revisions(data)) == bool(examined.deal.sheet.changes)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_every_finding_is_a_comment_on_its_clauses(file: Path, examine_file: Callable[..., Examined]) -> None:
    examined = examine_file(file)
    found = comments(write_redline(examined))
    for finding in examined.review.findings:
        whole = [one for one in found if words(capital(finding.message)) in " ".join(one.paragraphs)]
        whole = whole or [one for one in found if words(finding.message) in " ".join(one.paragraphs)]
        assert any(f"({finding.rule})" in one.paragraphs[0] for one in whole)
        for text in (finding.question, finding.redraft):
            assert any(words(text or "") in " ".join(one.paragraphs) for one in whole)
        under = {one.under for one in found if f"({finding.rule})" in one.paragraphs[0]}
        for id in {clause.id for clause in finding.clauses}:
            assert headings_of(id, examined.deal) & under or not headings_of(id, examined.deal), id
    pointers = [one for one in found if "which is about this clause too" in one.paragraphs[-1]]
    assert len([one for one in found if one.paragraphs[0].startswith("F-")]) - len(pointers) == len(
        examined.review.findings
    )


def headings_of(id: str, deal: Deal) -> set[str]:
    """The headings that a clause may have; none for what is no clause."""
    layers = [layer for world in deal.worlds for layer in (world.current, world.result)]
    return {layer[id].clause.heading or capital(id.replace("-", " ")) for layer in layers if id in layer}


def test_a_comment_stands_on_the_first_line_that_changes(examine_file: Callable[..., Examined]) -> None:
    folder = EXAMPLES / "microsoft-openai" / "term-sheets"
    (amended,) = {one.on for one in comments(write_redline(examine_file(folder / "longer-exclusivity.yaml")))
                  if one.under == "Azure as the cloud platform for all OpenAI projects"}  # fmt: skip
    assert amended.startswith("Until 203031 December 2035 OpenAI uses Azure")
    for name, heading in (
        ("contract-struck", "Azure cloud services for OpenAI"),
        ("oracle-stargate-capacity", "Compute capacity under Stargate"),
    ):
        found = comments(write_redline(examine_file(folder / f"{name}.yaml")))
        assert heading in {one.on for one in found}


def test_a_finding_that_rests_on_no_clause_stands_on_the_title(
    examine: Callable[..., Examined], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Match, "ids", lambda self: [])
    examined = examine("conflict")
    found = comments(write_redline(examined))
    assert len(found) == len(examined.review.findings) > 0
    assert {one.on for one in found} == {"Redline: Capacity from Cedar, and a listing"}


# --- what cannot be told


def texts(data: bytes) -> list[str]:
    return ["\n".join(one.paragraphs) for one in comments(data)]


def test_two_amendments_that_clash_are_named_with_what_each_says(examine_file: Callable[..., Examined]) -> None:
    data = write_redline(examine_file(STACK))
    assert "End: set differently by two amendments" in rejected(data)
    assert "End: 31 December 2026" in accepted(data)
    (clash,) = [one for one in comments(data) if "nothing says which prevails" in one.paragraphs[0]]
    assert clash.paragraphs[1:] == (
        "By “Second amendment”: 31 December 2027",
        "By “Third amendment”: 30 June 2026",
        "The term sheet settles this.",
    )


def test_an_amendment_that_strikes_out_what_another_changes_is_said(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    dates = {"signed": "2024-04-01", "effective": "2024-05-01"}
    agreement["amendments"] = {
        "first": {"title": "the first", **dates, "changes": [{"remove": "ex"}]},
        "second": {"title": "the second", **dates, "changes": [{"amend": "ex", "set": {"ends": "2029"}}]},
    }
    examined = examine({**sheet, "changes": [{"remove": "ex"}]}, agreement)
    data = write_redline(examined)
    check(examined, data)
    (clash,) = [one for one in comments(data) if "nothing says which prevails" in one.paragraphs[0]]
    assert clash.paragraphs[1:] == (
        "By “The first”: strike the clause out",
        "By “The second”: keep it",
        "The term sheet settles this.",
    )


def test_an_amendment_that_may_not_hold_yet_is_said(examine_file: Callable[..., Examined]) -> None:
    examined = examine_file(STACK, "2023-05-15", "2023-10-01")
    assert len(examined.deal.worlds) == 2
    data = write_redline(examined)
    check(examined, data)
    (doubt,) = [one for one in comments(data) if "15 May 2023 is not certain" in one.paragraphs[0]]
    assert "It is shown as “First amendment” leaves it." in doubt.paragraphs[0]
    assert doubt.paragraphs[1] == (
        "It may also read as “Hosting agreement between Harbour and Northwind” leaves it: "
        "words: Northwind pays Harbour 3 % of the shop's revenue.; share: 3%"
    )
    assert doubt.on == "Share of revenue"


@pytest.mark.parametrize("change", [{"remove": "ex"}, {"add": "new", "clause": {"kind": "context_note", "text": "N."}}])
def test_a_clause_that_may_or_may_not_be_in_force_is_shown_and_said(
    change: dict[str, Any], examine: Callable[..., Examined]
) -> None:
    agreement, sheet = deal_of_two()
    agreement["amendments"] = {"first": {"signed": "2024-04-01", "effective": "2025", "changes": [change]}}
    examined = examine({**sheet, "changes": [NOTE]}, agreement)
    assert len(examined.deal.worlds) == 2
    data = write_redline(examined)
    check(examined, data)
    (doubt,) = [one for one in comments(data) if "Whether this clause is in force" in one.paragraphs[0]]
    assert doubt.on == ("Ex" if "remove" in change else "New")


def test_a_change_without_words_keeps_the_old_ones_and_says_so(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    data = write_redline(examine({**sheet, "changes": [{"amend": "ex", "set": {"ends": "2029"}}]}, agreement))
    assert "B buys from A alone." in accepted(data) and "B buys from A alone." in rejected(data)
    assert any("must be brought into line" in text for text in texts(data))


def test_an_amendment_without_words_is_said(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    change = {"amend": "ex", "set": {"ends": "2029"}}
    agreement["amendments"] = {"first": {"title": "the first", "signed": "2024-04-01", "changes": [change]}}
    data = write_redline(examine({**sheet, "changes": [NOTE]}, agreement))
    (text,) = [text for text in texts(data) if "no words are shown" in text]
    assert "“The first” changes this clause" in text and "“B buys from A alone.”" in text


def test_a_change_that_shows_nowhere_is_said(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    changes = [{"amend": "ex", "set": {"text": "B buys from A alone.", "source": {"basis": "stated"}}}]
    data = write_redline(examine({**sheet, "changes": changes}, agreement))
    assert revisions(data) == []
    assert texts(data) == ["The term sheet amends this clause, and nothing that is shown here changes."]
    assert "The term sheet changes nothing that stands here." in accepted(data)


# --- other deals


NOTE = {"add": "note", "clause": {"kind": "context_note", "heading": "A note", "text": "Noted."}}


def deal_of_two() -> tuple[dict[str, Any], dict[str, Any]]:
    agreement = {
        "agreement": "deal", "title": "the deal", "signed": "2024-03-01",
        "parties": {"a": {"name": "A"}, "b": {"name": "B"}},
        "clauses": {
            "ex": {
                "kind": "exclusivity", "text": "B buys from A alone.", "obligor": "b", "beneficiary": "a",
                "ends": "2030", "source": {"basis": "assumed"},
            }
        },
    }  # fmt: skip
    return agreement, {"term_sheet": "sheet", "agreement": "deal", "dated": "2025-07-01"}


def test_an_agreement_alone_has_no_changes(examine: Callable[..., Examined]) -> None:
    examined = examine(None)
    data = write_redline(examined)
    check(examined, data)
    assert revisions(data) == [] and "Terms in force: agreement between Alder and Birch" in accepted(data)


def test_a_term_that_comes_or_goes_is_a_line_of_its_own(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    terms = {"text": "", "ends": None, "starts": "2026", "beneficiary": "unknown"}
    data = write_redline(examine({**sheet, "changes": [{"amend": "ex", "set": terms}]}, agreement))
    assert clauses_of(accepted(data)) == ["Ex", "Start: some day in 2026", "Obligor: B", "Beneficiary: not stated"]
    assert clauses_of(rejected(data)) == [
        "Ex",
        "B buys from A alone.",
        "End: some day in 2030",
        "Obligor: B",
        "Beneficiary: A",
    ]


def test_words_keep_their_lines(examine: Callable[..., Examined]) -> None:
    agreement, sheet = deal_of_two()
    changes = [{"amend": "ex", "set": {"text": "B buys:\n  (a) from A,\n\n\n (b) alone.", "ends": "2029"}}]
    data = write_redline(examine({**sheet, "changes": changes}, agreement))
    assert "B buys:\n(a) from A,\n\n(b) alone." in accepted(data)
    assert "B buys from A alone." in rejected(data)


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_text(text: str, examine: Callable[..., Examined]) -> None:
    examined = _examined(text, examine)
    data = write_redline(examined)
    check(examined, data)
    assert squeezed([clean(text)]) in squeezed(accepted(data))


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
_sentence = st.lists(
    st.sampled_from(["the", "Supplier", "shall", "not", ",", ";", "USD 30bn", "§ 12", "(a)", "\n", "by", "2030", "."]),
    max_size=30,
)
_words = _text | _sentence.map(" ".join)
_set = st.fixed_dictionaries(
    {},
    optional={
        "heading": _words,
        "text": _words,
        "ends": st.sampled_from(["2029", "2031-05-04", "never", "unknown", None]),
        "scope": st.sampled_from(["all", "unknown", None]),
        "subject_to": st.sampled_from([["listing-right"], ["conversion", "alder-stake"], []]),
    },
)


@st.composite
def _changes(draw: st.DrawFn) -> list[dict[str, Any]]:
    clause = {"kind": "supply", "supplier": "cedar", "customer": "birch", "amount": "USD 30bn", **draw(_set)}
    possible = [
        {"amend": "cloud-exclusivity", "set": draw(_set)},
        {"add": "cedar-supply", "clause": clause},
        {"remove": "listing-right"},
        {"amend": "conversion", "set": draw(st.fixed_dictionaries({"text": _words, "heading": _words}))},
        {"remove": "alder-shares"},
        {"add": "note", "clause": {"kind": "context_note", "heading": draw(_words), "text": draw(_words)}},
    ]
    chosen = draw(st.lists(st.sampled_from(range(len(possible))), unique=True))
    return [one for one in (possible[number] for number in chosen) if one.get("set") != {}] or [NOTE]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=_changes())
def test_any_sheet_is_taken_back_and_taken_on(changes: list[dict[str, Any]], examine: Callable[..., Examined]) -> None:
    sheet = {"term_sheet": "s", "agreement": "alder-birch", "dated": "2025-07-01", "changes": copy.deepcopy(changes)}
    examined = examine(sheet)
    check(examined, write_redline(examined))


# --- other programs


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("file", [STACK, HERE / "sheets" / "conflict.yaml"], ids=["stack", "conflict"])
def test_it_survives_another_word_processor(file: Path, examine_file: Callable[..., Examined], tmp_path: Path) -> None:
    data = write_redline(examine_file(file))
    (tmp_path / "redline.docx").write_bytes(data)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "docx", "--outdir", "saved", "redline.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    saved = (tmp_path / "saved" / "redline.docx").read_bytes()
    assert clauses_of(accepted(saved)) == clauses_of(accepted(data))
    assert clauses_of(rejected(saved)) == clauses_of(rejected(data))
    assert authors(saved) == authors(data)
    assert [one.paragraphs for one in comments(saved)] == [one.paragraphs for one in comments(data)]


PROGRAM = """
import hashlib, sys
from pathlib import Path
from clauses.language.pack import load_pack
from clauses.memo.word.redline import write_redline
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
here = Path(sys.argv[1])
agreement = read_agreement(here / "agreement.yaml")
with Reviewer([load_pack(here / "pack", "pack")], ("reference",)) as reviewer:
    for name in ("conflict", "open", "clear"):
        sheet = read_term_sheet(here / "sheets" / f"{name}.yaml", agreement)
        print(name, hashlib.sha256(write_redline(reviewer.examine(agreement, sheet, sheet.dated))).hexdigest())
"""


def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    answers = set()
    for seed, zone, locale in (("0", "UTC", "C"), ("77", "America/New_York", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        command = [sys.executable, "-c", PROGRAM, str(HERE)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=True)
        assert len(done.stdout.splitlines()) == 3
        answers.add(done.stdout)
    assert len(answers) == 1


# --- the house


def house(folder: Path, **files: str) -> Path:
    """A folder of templates with some files."""
    for name, text in files.items():
        path = folder / {"house": "house.toml", "labels": "redline/labels.toml"}[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def house_document(folder: Path, name: str, old: str, new: str) -> Path:
    """A house whose own Word document is ours with something put into a part."""
    path = folder / "style" / "memo.docx"
    path.parent.mkdir(parents=True)
    with (
        zipfile.ZipFile(templates_folder() / "style" / "memo.docx") as ours,
        zipfile.ZipFile(path, "w") as theirs,
    ):
        for one in ours.namelist():
            text = ours.read(one).decode()
            assert one != name or old in text
            theirs.writestr(one, text.replace(old, new, 1) if one == name else text)
    return folder


def test_the_house_signs_and_words_it(examine: Callable[..., Examined], tmp_path: Path) -> None:
    folder = house(tmp_path, house='firm = "Fir & Partners LLP"', labels='clauses = "Terms"\nend = "Finis"')
    data = write_redline(examine("conflict"), folder)
    assert authors(data) == {("Fir & Partners LLP", "2025-07-01T00:00:00Z")}
    assert {one.initials for one in comments(data)} == {"F&PL"}
    assert "Terms" in accepted(data) and accepted(data)[-1] == "Finis"


def test_a_label_that_asks_for_too_much_is_refused(examine: Callable[..., Examined], tmp_path: Path) -> None:
    folder = house(tmp_path, labels='title = "{sheet.__class__} {oops}"')
    with pytest.raises(TemplateError, match=r"`\{oops\}` that nothing fills"):
        write_redline(examine("conflict"), folder)


BODY = "<w:sectPr"
INSERTED = '<w:p><w:ins w:id="1" w:author="x" w:date="2020-01-01T00:00:00Z"><w:r><w:t>x</w:t></w:r></w:ins></w:p>'
TAB = "<w:defaultTabStop"
REFUSED = [
    ("word/document.xml", BODY, INSERTED + BODY, "tracked changes of its own"),
    ("word/settings.xml", TAB, f"<w:removePersonalInformation/>{TAB}", "strips names or dates"),
    ("word/settings.xml", TAB, f'<w:documentProtection w:edit="readOnly"/>{TAB}', "is protected"),
]


@pytest.mark.parametrize(("name", "old", "new", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_a_house_document_that_spoils_a_redline_is_refused(
    name: str, old: str, new: str, sentence: str, examine: Callable[..., Examined], tmp_path: Path
) -> None:
    with pytest.raises(TemplateError, match=sentence):
        write_redline(examine("conflict"), house_document(tmp_path, name, old, new))


def test_what_the_house_typed_is_not_tracked(examine: Callable[..., Examined], tmp_path: Path) -> None:
    signed = "<w:p><w:r><w:t>For Fir only.</w:t></w:r></w:p>"
    data = write_redline(examine("conflict"), house_document(tmp_path, "word/document.xml", BODY, signed + BODY))
    assert accepted(data)[-1] == rejected(data)[-1] == "For Fir only."


def test_a_style_that_the_house_lacks_is_said(examine: Callable[..., Examined], tmp_path: Path) -> None:
    renamed = house_document(tmp_path, "word/styles.xml", '<w:name w:val="List Bullet"/>', '<w:name w:val="Dots"/>')
    data = write_redline(examine("conflict"), renamed)
    assert "“List Bullet”" in accepted(data)[-1] and faults(data) == []


def test_a_file_that_nothing_reads_is_refused(examine: Callable[..., Examined], tmp_path: Path) -> None:
    (tmp_path / "redline").mkdir()
    (tmp_path / "redline" / "label.toml").write_text('end = "Finis"')
    with pytest.raises(TemplateError, match=r"did you mean `redline/labels.toml`"):
        write_redline(examine("conflict"), tmp_path)


# --- the command


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    sheet = EXAMPLES / "microsoft-openai" / "term-sheets" / "longer-exclusivity.yaml"
    ran = clauses("redline", sheet, "-o", tmp_path / "redline.docx", "--engine", "reference")
    assert ran.code == 0 and ran.out == "" and "the redline is in" in ran.err
    data = (tmp_path / "redline.docx").read_bytes()
    assert "End: 31 December 2035" in accepted(data) and "End: some day in 2030" in rejected(data)
    assert clauses("redline", sheet, "-o", tmp_path / "again.docx", "-q", "--engine", "reference").err == ""
    assert (tmp_path / "again.docx").read_bytes() == data


def test_a_file_of_another_sort_is_refused(tmp_path: Path) -> None:
    ran = clauses("redline", STACK, "-o", tmp_path / "redline.pdf")
    assert ran.code == 2 and "does not end in `.docx`" in ran.err and not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="a terminal is made as Unix makes one")
@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (["redline"], "redline.docx"),
        (["memo", "-f", "docx"], "memo.docx"),
        (["memo", "-f", "md", "-f", "pdf"], "memo.pdf"),
    ],
)
def test_a_terminal_is_not_given_what_it_cannot_show(asked: list[str], named: str) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "clauses", *asked, str(STACK)]
    ran = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
    os.close(theirs)
    os.close(ours)
    assert ran.returncode == 2 and f"--output {named}" in ran.stderr


def test_another_program_is_given_the_bytes() -> None:
    command = [sys.executable, "-m", "clauses", "redline", str(STACK)]
    ran = subprocess.run(command, capture_output=True, check=True)
    assert "End: 31 December 2026" in accepted(ran.stdout)


def test_without_comments_it_says_nothing_of_the_review(examine_file: Callable[..., Examined]) -> None:
    examined = examine_file(HERE / "sheets" / "conflict.yaml")
    data, bare = write_redline(examined), write_redline(examined, with_comments=False)
    assert comments(data) and not comments(bare)
    for read in (accepted, rejected):
        with_, without = (read(one)[read(one).index("Clauses") :] for one in (data, bare))
        assert with_ == without
    feet = ["".join(part(one, "word/footer1.xml").itertext()) for one in (data, bare)]
    assert "Privileged" in feet[0] and "Privileged" not in feet[1] and "Draft for negotiation" in feet[1]
    assert "omment" not in " ".join(accepted(bare)) and "counsel" not in " ".join(accepted(bare))


def test_a_clause_that_may_be_of_another_kind_is_commented_on(examine: Callable[..., Examined]) -> None:
    """By dates that are not exact one amendment strikes it out, and another adds one of its name."""
    agreement = {
        "agreement": "deal", "title": "the deal", "signed": "2023-01-10",
        "parties": {"a": {"name": "A"}, "b": {"name": "B"}},
        "clauses": {"two": {"kind": "exclusivity", "heading": "Only A", "obligor": "b", "beneficiary": "a"}},
        "amendments": {
            "first": {"title": "First", "signed": "2024-01-01", "effective": "2024-05..2024-06",
                      "changes": [{"remove": "two"}]},
            "second": {"title": "Second", "notwithstanding": ["first"], "signed": "2024-01-02",
                       "effective": "2024-05..2024-07",
                       "changes": [{"add": "two", "clause": {"kind": "supply", "heading": "Hosting", "text": "Again.",
                                                             "supplier": "a", "customer": "b"}}]},
        },
    }  # fmt: skip
    sheet = {"term_sheet": "s", "agreement": "deal", "dated": "2024-05-20",
             "changes": [{"add": "three", "clause": {"kind": "context_note", "heading": "N"}}]}  # fmt: skip
    found = " ".join(" ".join(one.paragraphs) for one in comments(write_redline(examine(sheet, agreement))))
    assert "It may also be a clause of another kind, exclusivity" in found or "another kind, supply" in found
    assert "Only A" in found or "Again." in found
