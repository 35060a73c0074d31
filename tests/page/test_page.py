"""The page in a real browser: what a lawyer does with it, by pointer and by keyboard, wide and narrow."""

from __future__ import annotations

import datetime
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clauses import use_cases

from .desk import NARROW, ORACLE, Desk

SHEET = Path("examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml")
AGREEMENT = Path("examples/microsoft-openai/agreement.yaml")


def _downloaded(desk: Desk, button: str) -> tuple[str, bytes]:
    with desk.page.expect_download() as found:
        desk.page.click(f"#view-memo >> text={button}")
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def test_the_story(oracle: Desk) -> None:
    """A conflict is seen, understood and mended, and the memo is taken along."""
    page = oracle.page
    assert "cannot stand beside" in page.inner_text("#verdict-words")
    page.click(".finding h3 button")
    detail = page.inner_text("#view-finding")
    for words in ("Oracle would supply OpenAI", "committed to their current commercial contract", "Redraft"):
        assert words in detail
    page.click("#view-finding .clause >> text=oracle-stargate-capacity.yaml, line 11")
    assert oracle.selected == "oracle-supply"
    page.click("#view-finding .clause >> text=agreement.yaml, line")
    assert "azure-exclusivity:" in page.inner_text("#view-agreement .here")
    page.click("#tab-text")
    page.click("#tab-fixes")
    page.click("#propose")
    page.click("text=Apply fix 1")
    oracle.wait_for_verdict("clear")
    assert oracle.text == SHEET.read_text().replace("starts: 2027-01-01", "starts: 2031-01-01")
    page.click("#tab-memo")
    oracle.until("document.getElementById('memo').contentDocument?.body?.innerText.includes('Memorandum')")
    name, memo = _downloaded(oracle, "Memo in Markdown")
    assert name == "oracle-stargate-capacity-memo.md"
    assert "1 January 2031" in memo.decode() and "Oracle capacity under Stargate" in memo.decode()
    assert _downloaded(oracle, "Memo in Word")[1].startswith(b"PK")
    assert _downloaded(oracle, "Memo as PDF")[1].startswith(b"%PDF")
    assert _downloaded(oracle, "Redline in Word")[1].startswith(b"PK")
    assert _downloaded(oracle, "Term sheet as it is")[1].decode() == oracle.text


def test_the_story_by_keyboard_alone(open_desk: Any) -> None:
    desk: Desk = open_desk()
    page = desk.page
    desk.tab_to("#term-sheet")
    page.keyboard.type("Oracle capacity under Stargate")
    desk.wait_for_verdict("conflict")
    desk.tab_to(".finding h3 button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "finding-heading"
    desk.tab_to("#tab-finding", back=True)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-fixes"
    desk.tab_to("#propose")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fix")
    desk.tab_to(".fix button")
    page.keyboard.press("Enter")
    desk.wait_for_verdict("clear")
    assert page.evaluate("document.activeElement.id") == "fix-done"
    page.keyboard.press("Control+z")
    desk.wait_for_verdict("conflict")
    page.keyboard.press("Control+Shift+z")
    desk.wait_for_verdict("clear")
    desk.tab_to("#tab-fixes", back=True)
    page.keyboard.press("End")
    desk.tab_to("#view-memo button:nth-child(4)")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    assert found.value.suggested_filename.endswith("-memo.md")


def test_findings_follow_the_text_as_it_is_typed(oracle: Desk) -> None:
    oracle.replace("supplier: oracle", "supplier: microsoft")
    oracle.wait_for_verdict("clear")
    assert "Supply under a venture by a party outside it" in oracle.page.inner_text("#findings")
    oracle.replace("      venture: stargate\n", "")
    oracle.until("document.getElementById('findings').textContent.includes('No rule finds anything')")


def test_a_deviation_is_said_with_its_finding(oracle: Desk) -> None:
    """A review that comes from a service with a ledger says what was accepted, and whether that holds."""
    taken = {"id": 3, "state": "expired", "who": "Ada", "why": "agreed by telephone", "expires": "2025-06-01"}

    def with_deviation(route: Any) -> None:
        answer = route.fetch()
        review = answer.json()
        review["findings"][0]["deviation"] = taken
        route.fulfill(response=answer, json=review)

    oracle.page.route("**/v1/check", with_deviation)
    oracle.replace("title: Oracle capacity under Stargate", "title: Again")
    oracle.until("document.getElementById('findings').textContent.includes('The acceptance has expired')")
    assert "agreed by telephone" in oracle.page.inner_text("#view-finding")


def test_the_latest_text_wins(oracle: Desk) -> None:
    """An answer that comes late, to a text that is no longer there, shows nothing."""
    seen: list[str] = []

    def hold_back(route: Any) -> None:
        body = str(route.request.post_data)
        seen.append(body)
        if "slow" in body:
            oracle.page.wait_for_timeout(1200)
        route.continue_()

    oracle.page.route("**/v1/check", hold_back)
    oracle.replace("supplier: oracle", "supplier: microsoft # slow")
    oracle.until("document.getElementById('verdict').hasAttribute('aria-busy')")
    oracle.page.wait_for_timeout(300)
    oracle.replace("microsoft # slow", "oracle")
    oracle.until("!document.getElementById('verdict').hasAttribute('aria-busy')")
    oracle.page.wait_for_timeout(1500)
    assert "slow" in seen[0]
    assert oracle.page.get_attribute("#verdict", "data-verdict") == "conflict"


def test_a_mistake_is_shown_where_it_stands(oracle: Desk) -> None:
    page = oracle.page
    oracle.replace("ends: 2031-12-31", "ends: next year")
    oracle.wait_for_verdict("unreadable")
    line = SHEET.read_text().splitlines().index("      ends: 2031-12-31") + 1
    assert page.inner_text(".gutter .wrong") == str(line)
    assert page.inner_text("pre.colours mark") == "next year"
    assert page.get_attribute("#text", "aria-invalid") == "true"
    problem = page.inner_text(".problem")
    assert "next year" in problem and f"Line {line}" in problem
    page.click(".problem button")
    assert page.evaluate("document.activeElement.id") == "text"
    assert oracle.selected == "next year"
    page.keyboard.insert_text("2031-12-31")
    oracle.wait_for_verdict("conflict")
    assert page.query_selector(".gutter .wrong") is None


def test_a_slider_writes_the_value_and_the_verdict_flips(oracle: Desk) -> None:
    page = oracle.page
    page.click("#tab-margins")
    page.wait_for_selector('[id="slider-oracle-supply.starts"]')
    said = page.inner_text('[id="slider-oracle-supply.starts-says"]')
    assert said == "Conflict now; cannot be told from 2 January 2030 on."
    for date, verdict in (("2030-01-01", "conflict"), ("2030-01-02", "undetermined"), ("2031-01-01", "clear")):
        oracle.slide("oracle-supply.starts", (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days)
        oracle.until("(date) => document.getElementById('text').value.includes('starts: ' + date)", date)
        oracle.wait_for_verdict(verdict)
    assert oracle.text == SHEET.read_text().replace("starts: 2027-01-01", "starts: 2031-01-01")
    oracle.until("document.getElementById('slider-oracle-supply.starts-says').textContent.startsWith('Clear now')")
    page.focus('[id="slider-oracle-supply.starts"]')
    page.keyboard.press("ArrowLeft")
    oracle.wait_for_verdict("undetermined")
    assert "starts: 2030-12-31" in oracle.text


def test_the_form_and_the_text_are_one(oracle: Desk) -> None:
    page = oracle.page
    page.click("#tab-form")
    page.fill('[id="field-changes.0.clause.starts"]', "2031-02-01")
    oracle.wait_for_verdict("clear")
    assert oracle.text == SHEET.read_text().replace("starts: 2027-01-01", "starts: 2031-02-01")
    page.select_option('[id="field-changes.0.clause.scope"]', "inference")
    oracle.until("document.getElementById('text').value.includes('scope: inference')")
    page.fill('[id="field-changes.0.clause.text"]', "One: two # three\nand a second line")
    oracle.until("document.getElementById('text').value.includes('One: two # three')")
    page.select_option("#adding-action", "remove")
    page.fill("#adding-id", "azure-exclusivity")
    page.click(".adding button")
    oracle.until("document.getElementById('text').value.includes('- remove: azure-exclusivity')")
    assert "# Oracle sells OpenAI compute" in oracle.text
    page.wait_for_selector("fieldset.change >> nth=1")
    page.click("fieldset.change >> nth=1 >> text=Take out this change")
    oracle.until("!document.getElementById('text').value.includes('- remove')")
    for _ in range(8):
        page.click("#undo:not([disabled])", timeout=2000) if oracle.text != SHEET.read_text() else None
    assert oracle.text == SHEET.read_text()


def test_undo_goes_back_over_typing_fix_and_slider(oracle: Desk) -> None:
    page = oracle.page
    original = oracle.text
    oracle.replace("title: Oracle capacity under Stargate", "title: Another title")
    typed = oracle.text
    page.click("#tab-fixes")
    page.click("#propose")
    page.click("text=Apply fix 2")
    oracle.wait_for_verdict("clear")
    fixed = oracle.text
    assert "consent-of-microsoft" in fixed
    page.click("#tab-margins")
    slider = page.wait_for_selector('[id="slider-oracle-supply.amount"]')
    slider.focus()
    page.keyboard.press("ArrowRight")
    oracle.until("(text) => document.getElementById('text').value !== text", fixed)
    page.focus("#text")
    for earlier in (fixed, typed, original):
        page.keyboard.press("Control+z")
        oracle.until("(text) => document.getElementById('text').value === text", earlier)
    for _ in range(3):
        page.keyboard.press("Control+y")
    assert "consent-of-microsoft" in oracle.text and "Another title" in oracle.text
    oracle.wait_for_verdict("clear")


def test_a_form_in_word_is_dropped_in(open_desk: Any) -> None:
    desk: Desk = open_desk()
    desk.drop("filled-in.docx", use_cases.form(AGREEMENT, SHEET))
    desk.wait_for_verdict("conflict")
    assert "oracle-supply" in desk.text and desk.text.startswith("term_sheet: oracle-stargate-capacity")
    assert "filled-in.yaml" in desk.page.inner_text("#term-sheet")
    desk.drop("nonsense.docx", b"this is no form")
    desk.page.wait_for_selector("#notice:not([hidden])")


def test_an_agreement_and_a_sheet_of_ones_own(open_desk: Any) -> None:
    desk: Desk = open_desk()
    desk.drop("ours.yaml", AGREEMENT.read_text().replace("ends: 2030", "ends: 2026", 1).encode())
    desk.until("document.getElementById('agreement').value === '(own)'")
    changes = [{"remove": "azure-exclusivity"}]
    sheet = {"term_sheet": "s", "agreement": "microsoft-openai", "dated": "2025-07-01", "changes": changes}
    desk.drop(
        "sheet.json",
        json.dumps(sheet).encode(),
    )
    desk.wait_for_verdict("consent")
    desk.replace('"azure-exclusivity"', '"nothing-like-it"')
    desk.wait_for_verdict("unreadable")


def test_a_reload_loses_nothing(oracle: Desk) -> None:
    oracle.replace("title: Oracle capacity under Stargate", "title: Not yet saved")
    text = oracle.text
    oracle.page.reload()
    oracle.wait_for_verdict("conflict")
    assert oracle.text == text
    oracle.page.fill("#as-of", "2025-12-01")
    oracle.until("document.getElementById('verdict-more').textContent.includes('1 December 2025')")


def test_the_figures(open_desk: Any) -> None:
    desk: Desk = open_desk()
    desk.choose("clear-package")
    desk.wait_for_verdict("clear")
    page = desk.page
    for tab, words in (("timeline", "2026"), ("redline", "Floor"), ("cap-table", "SoftBank")):
        page.click(f"#tab-{tab}")
        desk.until("([id, words]) => document.getElementById('view-' + id).textContent.includes(words)", [tab, words])
    assert page.locator("#view-timeline svg[role=img]").count() == 1
    assert page.locator("#view-redline ins").count() > 0


def test_a_negotiation(open_desk: Any) -> None:
    desk: Desk = open_desk()
    page = desk.page
    page.click("#tab-negotiation")
    page.click("#negotiate")
    page.wait_for_selector("#zone table")
    assert "33%" in page.inner_text("#zone") and "There is a zone" in page.inner_text("#zone")
    page.click("text=Draw the zone")
    page.wait_for_selector("#plot svg")
    page.select_option("#second", "microsoft-firm")
    page.click("#negotiate")
    page.wait_for_selector(".collision")
    assert "stake-below-its-floor" in page.inner_text("#zone") and "If openai gives way" in page.inner_text("#zone")
    page.select_option("#second", "microsoft")
    page.click("#negotiate")
    page.click("text=Open this deal as the term sheet")
    desk.until("document.getElementById('text').value.includes('32.57%')")
    assert "#" in desk.text, "the comments of the draft stay"


HOSTILE = """<script>window.struck = 1</script>"><img src=x onerror="window.struck = 2">"""


def test_what_a_document_says_is_never_markup(oracle: Desk) -> None:
    page = oracle.page
    oracle.replace("heading: Compute capacity under Stargate", f"heading: '{HOSTILE}'")
    oracle.until("document.getElementById('view-finding').textContent.includes('<script>')")
    assert HOSTILE in page.inner_text("#view-finding")
    for tab in ("timeline", "redline", "margins", "fixes", "memo"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
    page.click("#tab-redline")
    oracle.until("document.getElementById('view-redline').textContent.includes('onerror')")
    page.click("#tab-memo")
    oracle.until("document.getElementById('memo').contentDocument?.body?.innerText.includes('onerror')")
    page.click("#tab-form")
    assert page.evaluate("window.struck") is None
    assert page.evaluate("document.getElementById('memo').contentDocument.querySelectorAll('script, img').length") == 0
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_the_frame_of_the_memo_can_run_nothing(oracle: Desk) -> None:
    assert oracle.page.get_attribute("#memo", "sandbox") == "allow-same-origin"


@pytest.mark.parametrize("pane", ["sheet", "findings", "detail"])
def test_nothing_is_cut_off_on_a_phone(open_desk: Any, pane: str) -> None:
    desk: Desk = open_desk(NARROW)
    desk.choose(ORACLE)
    desk.wait_for_verdict("conflict")
    desk.page.click(f'nav.panes [data-to="{pane}"]')
    assert desk.page.is_visible(f"#{pane}-pane")
    assert desk.page.locator(".pane:visible").count() == 1
    views = {
        "sheet": ["text", "form", "agreement"],
        "findings": [],
        "detail": ["finding", "margins", "fixes", "negotiation", "memo"],
    }
    for view in views[pane]:
        desk.page.click(f"#tab-{view}")
        desk.page.wait_for_timeout(200)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], view


def test_a_finding_leads_to_its_detail_on_a_phone(open_desk: Any) -> None:
    desk: Desk = open_desk(NARROW)
    desk.choose(ORACLE)
    desk.wait_for_verdict("conflict")
    desk.page.click('nav.panes [data-to="findings"]')
    desk.page.click(".finding h3 button")
    assert desk.page.is_visible("#view-finding h3")
    desk.page.click("#view-finding .place >> nth=0")
    assert desk.page.is_visible("#text")


def test_the_dark_is_dark(open_desk: Any) -> None:
    desk: Desk = open_desk(color_scheme="dark")
    desk.choose(ORACLE)
    desk.wait_for_verdict("conflict")
    assert desk.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"


def test_a_token_is_asked_for_where_one_is_needed(open_desk: Any) -> None:
    desk: Desk = open_desk()
    sent: list[str | None] = []

    def gate(route: Any) -> None:
        token = route.request.headers.get("authorization")
        sent.append(token)
        if token == "Bearer right":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body='{"status": 401, "problems": []}')

    desk.page.route("**/v1/**", gate)
    desk.page.select_option("#term-sheet", ORACLE)
    desk.page.fill("#token-text", "right")
    desk.page.click("#token >> text=Use it")
    desk.wait_for_verdict("conflict")
    assert sent[0] is None and "Bearer right" in sent


# --- for everybody

NAMELESS = """() => {
  const named = (one) => one.getAttribute('aria-label') || one.title
    || [...(one.labels ?? [])].some((label) => label.textContent.trim())
    || document.getElementById(one.getAttribute('aria-labelledby'))?.textContent.trim()
    || (one.tagName === 'BUTTON' && one.textContent.trim());
  const all = 'button, input, select, textarea, iframe, [role=tab], [role=tabpanel], nav, section[id], dialog';
  return [...document.querySelectorAll(all)].filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 120));
}"""
"""The controls and parts of the page that have no name."""

BROKEN = """() => {
  const names = ['aria-describedby', 'aria-controls', 'for'];
  return [...document.querySelectorAll('[aria-describedby], [aria-controls], label[for]')]
    .flatMap((one) => names.map((name) => one.getAttribute(name)).filter(Boolean))
    .filter((id) => !document.getElementById(id));
}"""
"""What is referred to and is not there."""

LEVELS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5')]
  .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))"""


def test_every_control_has_a_name_and_every_part_a_place(oracle: Desk) -> None:
    page = oracle.page
    for tab in ("form", "agreement", "text"):
        page.click(f"#tab-{tab}")
    for tab in ("margins", "fixes", "negotiation", "memo", "finding"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(400)
    nameless = page.evaluate(NAMELESS)
    assert nameless == []
    assert page.evaluate("[...document.querySelectorAll('main, header, nav')].map((one) => one.tagName)") == [
        "HEADER",
        "NAV",
        "MAIN",
    ]
    assert page.locator("h1").count() == 1
    assert page.get_attribute("#verdict-words", "aria-live") == "polite"
    doubled = page.evaluate(
        "[...document.querySelectorAll('[id]')].map((one) => one.id).filter((id, n, all) => all.indexOf(id) !== n)"
    )
    assert doubled == []
    broken = page.evaluate(BROKEN)
    assert broken == []


def test_headings_go_down_step_by_step(oracle: Desk) -> None:
    levels = oracle.page.evaluate(LEVELS)
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


def test_the_focus_is_seen(oracle: Desk) -> None:
    for selector in ("#term-sheet", "#open-file", "#text", ".finding h3 button", "#tab-finding"):
        oracle.tab_to(selector)
        style = oracle.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid", selector


CSS = Path("src/clauses/http_api/page/page.css").read_text()


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(scheme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[0] + (blocks[1] if scheme == "dark" else "")))
    tones = ("conflict", "consent", "flag", "open", "clear", "note")
    pairs = [(ink, ground) for ink in ("ink", "quiet", "accent", "inserted", "deleted") for ground in ("paper", "tint")]
    pairs += [(tone, f"{tone}-tint") for tone in tones] + [("quiet", f"{tone}-tint") for tone in tones]
    pairs += [("on-accent", "accent"), ("ink", "select"), ("ink", "clear-tint")]
    for ink, ground in pairs:
        light, dark = sorted((_luminance(found[ink]), _luminance(found[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, ink, ground)
    light, dark = sorted((_luminance(found["edge"]), _luminance(found["paper"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3, "the edge of a control"
