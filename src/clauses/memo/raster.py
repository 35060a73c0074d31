"""A figure as a picture of dots, for formats that cannot show its lines.

The figure goes in as data, beside a program of two lines that is ours. Only the fonts that come with the typesetter
are used, so the same figure is the same picture on every machine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

from clauses.memo.glyphs import figure_with_glyphs

DOTS = 220
"""How many dots an inch of the picture has."""
_PROGRAM = """#set page(width: int(sys.inputs.width) * 1pt, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""


def png(svg: str, width: int) -> bytes:
    """The picture of an SVG, `width` points wide and as high as its shape asks."""
    with tempfile.TemporaryDirectory() as folder:  # nothing lies in reach of the figure
        program = Path(folder) / "figure.typ"
        program.write_text(_PROGRAM, "utf-8")
        inputs = {"svg": figure_with_glyphs(svg), "width": str(width)}
        return typst.compile(
            program, root=Path(folder), format="png", ppi=DOTS, sys_inputs=inputs, ignore_system_fonts=True
        )
