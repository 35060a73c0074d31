"""The fixed words of a document that no Jinja template writes: labels of the house, filled in by name."""

from __future__ import annotations

import re

from clauses.memo.plain import Plain, clean
from clauses.memo.templates import Templates, template_error

REDLINE_LABELS, MEMO_LABELS = "redline/labels.toml", "memo/labels.toml"


class Labels:
    """The fixed words: `labels("comment.finding", label="F-1")` fills in the places of a label.

    A name that begins with `memo.` is that of a label of the memo.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._labels: Plain = {**templates.settings(REDLINE_LABELS), "memo": templates.settings(MEMO_LABELS)}

    def __call__(self, name: str, /, **values: str) -> str:
        """A label with its `{…}` filled in. Raises TemplateError for a place that nothing fills."""
        found: Plain | str = self._labels
        for key in name.split("."):
            assert isinstance(found, dict)
            found = found[key]
        assert isinstance(found, str)
        pieces = re.split(r"\{(\w+)\}", found)
        missing = [piece for piece in pieces[1::2] if piece not in values]
        if missing:
            sentence = f"the label `{found}` has a place `{{{missing[0]}}}` that nothing fills here"
            raise template_error(sentence, self._shown_as(MEMO_LABELS if name.startswith("memo.") else REDLINE_LABELS))
        return "".join(clean(values[piece]) if odd % 2 else piece for odd, piece in enumerate(pieces))

    def _shown_as(self, name: str) -> str:
        template = self._templates.find(name)
        return template.shown_as if template else name
