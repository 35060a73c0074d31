"""The figures: nothing stands on something else, and what is uncertain looks it."""

from __future__ import annotations

import itertools
import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest

from clauses.memo.figures import MOST_LANES, PIN, SMALL, WIDTH, draw, fit, text_width
from clauses.memo.memo import memo_document
from clauses.memo.templates import Templates
from clauses.review.review import Examined

LABELS = Templates().settings("memo/labels.toml")
SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def _text_boxes(svg: str) -> list[tuple[str, Box]]:
    """Every text of a drawing with the box that it takes at most."""
    found = []
    for text in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        words = "".join(text.itertext())
        size = int(text.get("font-size", "12"))
        x, y, width = float(text.get("x", "0")), float(text.get("y", "0")), text_width(words, size)
        left = {"middle": x - width / 2, "end": x - width}.get(text.get("text-anchor", "start"), x)
        found.append((words, (left, y - size + 2, left + width, y + 2)))
    return found


def _overlaps(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _check(svg: str) -> None:
    boxes = _text_boxes(svg)
    height = float(ElementTree.fromstring(svg).get("height", "0"))
    for words, box in boxes:
        assert box[0] >= -1 and box[2] <= WIDTH + 1 and box[1] >= 0 and box[3] <= height, (words, box)
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        assert not _overlaps(a, b), (one, other)


def _random_deal(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Twenty events and some periods, on days that crowd as they please."""
    chance = random.Random(seed)

    def day(low: int, high: int) -> str:
        date = f"{chance.randint(low, high)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        return chance.choice([date, date, date[:7], date[:4]])

    first = chance.choice([2024, 2025, 2026])
    last = first + chance.choice([0, 1, 4, 30])
    words = ("Capacity", "under", "the", "very", "long", "Heading", "iii", "WWWW", "of", "Birch")
    clauses: dict[str, Any] = {}
    for number in range(20):
        heading = " ".join(chance.choices(words, k=chance.randint(1, 14)))
        clauses[f"n-{number}"] = {"kind": "notice", "heading": heading, "by": "a", "given": day(first, last)}
    for number in range(chance.randint(0, 8)):
        heading = " ".join(chance.choices(words, k=chance.randint(1, 14)))
        clauses[f"p-{number}"] = {"kind": "supply", "heading": heading, "supplier": "a", "ends": day(last, last + 9)}
    for number in range(chance.randint(0, 5)):
        clauses[f"h-{number}"] = {
            "kind": "holding",
            "holder": "abc"[number % 3],
            "issuer": "b",
            "stake": f"{chance.randint(1, 25)}%",
        }
    agreement = {
        "agreement": "deal",
        "signed": "2023-01-01",
        "parties": {i: {"name": i * 20} for i in "abc"},
        "clauses": clauses,
    }
    raised = {
        "kind": "capital_raise",
        "issuer": "b",
        "amount": "USD 1bn",
        "pre_money": "USD 9bn",
        "closing": day(first, last),
    }
    sheet = {"term_sheet": "s", "agreement": "deal", "dated": "2025-06-01", "changes": [{"add": "r", "clause": raised}]}
    return agreement, sheet


@pytest.mark.parametrize("seed", range(40))
def test_no_text_stands_on_another(seed: int, examine: Callable[..., Examined]) -> None:
    agreement, sheet = _random_deal(seed)
    figures = memo_document(examine(sheet, agreement)).figures
    assert set(figures) == {"timeline", "cap_table"}
    for svg in figures.values():
        _check(svg)


@pytest.mark.parametrize("name", ["conflict", "open", "clear", None])
def test_the_worked_figures_are_in_order(name: str | None, examine: Callable[..., Examined]) -> None:
    for svg in memo_document(examine(name)).figures.values():
        _check(svg)
        assert ElementTree.fromstring(svg).get("aria-label")


def test_pins_do_not_cover_each_other(examine: Callable[..., Examined]) -> None:
    for seed in range(20):
        agreement, sheet = _random_deal(seed)
        svg = memo_document(examine(sheet, agreement)).figures["timeline"]
        pins = [
            e
            for e in ElementTree.fromstring(svg).iter(f"{SVG}rect")
            if e.get("class", "").startswith("pin") and e.get("height") == str(PIN)
        ]
        boxes = [
            (
                float(p.get("x", 0)),
                float(p.get("y", 0)),
                float(p.get("x", 0)) + float(p.get("width", 0)),
                float(p.get("y", 0)) + PIN,
            )
            for p in pins
        ]
        assert pins and not any(_overlaps(a, b) for a, b in itertools.combinations(boxes, 2))


def test_conflicts_are_marked_and_uncertain_ends_fade(examine: Callable[..., Examined]) -> None:
    svg = memo_document(examine("conflict")).figures["timeline"]
    assert svg.count('fill="url(#clash)"') == 2  # the stretch of the conflict, and the legend
    assert 'fill="url(#fade-out-in-force)"' in svg
    assert "#clash" not in re.sub(r"<pattern.*?</pattern>", "", memo_document(examine("clear")).figures["timeline"])


def test_a_stake_that_is_not_stated_is_said_so(examine: Callable[..., Examined]) -> None:
    agreement = {
        "agreement": "deal", "signed": "2024-01-01", "parties": {"a": {"name": "A"}, "b": {"name": "B"}},
        "clauses": {"h": {"kind": "holding", "holder": "a", "issuer": "b", "stake": "unknown"}},
    }  # fmt: skip
    document = memo_document(examine(None, agreement))
    assert "not stated" in document.figures["cap_table"]
    assert "What could not be computed, and why:" in document.root.text()


def test_a_deal_without_dates_or_holdings_says_so(examine: Callable[..., Examined]) -> None:
    agreement = {
        "agreement": "deal", "signed": "2024-01-01", "parties": {"a": {"name": "A"}},
        "clauses": {"n": {"kind": "context_note", "heading": "Note", "about": ["a"]}},
    }  # fmt: skip
    document = memo_document(examine(None, agreement))
    assert not document.figures
    for sentence in ("No clause states a period or a day.", "there is no cap table", "No question is open."):
        assert sentence in document.root.text()


def test_a_text_is_shortened_to_its_room() -> None:
    for width in range(0, 200, 7):
        assert text_width(fit("Azure as the cloud platform for all projects", width, SMALL), SMALL) <= max(width, 1)
    assert fit("short", 200, SMALL) == "short"


def test_draw_gives_plain_data_only(examine: Callable[..., Examined]) -> None:
    from clauses.memo.plain import plain
    from clauses.memo.view import view

    memo = plain(view(examine("conflict")))
    assert plain(draw(memo, LABELS)) == draw(memo, LABELS)


def test_a_drawing_fits_on_a_page_and_says_what_it_leaves_out(examine: Callable[..., Examined]) -> None:
    parties = {"a": {"name": "A"}, "b": {"name": "B"}}
    supply = {"kind": "supply", "supplier": "a", "ends": "2030"}
    clauses: dict[str, Any] = {f"s-{n}": supply | {"heading": f"Supply {n}"} for n in range(60)}
    for number in range(200):
        day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
        clauses[f"n-{number}"] = {"kind": "notice", "heading": f"Notice {number}", "by": "a", "given": day}
    document = memo_document(
        examine(None, {"agreement": "deal", "signed": "2024-01-01", "parties": parties, "clauses": clauses})
    )
    svg = document.figures["timeline"]
    _check(svg)
    assert float(ElementTree.fromstring(svg).get("height", "0")) < 1400
    drawn = "".join(ElementTree.fromstring(svg).itertext())
    assert drawn.count("Supply ") == MOST_LANES
    left_out = re.search(r"(\d+) more are in the tables beneath", drawn)
    assert left_out and int(left_out[1]) > 60 - MOST_LANES
    assert all(f"Supply {n}" in document.root.text() for n in range(60))
