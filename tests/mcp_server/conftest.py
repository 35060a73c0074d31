"""One server of each transport, for all tests that leave it as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from mcp_session import Server, Session, connected, in_process, over_stdio


@pytest.fixture(scope="session")
def stdio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A client of a server over standard input and output, which speaks the newest protocol."""
    with over_stdio(tmp_path_factory.mktemp("stdio")) as session:
        yield session


@pytest.fixture(scope="session")
def http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over HTTP that asks for no token."""
    found = Server(tmp_path_factory.mktemp("http"))
    yield found
    assert found.end() == 0


@pytest.fixture(scope="session")
def http(http_server: Server) -> Iterator[Session]:
    """A client of it, which speaks the protocol of 2025."""
    with connected(http_server.address, "legacy") as session:
        yield session


@pytest.fixture(scope="session")
def desk() -> Iterator[Session]:
    """A client of a server in this process; nothing is evaluated there until it is asked for."""
    with in_process() as session:
        yield session


@pytest.fixture(params=["stdio", "http"])
def either(request: pytest.FixtureRequest) -> Session:
    """A client over each transport."""
    found: Session = request.getfixturevalue(request.param)
    return found
