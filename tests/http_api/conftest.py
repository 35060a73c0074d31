"""The service, inside the test process and as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))

from http_service import OPEN, Server, client_of


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A client of a service on loopback that asks nobody for a token."""
    with client_of(OPEN) as found:
        yield found


@pytest.fixture(scope="session")
def without_cache() -> Iterator[TestClient]:
    """A client of a service that evaluates every call."""
    with client_of(replace(OPEN, limits=replace(OPEN.limits, cache=0))) as found:
        yield found


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts services, which end with the test."""
    started: list[Server] = []

    def start(*words: str) -> Server:
        started.append(Server(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        one.client.close()
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(30)
