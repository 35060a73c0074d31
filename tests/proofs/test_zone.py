"""The picture of a zone: its fields are those of brute force, nothing leaves it, and its words say what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clauses.engines.smt.solver import Solver, Undecided
from clauses.proofs.zone import Axis, _axis, _days, _Search, plot
from clauses.proving import negotiated
from clauses.terms.values import Date, Percentage
from clauses.use_cases import Choice

from .small_files import folder, run
from .small_negotiations import QUANTITIES, Maker, held_on, text_of

POSITIONS = Path(__file__).parents[2] / "examples" / "microsoft-openai" / "positions"
SVG = "{http://www.w3.org/2000/svg}"
WIDTH, HEIGHT = 560, 560


@pytest.mark.parametrize("number", range(8))
def test_just_the_fields_are_filled_in_which_brute_force_finds_a_deal(number: int, tmp_path: Path) -> None:
    seed = 0
    while True:
        case = Maker(f"picture/{number}/{seed}", is_tight=False).made()
        names = sorted(case.terms)
        zone = [point for point in case.points() if case.held(point) == case.names]
        seed += 1
        if zone and len(names) > 1:
            break
    negotiator, reviewer = held_on(case, tmp_path)
    with reviewer:
        found = negotiator.negotiate()
        axes = [_axis(negotiator.table, found, name) for name in names[:2]]
        fields = _Search(negotiator.table, *axes).fields()
        deals = {tuple(offset(axis, point[axis.name]) for axis in axes) for point in zone}
        in_grid = [set(range(axis.fields)) & {field_in_grid(axis, f) for f in range(axis.fields)} for axis in axes]
        wanted = {
            (axes[0].field_of(x), axes[1].field_of(y))
            for x, y in deals
            if axes[0].low <= x <= axes[0].high and axes[1].low <= y <= axes[1].high
        }
        filled = {field for field in fields.filled if field[0] in in_grid[0] and field[1] in in_grid[1]}
        assert not fields.undecided and wanted <= fields.filled and filled <= wanted, case.seed


def offset(axis: Axis, value: int) -> int:
    """A value of the grid in the units of an axis."""
    term = axis.variable.term
    if term.is_choice:
        return value
    return type(term.value(1)).read(text_of(QUANTITIES[axis.name], value)).lowest


def field_in_grid(axis: Axis, field: int) -> int:
    """A field, if all of its values lie in the grid; else -1."""
    if axis.variable.term.is_choice:
        return field
    inside = offset(axis, 0) <= axis.start(field) and axis.start(field + 1) - 1 <= offset(axis, 15)
    return field if inside else -1


@pytest.mark.parametrize(
    "names",
    [
        ("conversion-equity.stake", "conversion-equity.floor"),
        ("openai-conversion.closing", "softbank-raise.amount"),
        ("conversion-equity.anti_dilution", "conversion-equity.stake"),
    ],
)
def test_the_shipped_zone_stays_within_its_picture_and_says_what_it_is(names: tuple[str, str]) -> None:
    with negotiated(POSITIONS / "microsoft.yaml", POSITIONS / "openai.yaml") as draft:
        svg = plot(draft.table, draft.negotiation, *names)
        assert svg == plot(draft.table, draft.negotiation, *names)
    root = ElementTree.fromstring(svg)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img" and title is not None and description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "The zone of possible agreement"
    chosen = {term.term: term.chosen for term in draft.negotiation.terms}
    for name in names:
        assert name in str(description.text) and chosen[name] in str(description.text)
    check_within(root)


def check_within(root: ElementTree.Element) -> None:
    """No text or shape leaves the picture; a letter counts as three fifths of its height."""
    for text in root.iter(f"{SVG}text"):
        size = int(text.get("font-size", root.get("font-size", "12")))
        width = len(str(text.text)) * size * 3 // 5
        anchor = {"middle": width // 2, "end": width}.get(text.get("text-anchor", "start"), 0)
        left = int(text.attrib["x"]) - anchor
        assert left >= 0 and left + width <= WIDTH and 12 <= int(text.attrib["y"]) <= HEIGHT - 4, text.text
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (int(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= WIDTH and y + height <= HEIGHT


def test_ticks_stand_at_round_values() -> None:
    with negotiated(POSITIONS / "microsoft.yaml", POSITIONS / "openai.yaml") as draft:
        axes = {term.term: _axis(draft.table, draft.negotiation, term.term) for term in draft.negotiation.terms}
    shown = {name: [axis.shown(tick) for tick in axis.ticks()] for name, axis in axes.items()}
    assert shown["conversion-equity.stake"] == ["30%", "32%", "34%"]
    assert shown["conversion-equity.floor"] == ["0%", "10%", "20%", "30%"]
    assert shown["conversion-equity.anti_dilution"] == ["none", "weighted-average", "full-ratchet", "floor-top-up"]
    assert all(re.fullmatch(r"USD \d+0bn", tick) for tick in shown["softbank-raise.amount"])
    assert all(tick.endswith("-01") for tick in shown["openai-conversion.closing"])
    assert all(2 <= len(ticks) <= 5 for ticks in shown.values())


@pytest.mark.parametrize("days", [1, 3, 9, 20, 60, 80, 200, 500, 3_000, 36_600])
def test_days_along_an_axis_are_few_and_in_it(days: int) -> None:
    low = Date.read("2026-01-17").lowest
    ticks = _days(low, low + days)
    assert 2 <= len(ticks) <= 5 and all(low <= tick <= low + days for tick in ticks) and ticks == sorted(ticks)


def test_a_name_of_any_length_fits(tmp_path: Path) -> None:
    long = "a-clause-with-a-name-that-goes-on-and-on-and-on-and-on"
    clause = {"kind": "supply", "supplier": "cedar", "customer": "birch", "amount": "USD 10", "ends": "2027-01-01"}
    must = {"says": "Paid.", "term": f"{long}.amount", "at_least": "USD 7"}
    ends = {"says": "Ends.", "term": f"{long}.ends", "from": "2026-01-01", "to": "2030-01-01"}
    changes = {
        "sheet/changes/1": {"add": long, "clause": clause}, "birch/wants": {},
        "alder/must/paid": must, "alder/wants/ends": ends,
    }  # fmt: skip
    to = tmp_path / "zone.svg"
    ran = run(*folder(tmp_path, changes).words, "--plot", f"{long}.amount", f"{long}.ends", "--plot-to", to)
    assert ran.code == 0 and "the zone is drawn in" in ran.err
    check_within(ElementTree.fromstring(to.read_text()))


def test_a_field_that_is_not_decided_is_drawn_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(tmp_path).path
    with negotiated(made / "alder.yaml", made / "birch.yaml", choice=Choice(rules=(str(made / "pack"),))) as draft:

        def runs_out(solver: Solver, *claims: object) -> bool:
            raise Undecided

        monkeypatch.setattr(Solver, "can", runs_out)
        svg = plot(draft.table, draft.negotiation, "shares.share_class", "shares.anti_dilution")
    assert "not decided" in svg and "There is a deal in 0 of 16 fields of the plane; 16 were not decided." in svg


@pytest.mark.parametrize(
    ("names", "id"),
    [
        (("shares.steak", "supply.amount"), "not-on-the-table"),
        (("supply.amount", "shares.floor"), "not-on-the-table"),
        (("supply.amount", "supply.amount"), "same-term-twice"),
    ],
)
def test_terms_that_span_no_plane_are_refused_before_anything_is_worked_out(
    tmp_path: Path, names: tuple[str, str], id: str
) -> None:
    for changes in ({}, {"alder/must/enough/at_least": "29%"}):
        ran = run(*folder(tmp_path, changes).words, "--plot", *names, "--plot-to", tmp_path / "zone.svg")
        assert ran.code == 2 and f"error[{id}]" in ran.err and "  = " in ran.err and not ran.out
        assert not (tmp_path / "zone.svg").exists()


def test_without_a_zone_nothing_is_drawn_and_that_is_said(tmp_path: Path) -> None:
    words = [*folder(tmp_path, {"alder/must/enough/at_least": "29%"}).words]
    ran = run(*words, "--plot", "shares.stake", "supply.amount", "--plot-to", tmp_path / "zone.svg")
    assert ran.code == 1 and "nothing is drawn" in ran.err and not (tmp_path / "zone.svg").exists()
    half = run(*words, "--plot", "shares.stake", "supply.amount")
    assert half.code == 2 and "error[half-a-plot]" in half.err


def test_an_axis_of_one_value_has_room(tmp_path: Path) -> None:
    changes = {"alder/must/enough/at_least": "28%"}
    to = tmp_path / "zone.svg"
    ran = run(*folder(tmp_path, changes).words, "--plot", "shares.stake", "supply.amount", "--plot-to", to)
    assert ran.code == 0
    check_within(ElementTree.fromstring(to.read_text()))
    assert str(Percentage(280_000, 280_000)) in to.read_text()
