"""The layout of the figures: where each bar, pin and word stands, in whole pixels.

The drawing itself is in the SVG templates. Every text has room of its own: `Texts` knows how wide a text is at
most, and what does not fit is shortened here and stands in full in the table beneath the figure.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from clauses.memo.plain import Plain
from clauses.terms.values import Date

WIDTH = 760
LABELS = 246
"""The width of the column that names the lanes."""
RIGHT = WIDTH - 10
SIZE, SMALL = 14, 13
"""The sizes of the words: a page shows the drawing at three fifths, and they are still read without a glass."""
TOP = 22
"""The axis, beneath the names of the years."""
LANE, LINE, BAR = 44, 17, 20
PIN, PIN_ROW = 20, 24
LEGEND_ROW = 20
STACK, STACK_ROW = 28, 66
MOST_LANES, MOST_PIN_ROWS, MOST_STACKS = 18, 8, 14
"""A drawing fits on a page; what it leaves out is counted beneath it and stands in the tables."""
HOLDER_COLOURS = 8
WHOLE = 1_000_000
"""100 % in the units of a stake."""


def text_width(text: str, size: int) -> int:
    """How wide a text is at most, in the sans-serif fonts that the figures ask for."""
    return round(sum(_char_width(char) for char in text) * size / 100) + 1


def _char_width(char: str) -> int:
    if char in "iljtfrI.,:;'|!()[]·’ ":
        return 38
    if char in "mwMW@%—…≈":
        return 98
    return 102 if ord(char) > 0x2E7F else 74 if char.isupper() else 62


def fit(text: str, width: int, size: int) -> str:
    """A text that is no wider than so much, shortened with an ellipsis where it must be."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip(" ,;:–-“") + "…" if text else ""


def wrap(text: str, width: int, size: int) -> list[str]:
    """A text on one line or two, broken between words; the second is shortened where it must be."""
    words = text.split(" ")
    count = len(words)
    while count > 1 and text_width(" ".join(words[:count]), size) > width:
        count -= 1
    rest = " ".join(words[count:])
    first = fit(" ".join(words[:count]), width, size)
    return [first, fit(rest, width, size)] if rest else [first]


def fit_list(items: list[str], width: int, size: int) -> str:
    """As many of the items as have room, with an ellipsis for the others."""
    shown = ", ".join(items)
    count = len(items)
    while count and text_width(shown, size) > width:
        count -= 1
        shown = ", ".join(items[:count]) + " …"
    return shown if count else ""


def draw(memo: Plain, labels: Plain) -> Plain:
    """The layout of every figure that the memo has."""
    found = {}
    if memo["timeline"]["bars"] or memo["timeline"]["events"]:
        found["timeline"] = Timeline(memo["timeline"], labels).layout()
    if memo["cap_table"]["issuers"]:
        found["cap_table"] = cap_table(memo["cap_table"]["issuers"], labels)
    return found


# --- the timeline


class Timeline:
    """Lanes of periods under an axis of years, with numbered pins for days between them."""

    def __init__(self, timeline: Plain, labels: Plain) -> None:
        self.timeline = timeline
        self.labels = labels["timeline"]
        span = timeline["to"] - timeline["from"]
        margin = max(20, span // 30)
        self.first: int = max(1, timeline["from"] - margin)
        self.last: int = min(Date.limit, timeline["to"] + margin)
        self.days: int = self.last - self.first

    def x(self, day: int) -> int:
        """Where a day stands; what lies outside stands at the edge."""
        day = min(max(day, self.first), self.last)
        return LABELS + (RIGHT - LABELS) * (day - self.first) // self.days

    def layout(self) -> Plain:
        pins, rows, left_out = self.pins(TOP + 4)
        top = TOP + 4 + rows * PIN_ROW + 6
        lanes: list[Plain] = []
        bottom = top
        bars = weightiest(self.timeline["bars"], MOST_LANES)
        for bar in bars:
            lanes.append(self.lane(bar, bottom))
            bottom += lanes[-1]["height"]
        bottom += 2
        left_out += len(self.timeline["bars"]) - len(bars)
        legend, height = legend_rows([*self.legend(lanes, pins), *more(left_out, self.labels)], bottom + 46, RIGHT)
        return {
            "width": WIDTH,
            "height": height,
            "left": LABELS,
            "right": RIGHT,
            "top": TOP,
            "bottom": bottom,
            "ticks": self.ticks(),
            "pins": pins,
            "lanes": lanes,
            "as_of": self.as_of(bottom),
            "legend": legend,
            "size": SIZE,
            "small": SMALL,
        }

    def ticks(self) -> list[Plain]:
        """Years, or months where the time is short: as many as have room for their names."""
        pixels = RIGHT - LABELS
        for months in (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000):
            room = text_width("0000" if months >= 12 else "00/0000", SMALL) + 12
            if pixels * months * 30 >= room * self.days:
                break
        start = datetime.date.fromordinal(self.first)
        found: list[Plain] = []
        month = start.year * 12 + start.month
        month += -(month - 1) % months
        while True:
            year, index = divmod(month - 1, 12)
            if year > 9999 or (year < 1) or (day := datetime.date(year, index + 1, 1).toordinal()) > self.last:
                return found
            label = str(year) if months >= 12 else f"{index + 1:02}/{year}"
            half = text_width(label, SMALL) // 2
            x = self.x(day)
            if x - half >= LABELS - 10 and x + half <= WIDTH:
                found.append({"x": x, "label": label})
            month += months

    def pins(self, top: int) -> tuple[list[Plain], int, int]:
        """Numbered pins; those of the same days share one.

        Returns them with the number of rows that they need, and how many events have found no room.
        """
        groups: dict[tuple[int, int], list[Plain]] = {}
        for event in self.timeline["events"]:
            groups.setdefault((event["low"], event["high"]), []).append(event)
        ends: list[int] = []
        found = []
        left_out = 0
        for (low, high), events in groups.items():
            label = str(events[0]["number"])
            label += f"–{events[-1]['number']}" if len(events) > 1 else ""
            width = max(PIN, text_width(label, SMALL) + 10)
            x1, x2 = self.x(low), self.x(high)
            middle = min(max((x1 + x2) // 2, LABELS + width // 2), WIDTH - width // 2)
            reach = (min(x1, middle - width // 2), max(x2, middle + width // 2))
            row = next((n for n, end in enumerate(ends) if end + 4 <= reach[0]), len(ends))
            if row == MOST_PIN_ROWS:
                left_out += len(events)
                continue
            ends[row : row + 1] = [reach[1]]
            y = top + row * PIN_ROW
            is_clash = any(event["is_clash"] for event in events)
            is_proposed = any(event["standing"] in ("added", "amended") for event in events)
            found.append(
                {
                    "x": middle, "y": y + PIN // 2, "height": PIN, "left": middle - width // 2, "width": width,
                    "label": label,
                    "x1": x1, "x2": x2, "is_range": x2 - x1 > width,
                    "kind": "clash" if is_clash else "proposed" if is_proposed else "in-force",
                }
            )  # fmt: skip
        return found, len(ends), left_out

    def lane(self, bar: Plain, y: int) -> Plain:
        standing = self.labels["standing"][bar["standing"]]
        refs = fit_list(bar["findings"], LABELS - 12 - text_width(standing + " · ", SMALL), SMALL)
        lines = wrap(bar["heading"], LABELS - 12, SIZE)
        height = LANE + LINE * (len(lines) - 1)
        kind = {"in_force": "in-force", "before": "past", "removed": "past"}.get(bar["standing"], "proposed")
        return {
            "y": y,
            "height": height,
            "labels": [{"text": text, "y": y + SIZE + 2 + LINE * number} for number, text in enumerate(lines)],
            "standing": standing,
            "standing_y": y + SIZE + 1 + LINE * len(lines),
            "refs": refs,
            "bar_y": y + (height - BAR) // 2,
            "bar_height": BAR,
            "parts": self.parts(bar, kind),
            "clashes": [self.stretch(clash["low"], clash["high"]) for clash in bar["clashes"]],
            "kind": kind,
        }

    def parts(self, bar: Plain, kind: str) -> list[Plain]:
        """What is certain of a period is solid; towards an end that is not exact it fades."""
        start_low, start_high = bar["start_low"], bar["start_high"]
        end_low, end_high = bar["end_low"], bar["end_high"]
        if not end_high:
            end_low, end_high = start_high or self.first, self.last
        if not start_high:
            start_high = end_low
        if start_high > end_low:
            start_high = end_low = (max(start_high, self.first) + min(end_low, self.last)) // 2
        stretches = (
            (start_low, start_high, f"fade-in-{kind}"),
            (start_high, end_low, kind),
            (end_low, end_high, f"fade-out-{kind}"),
        )
        found = [
            {**self.stretch(low, high), "fill": fill} for low, high, fill in stretches if self.x(high) > self.x(low)
        ]
        return found or [{**self.stretch(start_low, end_high), "fill": kind}]

    def stretch(self, low: int, high: int) -> Plain:
        x1, x2 = self.x(low), self.x(high)
        x1 = min(x1, RIGHT - 3)
        return {"x": x1, "width": max(3, x2 - x1)}

    def as_of(self, bottom: int) -> Plain:
        x = self.x(self.timeline["as_of"])
        label = f"{self.labels['as_of']} {self.timeline['as_of_words']}"
        is_left = x + 4 + text_width(label, SMALL) <= WIDTH
        width = text_width(label, SMALL)
        return {
            "x": x,
            "label": label,
            "anchor": "start" if is_left else "end",
            "label_x": x if is_left else min(x, WIDTH),
            "y": bottom + SMALL + 5,
            "width": width,
        }

    def legend(self, lanes: list[Plain], pins: list[Plain]) -> list[tuple[str, str]]:
        """Only what the figure shows is explained."""
        words = self.labels["legend"]
        kinds = {lane["kind"] for lane in lanes}
        fills = {part["fill"] for lane in lanes for part in lane["parts"]}
        shown = [(kind, words[kind.replace("-", "_")]) for kind in ("in-force", "proposed", "past") if kind in kinds]
        shown += [("clash", words["clash"])] if any(lane["clashes"] for lane in lanes) else []
        shown += [("fade", words["fade"])] if any(fill.startswith("fade") for fill in fills) else []
        return shown + ([("pin", words["pin"])] if pins else [])


def weightiest(bars: list[Plain], most: int) -> list[Plain]:
    """So many of the bars at most, in their order: first those in conflict, those proposed, those of findings."""
    ranked = sorted(bars, key=lambda bar: (not bar["clashes"], bar["standing"] == "in_force", not bar["findings"]))
    kept = [id(bar) for bar in ranked[:most]]
    return [bar for bar in bars if id(bar) in kept]


def more(left_out: int, words: Plain) -> list[tuple[str, str]]:
    """An entry of the legend that counts what the drawing leaves out."""
    one, several = words["more"]
    return [("more", (one if left_out == 1 else several).replace("{n}", str(left_out)))] if left_out else []


def legend_rows(entries: Iterable[tuple[str, str]], top: int, right: int) -> tuple[list[Plain], int]:
    """A legend, broken into rows, and the height at which the figure then ends."""
    x, y = 0, top
    found = []
    for kind, label in entries:
        indent = 0 if kind == "more" else 24
        label = fit(label, right - indent, SMALL)
        width = indent + text_width(label, SMALL) + 14
        if x and x + width - 14 > right:
            x, y = 0, y + LEGEND_ROW
        found.append({"kind": kind, "label": label, "x": x, "label_x": x + indent, "y": y})
        x += width
    return found, y + 12


# --- the cap table


def cap_table(issuers: list[Plain], labels: Plain) -> Plain:
    """For each company a bar before all events and after each, of the stakes of its holders."""
    words = labels["cap_table"]
    holders = list(dict.fromkeys(name for issuer in issuers for name in issuer["holders"]))
    rows: list[Plain] = []
    y = 0
    for issuer in issuers:
        for step in issuer["steps"][: max(0, MOST_STACKS - len(rows))]:
            title = step["name"] or words["before"]
            prefix = f"{issuer['name']}: " if len(issuers) > 1 else ""
            tail = f" ({words['proposed']})" if step["standing"] == "proposed" and step["name"] else ""
            tail += f", {step['date']}" if step["date"] else ""
            tail += f": {words['over']}" if sum(stake["low"] for stake in step["stakes"]) > WHOLE else ""
            room = WIDTH - text_width(tail, SIZE) - 4
            rows.append(
                {
                    "title": fit(prefix + title, room, SIZE) + tail
                    if room > 160
                    else fit(prefix + title + tail, WIDTH, SIZE),
                    "title_y": y + SIZE + 1,
                    "y": y + SIZE + 8,
                    "height": STACK,
                    "parts": _stack(step["stakes"], issuer["holders"], holders, words),
                }
            )
            y += STACK_ROW
    entries = [(f"holder-{number % HOLDER_COLOURS}", name) for number, name in enumerate(holders)]
    is_open = any(part["kind"] == "open" for row in rows for part in row["parts"])
    entries += [("open", words["open"])] if is_open else []
    left_out = sum(len(issuer["steps"]) for issuer in issuers) - len(rows)
    legend, height = legend_rows([*entries, *more(left_out, words)], y + 12, WIDTH)
    return {"width": WIDTH, "height": height, "rows": rows, "legend": legend, "size": SIZE, "small": SMALL}


def _stack(stakes: list[Plain], names: list[str], holders: list[str], words: Plain) -> list[Plain]:
    """The least that each holder has, side by side; what nobody can tell fills the rest."""
    total = sum(stake["low"] for stake in stakes)
    scale = max(WHOLE, total)
    found = []
    x = 0
    for stake, name in zip(stakes, names, strict=True):
        width = stake["low"] * WIDTH // scale
        if width <= 0:
            continue
        shown = stake["shown"] if text_width(stake["shown"], SMALL) + 8 <= width else ""
        number = holders.index(name) % HOLDER_COLOURS
        found.append({"kind": f"holder-{number}", "x": x, "width": width, "label": shown})
        x += width
    if WHOLE - total > WHOLE // 1000 and WIDTH - x > 1:
        is_unknown = any(stake["state"] == "unknown" for stake in stakes)
        label = words["not_stated"] if is_unknown else words["open"]
        shown = label if text_width(label, SMALL) + 8 <= WIDTH - x else ""
        found.append({"kind": "open", "x": x, "width": WIDTH - x, "label": shown})
    return found
