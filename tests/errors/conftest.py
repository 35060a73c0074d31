import contextlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    with contextlib.suppress(ValueError):  # another folder may have added it
        parser.addoption("--update-golden", action="store_true", help="write the expected texts anew")
