"""A real service and a real browser, and a page that complains of whatever it should not do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from .desk import ORACLE, WIDE, Desk

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The address of a service that holds the examples."""
    command = [sys.executable, "-m", "clauses", "serve", "--no-tokens", "--port", "0", "--evaluators", "2"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAUSES_")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("serving at "), first
    yield first.removeprefix("serving at ").strip()
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium to test the page in")
        pytest.skip("there is no Chromium to test the page in")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def open_desk(browser: Any, service: str) -> Iterator[Any]:
    """Opens the page. At the end, it has asked no other host for anything and its console is empty."""
    opened: list[tuple[Any, Desk]] = []

    def open_one(size: dict[str, int] = WIDE, **more: Any) -> Desk:
        context = browser.new_context(viewport=size, accept_downloads=True, **more)
        page = context.new_page()
        page.set_default_timeout(15_000)
        desk = Desk(page, service)
        host = urlsplit(service).netloc

        def note_console(message: Any) -> None:
            is_refusal = "status of 422" in message.text or "status of 401" in message.text
            if message.type in ("error", "warning") and not is_refusal:
                desk.complaints.append(message.text)

        page.on("console", note_console)
        page.on("pageerror", lambda error: desk.complaints.append(f"failed: {error}"))
        page.on("request", lambda request: desk.complaints.append(request.url) if _leaves(request.url, host) else None)
        page.goto(service)
        page.wait_for_selector('#term-sheet option[value="oracle-stargate-capacity"]', state="attached")
        opened.append((context, desk))
        return desk

    yield open_one
    complaints = [complaint for _, desk in opened for complaint in desk.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []


def _leaves(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("blob", "data", "about") and parts.netloc != host


@pytest.fixture
def oracle(open_desk: Any) -> Desk:
    """The page with the Oracle term sheet."""
    desk = open_desk()
    desk.choose(ORACLE)
    desk.wait_for_verdict("conflict")
    return desk  # type: ignore[no-any-return]
