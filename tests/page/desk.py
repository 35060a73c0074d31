"""The page, and what a reader does with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WIDE, NARROW = {"width": 1600, "height": 950}, {"width": 360, "height": 740}
ORACLE = "oracle-stargate-capacity"


@dataclass
class Desk:
    """The page, and what a reader does with it."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)

    def wait_for_verdict(self, verdict: str) -> None:
        self.page.wait_for_selector(f'#verdict[data-verdict="{verdict}"]:not([aria-busy])')

    def until(self, condition: str, given: object = None) -> None:
        """Wait for a condition of the page; it is asked from outside, as the page lets nobody evaluate texts in it."""
        for _ in range(400):
            if self.page.evaluate(condition, given):
                return
            self.page.wait_for_timeout(40)
        raise AssertionError(f"it does not come to this: {condition} with {given}")

    def choose(self, sheet: str) -> None:
        self.page.wait_for_selector(f'#term-sheet option[value="{sheet}"]', state="attached")
        self.page.select_option("#term-sheet", sheet)

    @property
    def text(self) -> str:
        return str(self.page.input_value("#text"))

    def replace(self, old: str, new: str) -> None:
        """Type in the text: one passage becomes another."""
        assert old in self.text
        start = self.text.index(old)
        self.page.focus("#text")
        self.page.evaluate(
            "([a, b]) => document.getElementById('text').setSelectionRange(a, b)", [start, start + len(old)]
        )
        self.page.keyboard.insert_text(new)

    @property
    def selected(self) -> str:
        """What is selected in the text."""
        area = "document.getElementById('text')"
        return str(self.page.evaluate(f"{area}.value.slice({area}.selectionStart, {area}.selectionEnd)"))

    def slide(self, term: str, value: float) -> None:
        """Drag a slider to a number."""
        self.page.wait_for_selector(f'[id="slider-{term}"]').evaluate(
            """(input, value) => {
              input.value = value;
              for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, {bubbles: true}));
            }""",
            value,
        )

    def tab_to(self, selector: str, most: int = 80, back: bool = False) -> None:
        """Press Tab until something has the focus."""
        for _ in range(most):
            if self.page.evaluate("(s) => !!document.activeElement?.matches(s)", selector):
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"the keyboard does not come to {selector}")

    def drop(self, name: str, data: bytes) -> None:
        """Drop a file on the page."""
        self.page.evaluate(
            """([name, bytes]) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([new Uint8Array(bytes)], name));
              const drop = new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true});
              document.body.dispatchEvent(drop);
            }""",
            [name, list(data)],
        )
