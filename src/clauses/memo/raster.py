"""A figure as a picture of dots, for formats that cannot show its lines.

The figure goes in as data, beside a program of two lines that is ours. Only the fonts that come with the typesetter
are used, so the same figure is the same picture on every machine. A figure that a house draws is made apart.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

import typst

from clauses.memo import apart
from clauses.memo.glyphs import figure_with_glyphs
from clauses.memo.plain import Plain
from clauses.memo.templates import Template, template_error

DOTS = 220
"""How many dots an inch of the picture has."""
_PROGRAM = """#set page(width: int(sys.inputs.width) * 1pt, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""


def png(svg: str, width: int, drawn_by: Template) -> bytes:
    """The picture of an SVG, `width` points wide and as high as its shape asks.

    Raises TemplateError, with the template that drew it, where it cannot be made or takes too much.
    """
    order: Plain = {"svg": figure_with_glyphs(svg), "width": width, "shown_as": drawn_by.shown_as}
    if drawn_by.origin == "house":
        return base64.b64decode(apart.ask("clauses.memo.raster", order, drawn_by.shown_as)["png"])
    return _made(order)


def _made(order: Plain) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # nothing lies in reach of the figure
        program = Path(folder) / "figure.typ"
        program.write_text(_PROGRAM, "utf-8")
        inputs = {"svg": order["svg"], "width": str(order["width"])}
        try:
            return typst.compile(
                program, root=Path(folder), format="png", ppi=DOTS, sys_inputs=inputs, ignore_system_fonts=True
            )
        except typst.TypstError:
            raise template_error("this figure cannot be drawn", order["shown_as"]) from None


def _work(order: Plain) -> Plain:
    return {"png": base64.b64encode(_made(order)).decode("ascii")}


if __name__ == "__main__":
    sys.exit(apart.serve(_work))
