"""Where the built-in rules, templates and examples are.

In a checkout (and an editable install) they are the top-level folders `rules/`, `templates/` and `examples/`
beside `src/`; a wheel carries them inside the package as `_data/`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_folder() -> Path:
    """The folder of the built-in rule packs, one folder a pack."""
    return _folder("rules")


def templates_folder() -> Path:
    """The folder of the house templates of the memo."""
    return _folder("templates")


def examples_folder() -> Path:
    """The folder of the worked examples, one folder a deal."""
    return _folder("examples")


def mappings_folder() -> Path:
    """The folder of the mappings of public tables of contract abstracts."""
    return examples_folder() / "portfolio" / "mappings"


def _folder(name: str) -> Path:
    installed = _PACKAGE / "_data"
    return (installed if installed.is_dir() else _PACKAGE.parents[1]) / name
